// What the history has of one change, and when two of them are the same event that comes again. Data and pure functions only.

import { cut } from '../log/text.ts';
import type { Mac } from '../model/address.ts';
import { type BackendName, backendNames } from '../model/host.ts';
import { isSame } from '../model/value.ts';
import * as s from '../records/shapes.ts';

const actors = ['daemon', 'once', 'rollback', 'remove', 'migrate'] as const;

/** Who makes changes. */
export type Actor = (typeof actors)[number];

export const changeResults = [
  'applied',
  'repaired',
  'removed',
  'failed',
  'rolled-back',
  'rollback-failed',
  'rolled-back-by-hand',
] as const;

/**
 * `applied`: something new is configured. `repaired`: nothing was new, something had been undone. `removed`: by the command. `failed`: before
 * anything was touched. `rolled-back`: applied, not verified, and taken back, or interrupted and taken back later.
 */
export type ChangeResult = (typeof changeResults)[number];

export interface ChangedEni {
  readonly kind: 'added' | 'changed' | 'removed';
  readonly eniId: string | undefined;
  readonly mac: Mac;
  readonly link: string;
  /** Objects of the kernel, such as `address eth1 10.0.1.12/32`. Of a change that failed: what it wanted. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Objects that are not listed, because there were too many. */
  readonly more?: number;
}

export interface HistoryEntry {
  /** ISO time; of the last one, where it came several times. */
  readonly at: string;
  /** How often it came, and since when. */
  readonly times: number;
  readonly since: string;
  readonly by: Actor;
  /** What woke the daemon (daemon/report.ts), or what else started it. */
  readonly trigger: string | undefined;
  readonly result: ChangeResult;
  /** Why it was not done, or had to be taken back. */
  readonly error: { readonly code: string; readonly message: string } | undefined;
  readonly backend: BackendName;
  readonly enis: readonly ChangedEni[];
  readonly files: readonly { readonly path: string; readonly action: 'wrote' | 'removed' }[];
}

export const historyEntry = s.shapeOf<HistoryEntry>({
  at: s.time,
  times: s.count,
  since: s.time,
  by: s.oneOf(actors),
  trigger: s.optional(s.text),
  result: s.oneOf(changeResults),
  error: s.optional(s.shapeOf({ code: s.text, message: s.text })),
  backend: s.oneOf(backendNames),
  enis: s.listOf(
    s.shapeOf<ChangedEni>({
      kind: s.oneOf(['added', 'changed', 'removed']),
      eniId: s.optional(s.text),
      mac: s.mac,
      link: s.text,
      added: s.listOf(s.text),
      removed: s.listOf(s.text),
      more: s.optional(s.count) as s.Shape<number>,
    }),
  ),
  files: s.listOf(s.shapeOf({ path: s.text, action: s.oneOf(['wrote', 'removed']) })),
});

/** Objects of one ENI that an entry lists, added and removed each; characters of a message. */
const mostObjects = 60;
const longestMessage = 500;

/** So that no single entry fills the history. */
export function shortened(entry: HistoryEntry): HistoryEntry {
  const { error } = entry;
  const enis = entry.enis.map(eni => {
    const few = (objects: readonly string[]) =>
      objects.slice(0, mostObjects).map(one => cut(one, longestMessage));
    const [added, removed] = [few(eni.added), few(eni.removed)];
    const more = eni.added.length + eni.removed.length - added.length - removed.length;
    return { ...eni, added, removed, ...(more === 0 ? {} : { more }) };
  });
  return { ...entry, enis, error: error && { ...error, message: error.message.slice(0, longestMessage) } };
}

/** Repairs and failures come again and again; what was wanted and done is each time an event of its own. */
const repeats: ReadonlySet<ChangeResult> = new Set(['repaired', 'failed', 'rolled-back', 'rollback-failed']);

/** So many entries back the same event is looked for: several things may fail or be repaired in turns. */
const lookBack = 10;

/**
 * With one more entry, the last in order of time. The same failure or repair as a moment ago is counted in the entry that there is, unless
 * something else has been done about one of its ENIs since.
 */
export function withEntry(entries: readonly HistoryEntry[], next: HistoryEntry): readonly HistoryEntry[] {
  const earlier = repeats.has(next.result) ? sameBefore(entries, next) : undefined;
  if (earlier === undefined) return [...entries, next];
  const joined = { ...next, times: earlier.times + next.times, since: earlier.since };
  return [...entries.filter(entry => entry !== earlier), joined];
}

function sameBefore(entries: readonly HistoryEntry[], next: HistoryEntry): HistoryEntry | undefined {
  const what = ({ by, result, error, enis, files }: HistoryEntry) => ({ by, result, error, enis, files });
  const macs = new Set(next.enis.map(eni => eni.mac));
  for (const entry of entries.slice(-lookBack).toReversed()) {
    if (isSame(what(entry), what(next))) return entry;
    if (!repeats.has(entry.result) && entry.enis.some(eni => macs.has(eni.mac))) return undefined;
  }
  return undefined;
}
