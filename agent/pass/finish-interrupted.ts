// What a crash has left of an apply is taken back before anything else is decided.
import path from 'node:path';
import { checkpointFile, checkpointPath } from '../apply/checkpoint.ts';
import { noteChange } from '../apply/log/note-change.ts';
import { rollBack } from '../apply/rollback.ts';
import { writeState } from '../apply/state-file.ts';
import { AgentError, reasonOf } from '../errors.ts';
import { temporaryName } from '../system/disk.ts';
import type { System } from '../system/system.ts';
import { applyContext, readMachine } from './machine.ts';
import type { PassContext } from './pass.ts';
import { readOwnCheckpoint } from './records/own-paths.ts';
import { putUnusableAside } from './records/put-aside.ts';

/** A checkpoint or a state file that a crash cut off before it had its name. */
export const halfWritten = `${path.dirname(checkpointPath)}/${temporaryName}`;

export async function isInterrupted(system: System): Promise<boolean> {
  return (await system.exists(checkpointPath)) || system.exists(halfWritten);
}

/**
 * A crash in the middle of an apply left a checkpoint: its change is taken back before anything else is decided. If that cannot
 * be verified (the machine has changed since), the pass continues all the same: it looks at what is there, and repairs that.
 *
 * @returns true if there was one: what was read of the machine before is no longer true
 */
export async function finishInterrupted(context: PassContext): Promise<boolean> {
  const { system, log } = context;
  await putUnusableAside(context);
  const checkpoint = await readOwnCheckpoint(system, checkpointFile);
  // On a disk that is read-only by now it stays, and is in nobody's way.
  if (await system.exists(halfWritten)) await system.removeFile(halfWritten).catch(() => undefined);
  if (checkpoint === undefined) return false;
  log.warn({ change: checkpoint.time }, 'an earlier apply was interrupted; rolling it back');
  const failure = new AgentError('verify-failed', `the apply of ${checkpoint.time} was interrupted`);
  const machine = await readMachine(context, { backend: () => checkpoint.backend, touch: true });
  const apply = applyContext(context, machine);
  try {
    await rollBack(apply, checkpoint, failure);
    await noteChange(apply, { ...checkpoint, result: 'rolled-back', error: failure });
  } catch (error) {
    log.error(
      { reason: reasonOf(error) },
      'could not roll it back completely; continuing from the current state',
    );
    await writeState(system, checkpoint.stateBefore);
    await system.removeFile(checkpointPath);
    await noteChange(apply, { ...checkpoint, result: 'rollback-failed', error });
  }
  return true;
}
