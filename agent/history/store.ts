// The history on the disk: one JSON object per line, the newest last, bounded, replaced in one step. It is a record for people: whatever is
// wrong with the file or the disk, a change is made all the same.
import { AgentError, reasonOf } from '../errors.ts';
import { printableJson } from '../log/text.ts';
import type { Log } from '../log.ts';
import { parseOwn } from '../records/own-file.ts';
import type { System } from '../system/system.ts';
import { type HistoryEntry, historyEntry, shortened, withEntry } from './entry.ts';

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

/** Throws `file-failed` if the file cannot be read, `state-unreadable` if others could have written it. */
export async function readHistory(system: System): Promise<History> {
  const lines = ((await system.readOwn(historyPath)) ?? '').split('\n').filter(line => line.trim() !== '');
  const parsed = lines.map(parse);
  const entries = parsed.filter(entry => entry !== undefined);
  return { entries, broken: parsed.length - entries.length };
}

/** Logs that have been told that nothing can be written: once is enough. */
const told = new WeakSet<Log>();

/** Never throws. */
export async function recordInHistory(system: System, log: Log, entry: HistoryEntry): Promise<void> {
  try {
    const { entries, broken } = await readOrPutAside(system, log);
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

/** A file that anybody could have written is no history, and one of ours is begun in its place. */
async function readOrPutAside(system: System, log: Log): Promise<History> {
  try {
    return await readHistory(system);
  } catch (error) {
    if (!(error instanceof AgentError) || error.code !== 'state-unreadable') throw error;
    await system.moveAside(historyPath, brokenPath);
    log.warn({ path: brokenPath, reason: error.message }, 'put the history aside');
    return { entries: [], broken: 0 };
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
    return parseOwn({ path: historyPath, shape: historyEntry }, line);
  } catch {
    return undefined;
  }
}
