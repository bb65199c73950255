// A repair without a checkpoint on the disk, which is full or read-only: nothing is touched but objects of the kernel that the plan of before has
// as well. A crash leaves half of a repair, and the next pass does the rest: there is nothing that anybody would have to take back.
import type { EniChange } from '../../../renderers/renderer.ts';
import type { KernelState } from '../../model/kernel-state.ts';
import { type ApplyContext, differences, travelOf } from '../apply-context.ts';
import { newLeaks } from '../compare.ts';
import { samePlan } from '../eni-changes.ts';
import { additions, runBatches } from '../live.ts';
import { marked } from '../marks.ts';
import type { FileChange } from '../ownership.ts';
import { removeStale } from '../perform.ts';

export interface Repair {
  readonly changes: readonly EniChange[];
  readonly files: readonly FileChange[];
}

/** True if it takes no file and no service: addresses, routes and rules that `ip` adds and deletes. */
export function isOfKernelAlone(
  context: ApplyContext,
  { changes, files }: Repair,
  kernel: KernelState,
): boolean {
  if (files.length > 0) return false;
  return differences(context, changes, kernel).every(({ faults }, i) => {
    const change = changes[i]!;
    if (change.kind !== 'changed' || !samePlan(change.before, change.after)) return false;
    // A link that is down, an MTU, a lease are the service's to put right; a default route in main is deleted as any route (mend.ts).
    return faults.length === newLeaks(kernel, change.after, []).length;
  });
}

/** Verify says what could not be added. */
export async function repairInKernel(
  context: ApplyContext,
  { changes }: Repair,
  kernel: KernelState,
): Promise<void> {
  for (const change of changes) {
    const missing = additions(differences(context, [change], kernel));
    // The service has loaded the files with these objects, unless it is never told of them.
    const loads = travelOf(context, change) !== 'kernel';
    await runBatches(context.system, marked(context, missing, { loads }), true);
  }
  await removeStale(context, changes);
}
