// The empty plan, applied: uninstalling is not another code path. Needs no metadata, so it works on a machine that has none.
import { renderers } from '../renderers/registry.ts';
import { planChanges } from './apply/eni-changes.ts';
import { diffFiles, readOwnedFiles } from './apply/ownership.ts';
import { emptyState, readState, writeState } from './apply/state-file.ts';
import { applyChange } from './apply/transaction.ts';
import type { NetworkPlan } from './model/network-plan.ts';
import { applyContext, chooseRenderer, finishInterrupted, type PassContext } from './reconcile.ts';
import { readHostFacts } from './system/host-facts.ts';
import { readKernelState } from './system/kernel-reader.ts';

/** @returns the paths that were removed */
export async function removeAll(context: PassContext): Promise<readonly string[]> {
  const { system, settings } = context;
  const facts = await readHostFacts(system);
  await finishInterrupted(context, facts);
  const state = await readState(system);
  const kernel = await readKernelState(system);
  const renderer =
    state.backend === undefined ? chooseRenderer(settings, facts).renderer : renderers[state.backend];
  const apply = applyContext(context, renderer, facts, undefined);
  const plan: NetworkPlan = { primaryLink: facts.primaryLink, enis: [], skipped: [] };
  const files = diffFiles(await readOwnedFiles(system, Object.values(renderers)), []);
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
  if (files.length === 0 && changes.length === 0) await writeState(system, stateAfter);
  else await applyChange(apply, { plan, changes, files, stateBefore: state, stateAfter });
  return files.map(f => f.path);
}
