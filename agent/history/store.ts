// The history on the disk: one JSON object per line, the newest last, bounded, replaced in one step. It is a record for people: whatever is
// wrong with the file or the disk, a change is made all the same.
import { reasonOf } from '../errors.ts';
import { printableJson } from '../log/text.ts';
import type { Log } from '../log.ts';
import type { System } from '../system/system.ts';
import { changeResults, type HistoryEntry, shortened, withEntry } from './entry.ts';

export const historyPath = '/var/lib/eni-agent/history.jsonl';
/** Where a file goes that is not only ours. */
export const brokenPath = `${historyPath}.broken`;

const mostEntries = 200;
const mostBytes = 256 * 1024;

export interface History {
  /** The oldest first. */
  readonly entries: readonly HistoryEntry[];
  /** Lines that are no entries. */
  readonly broken: number;
}

/** Throws `file-failed` if the file cannot be read. */
export async function readHistory(system: System): Promise<History> {
  const lines = ((await system.readFile(historyPath)) ?? '').split('\n').filter(line => line.trim() !== '');
  const parsed = lines.map(parse);
  const entries = parsed.filter(entry => entry !== undefined);
  return { entries, broken: parsed.length - entries.length };
}

/** Logs that have been told that nothing can be written: once is enough. */
const told = new WeakSet<Log>();

/** Never throws. */
export async function recordInHistory(system: System, log: Log, entry: HistoryEntry): Promise<void> {
  try {
    const { entries, broken } = await readHistory(system);
    if (broken > 0) {
      await system.copy(historyPath, brokenPath);
      log.warn(
        { path: brokenPath },
        `${historyPath} had ${broken} lines that are no entries; a copy was kept`,
      );
    }
    await system.writeFile(historyPath, textOf(withEntry(entries, shortened(entry))), 0o644);
    told.delete(log);
  } catch (error) {
    if (told.has(log)) return;
    told.add(log);
    log.warn({ path: historyPath, reason: reasonOf(error) }, 'cannot write the history');
  }
}

/** The newest entries that fit. */
function textOf(entries: readonly HistoryEntry[]): string {
  const lines: string[] = [];
  let bytes = 0;
  for (const entry of entries.slice(-mostEntries).toReversed()) {
    const line = `${printableJson(JSON.stringify(entry))}\n`;
    bytes += Buffer.byteLength(line);
    if (bytes > mostBytes) break;
    lines.unshift(line);
  }
  return lines.join('');
}

function parse(line: string): HistoryEntry | undefined {
  try {
    const entry = JSON.parse(line) as HistoryEntry;
    const isEntry =
      (changeResults as readonly string[]).includes(entry.result) &&
      [entry.at, entry.since, entry.by].every(text => typeof text === 'string') &&
      Number.isInteger(entry.times) &&
      [entry.enis, entry.files].every(Array.isArray) &&
      entry.enis.every(
        ({ link, added, removed }) => typeof link === 'string' && [added, removed].every(Array.isArray),
      );
    return isEntry ? entry : undefined;
  } catch {
    return undefined;
  }
}
