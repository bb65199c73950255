// Whether a plan that was refused is wanted again: a person has applied it in another process, which no file need tell of.
import { readState } from '../apply/state-file.ts';
import type { System } from '../system/system.ts';
import { withLock } from './lock.ts';
import type { PassResult } from './pass.ts';

/** The plan of this pass was refused, and is not any more (`once --force`). Asked under the lock, because the state is written last. */
export async function isForced(system: System, pass: PassResult | undefined): Promise<boolean> {
  if (pass?.outcome !== 'refused') return false;
  const state = await withLock(system, () => readState(system)).catch(() => undefined);
  return state !== undefined && state.refused === undefined;
}
