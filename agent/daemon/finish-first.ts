// What a killed process has left of an apply, where no pass comes that would take it back: a pass needs an answer of the metadata.
import { reasonOf } from '../errors.ts';
import { finishInterrupted, isInterrupted } from '../pass/finish-interrupted.ts';
import { withLock } from '../pass/lock.ts';
import type { DaemonState } from './state.ts';

/** Never throws: the next pass tries it as well, and so does the next answer that fails. */
export async function finishFirst({ context, settings, source: metadata }: DaemonState): Promise<void> {
  const { system, log } = context;
  try {
    if (!(await isInterrupted(system))) return;
    await withLock(system, () => finishInterrupted({ system, settings, log, metadata, by: 'daemon' }));
  } catch (error) {
    log.warn({ reason: reasonOf(error) }, 'could not take back the apply that was interrupted');
  }
}
