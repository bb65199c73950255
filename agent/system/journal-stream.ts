// Does systemd's journal read what this process writes?
import { fstatSync } from 'node:fs';

/**
 * True if the open file is the very stream that systemd has connected to the journal (systemd.exec(5), JOURNAL_STREAM). The variable alone says
 * nothing: programs that a service starts inherit it, also where their output goes elsewhere.
 *
 * @param stream the value of JOURNAL_STREAM, `DEVICE:INODE`
 */
export function isJournalStream(descriptor: number, stream: string | undefined): boolean {
  if (stream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
