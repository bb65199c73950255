// What the tools said about their versions, kept over passes and processes: a version cannot change while the program's file is the same.
// Knows no tool, and no backend.

import type { System } from '../system.ts';
import { runQuietly } from './probes.ts';

/** Below the runtime directory, which a reboot empties; only root writes there. */
export const toolMemoryFile = '/run/eni-agent/tool-versions.json';

export interface ToolMemory {
  /**
   * Standard output of a command, asked again only if one of `files` is another one than then. Without a single of them it is asked each
   * time, and a failure is never kept.
   */
  ask(argv: readonly [string, ...string[]], files: readonly string[]): Promise<string | undefined>;
  /** Writes down what is new. */
  save(): Promise<void>;
}

interface Answer {
  readonly stamps: string;
  readonly output: string;
}

/** Longer than any version; what is longer is no answer to keep. */
const maxOutput = 4096;

export async function openToolMemory(system: System): Promise<ToolMemory> {
  const answers = parseAnswers(await system.readOwn(toolMemoryFile).catch(() => undefined));
  let changed = false;
  return {
    async ask(argv, files) {
      const command = argv.join(' ');
      const stamps = await stampsOf(system, files);
      const known = answers.get(command);
      if (stamps !== '' && known?.stamps === stamps) return known.output;
      const output = await runQuietly(system, argv);
      if (stamps === '' || output === undefined || output.length > maxOutput) return output;
      answers.set(command, { stamps, output });
      changed = true;
      return output;
    },
    async save() {
      if (!changed) return;
      const content = `${JSON.stringify(Object.fromEntries(answers))}\n`;
      // Without a place to keep it, as in an unprivileged run, the tools are asked again.
      await system.writeFile(toolMemoryFile, content, 0o644).catch(() => undefined);
    },
  };
}

/** Which files stand at the paths now; empty if there is none. */
async function stampsOf(system: System, files: readonly string[]): Promise<string> {
  const stamps = await Promise.all(
    files.map(async path => {
      const stamp = await system.stat(path).catch(() => undefined);
      return stamp === undefined ? [] : [`${path} ${stamp.inode} ${stamp.modified}`];
    }),
  );
  return stamps.flat().join('; ');
}

function parseAnswers(text: string | undefined): Map<string, Answer> {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '{}');
  } catch {
    return new Map();
  }
  if (typeof value !== 'object' || value === null) return new Map();
  return new Map(Object.entries(value).filter((entry): entry is [string, Answer] => isAnswer(entry[1])));
}

function isAnswer(value: unknown): value is Answer {
  if (typeof value !== 'object' || value === null) return false;
  const { stamps, output } = value as Record<string, unknown>;
  return typeof stamps === 'string' && typeof output === 'string';
}
