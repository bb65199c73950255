// One file of the archive, and how it is made. A part that fails is noted, and the others are made all the same.
import { printableJson } from '../log/text.ts';
import type { System } from '../system/system.ts';
import { redact } from './redact.ts';

export interface Part {
  /** Its path in the archive. */
  readonly name: string;
  /** For the list in README.txt: what it is. */
  readonly about: string;
  /** The text; undefined: there is nothing of that kind here. May throw: then the reason is noted. */
  readonly make: () => Promise<string | undefined>;
}

export interface MadePart {
  readonly name: string;
  readonly about: string;
  /** `made`, `nothing` where there is nothing of that kind, or why it failed. */
  readonly outcome: 'made' | 'nothing' | { readonly failed: string };
}

/** A file of the machine, if it is there. */
export function filePart(system: System, path: string, name: string, about: string): Part {
  return { name, about, make: () => system.readFile(path) };
}

/** What a command prints. Throws if it fails. */
export function commandPart(
  system: System,
  name: string,
  about: string,
  argv: readonly [string, ...string[]],
): Part {
  return {
    name,
    about,
    async make() {
      const { exitCode, stdout, stderr } = await system.run(argv);
      // Not there: no systemd, say.
      if (exitCode === 127) return undefined;
      if (exitCode !== 0 && stdout === '')
        throw new Error(`exit ${exitCode}: ${stderr.trim().split('\n')[0]}`);
      return `# ${argv.join(' ')}\n${stdout}${stderr}`;
    },
  };
}

/** Each text in it is redacted by itself: inside JSON its quotes and the ends of its lines are escaped, and hide a key from its value. */
export function json(value: unknown): string {
  const plain = (_key: string, item: unknown) => (typeof item === 'string' ? redact(item) : item);
  return `${printableJson(JSON.stringify(value, plain, 1))}\n`;
}
