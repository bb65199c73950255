// What is kept below /var/lib/eni-agent, while the disk there is full or read-only. Whoever goes on without it remembers that here, for whoever
// tells it: it is so until something can be written again, and a look cannot see it.
import { AgentError, reasonOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { ApplyContext } from '../apply-context.ts';
import { type Checkpoint, lastChangePath, writeCheckpoint } from '../checkpoint.ts';

/** By the log, of which a process has one. */
const lacking = new WeakMap<Log, string>();

/** @returns why it could not be written, in words; undefined if it was */
export async function tryToKeep(log: Log, write: () => Promise<void>): Promise<string | undefined> {
  try {
    await write();
    lacking.delete(log);
    return undefined;
  } catch (error) {
    if (!(error instanceof AgentError) || error.code !== 'file-failed') throw error;
    const text = `${error.message}; what is in the kernel alone is repaired all the same, and files are not changed`;
    lacking.set(log, text);
    return text;
  }
}

/** Why the last thing that was to be kept could not be; undefined if it was. */
export function recordProblem(log: Log): string | undefined {
  return lacking.get(log);
}

/**
 * The change that has been made, for a rollback by hand: no reason to take back what works. An older one must not be taken for the last.
 */
export async function keepLastChange(
  { system, log }: Pick<ApplyContext, 'system' | 'log'>,
  change: Checkpoint,
): Promise<void> {
  try {
    await writeCheckpoint(system, change, lastChangePath);
  } catch (error) {
    await system.removeFile(lastChangePath);
    log.warn({ reason: reasonOf(error) }, 'this change cannot be rolled back by hand later');
  }
}
