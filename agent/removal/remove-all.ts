// The empty plan, applied: uninstalling is not another code path. Needs no metadata, so it works on a machine that has none.

import { altNamesPath, settleAltNames } from '../apply/altnames.ts';
import { checkpointPath } from '../apply/checkpoint.ts';
import { planChanges } from '../apply/eni-changes.ts';
import { logChanges } from '../apply/log/log-change.ts';
import { reloadRemedy } from '../apply/netplan/loaded.ts';
import { diffFiles, readOwnedFiles } from '../apply/ownership.ts';
import { givenPath, settlePrimaryAddresses } from '../apply/primary/addresses.ts';
import { notePath } from '../apply/published/script.ts';
import { settlePublished } from '../apply/published/settle.ts';
import { emptyState, statePath, writeState } from '../apply/state-file.ts';
import { applyChange } from '../apply/transaction.ts';
import type { NetworkPlan } from '../model/network-plan.ts';
import { finishInterrupted, halfWritten } from '../pass/finish-interrupted.ts';
import { applyContext, readMachine } from '../pass/machine.ts';
import type { PassContext } from '../pass/pass.ts';
import { allOwnFiles } from '../pass/records/own-paths.ts';
import type { System } from '../system/system.ts';

/** @returns the paths that were removed */
export async function removeAll(context: PassContext): Promise<readonly string[]> {
  const { system } = context;
  // In the root of an image that was never booted nothing tells the backend, and nothing has to.
  if (await isUntouched(system)) return [];
  await finishInterrupted(context);
  const machine = await readMachine(context, { backend: before => before.backend, touch: true });
  const { facts, kernel, state, reloadHazard } = machine;
  const apply = applyContext(context, machine);
  const plan: NetworkPlan = { primaryLink: facts.primaryLink, enis: [], skipped: [] };
  const files = diffFiles(await readOwnedFiles(system, allOwnFiles), []);
  const changes = planChanges({
    plan,
    applied: state.applied,
    held: [],
    kernel,
    filesDiffer: () => false,
    superseded: () => false,
    compare: apply.compare,
  });
  // Slots are kept: should the package come back, every ENI finds its numbers again.
  const stateAfter = { ...emptyState, instanceId: state.instanceId, slots: state.slots };
  // What no checkpoint guards goes after what one does: a removal that fails leaves all of it.
  const takeBack = async () => {
    await settlePrimaryAddresses(apply, { primaryLink: facts.primaryLink, wanted: [] });
    await settleAltNames(apply, kernel, { enis: [], on: false, facts, claims: () => [] });
    await settlePublished(apply, [], false);
  };
  if (files.length === 0 && changes.length === 0) {
    await takeBack();
    await writeState(system, stateAfter);
    return [];
  }
  const returned = new Set(state.applied.map(eni => eni.mac));
  await applyChange(apply, { plan, changes, files, stateBefore: state, stateAfter, returned });
  await takeBack();
  logChanges(context.log, { changes, files, kernel, compare: apply.compare, why: { trigger: 'remove' } });
  if (reloadHazard !== undefined)
    context.log.warn(
      { reason: reloadHazard },
      `removed from the kernel, without a reload of the network service; ${reloadRemedy}`,
    );
  return files.map(f => f.path);
}

async function isUntouched(system: System): Promise<boolean> {
  for (const path of [statePath, checkpointPath, halfWritten, givenPath, altNamesPath, notePath])
    if (await system.exists(path)) return false;
  return (await readOwnedFiles(system, allOwnFiles)).size === 0;
}
