// What is fuzzed: one reader of text that comes from outside. It ends in a value, in an AgentError that is no bug, or in a skipped ENI; anything else is a
// finding.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { AgentError } from '../../agent/errors.ts';

export interface Target {
  /** Also the folder of its texts below corpus/. */
  readonly name: string;
  /** A file below dictionaries/: the words that its format knows, for the changes. */
  readonly dictionary: string;
  /** The files that it is about, for the coverage: paths from the root, or how they begin. */
  readonly covers: readonly string[];
  readonly run: (text: string) => unknown;
}

const root = path.join(import.meta.dirname, 'corpus');

/** The texts that it begins with: small real ones, and each that once was a finding. By file name, sorted. */
export function corpusOf({ name }: Target): ReadonlyMap<string, string> {
  const folder = path.join(root, name);
  const files = readdirSync(folder).sort();
  return new Map(files.map(file => [file, readFileSync(path.join(folder, file), 'utf8')]));
}

/** Undefined, or what is wrong with how it ended. */
export async function failureOf(target: Target, text: string): Promise<string | undefined> {
  try {
    await target.run(text);
    return undefined;
  } catch (error) {
    if (error instanceof AgentError && error.code !== 'bug') return complaintAbout(error);
    return error instanceof Error ? (error.stack ?? error.message) : `threw ${String(error)}`;
  }
}

/** The message reaches a terminal, a log and systemd: the writers make it printable, and what is shown of a text has an end. */
function complaintAbout({ message }: AgentError): string | undefined {
  return message.length > 4000
    ? `a message of ${message.length} characters: ${message.slice(0, 200)}`
    : undefined;
}

/**
 * Several texts in one: `@@ NAME` begins each of them. A text without such a line is all `first`.
 */
export function partsOf(text: string, first: string): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  const [head = '', ...rest] = text.split(/^@@ /m);
  if (head.trim() !== '' || rest.length === 0) parts.set(first, head);
  for (const part of rest) {
    const end = part.indexOf('\n');
    const name = end === -1 ? part : part.slice(0, end);
    parts.set(name, end === -1 ? '' : part.slice(end + 1));
  }
  return parts;
}
