// A machine that consists of a few files and of canned answers to a few commands: enough to be probed. Every other
// command is missing (127), as on a real machine.
import type { CommandResult, System } from '../../../agent/system/system.ts';

/** Standard output of a command that succeeds, or a whole result. */
export type Answer = string | Partial<CommandResult>;

export interface SmallHost {
  readonly system: System;
  /** Every command that was run, as one line. */
  readonly ran: readonly string[];
  /** Paths that were read, in order. */
  readonly read: readonly string[];
  readonly written: ReadonlyMap<string, string>;
  /** Standard input of the last command that had one. */
  readonly input: () => string | undefined;
}

/**
 * @param files path to content; a path that ends in a slash is an empty folder; content `null` exists and cannot be read
 * @param commands answer by command line
 */
export function smallHost(
  files: Readonly<Record<string, string | null>>,
  commands: Readonly<Record<string, Answer>> = {},
  writable = true,
): SmallHost {
  const ran: string[] = [];
  const read: string[] = [];
  const written = new Map<string, string>();
  let lastInput: string | undefined;
  const all = (): [string, string | null][] => [...Object.entries(files), ...written];
  const system: System = {
    async readFile(path) {
      read.push(path);
      const found = all().findLast(([name]) => name === path);
      if (found?.[1] === null) throw new Error(`EACCES ${path}`);
      return found?.[1];
    },
    async readOwn(path) {
      return this.readFile(path);
    },
    async secureFolder() {
      return undefined;
    },
    async moveAside() {
      throw new Error('a probe moves nothing');
    },
    async listFolder(path) {
      const below = path === '/' ? '/' : `${path}/`;
      const names = all().flatMap(([name]) =>
        name.startsWith(below) ? (name.slice(below.length).split('/')[0] ?? '') : [],
      );
      return [...new Set(names)].filter(name => name !== '').sort();
    },
    async exists(path) {
      return all().some(([name]) => name === path || name.startsWith(`${path}/`));
    },
    async readLink() {
      return undefined;
    },
    async stat() {
      return undefined;
    },
    async link() {
      throw new Error('a probe links nothing');
    },
    async takeNames() {
      throw new Error('a probe takes nothing');
    },
    async copy() {
      throw new Error('a probe copies nothing');
    },
    async removeTree() {
      throw new Error('a probe removes nothing');
    },
    async writeFile(path, content) {
      if (!writable) throw new Error(`EROFS ${path}`);
      written.set(path, content);
    },
    async removeFile() {
      throw new Error('a probe removes nothing');
    },
    async run(argv, options) {
      const line = argv.join(' ');
      ran.push(line);
      lastInput = options?.input ?? lastInput;
      const answer = commands[line] ?? { exitCode: 127, stderr: `${argv[0]}: not found` };
      const result = typeof answer === 'string' ? { stdout: answer } : answer;
      return { exitCode: 0, stdout: '', stderr: '', ...result };
    },
    async lock() {
      throw new Error('a probe takes no lock');
    },
    now: () => 0,
    ticks: () => 0,
    async sleep() {
      throw new Error('a probe does not sleep');
    },
  };
  return { system, ran, read, written, input: () => lastInput };
}
