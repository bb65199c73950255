// Does the kernel have what the plan asks for, and the primary what it had? Asked again until it does or the deadline passes:
// backends answer before they are done (networkd, DHCP, duplicate address detection).
import type { EniChange } from '../../renderers/renderer.ts';
import { AgentError } from '../errors.ts';
import type { KernelState } from '../model/kernel-state.ts';
import type { EniPlan, NetworkPlan } from '../model/network-plan.ts';
import { readKernelState } from '../system/kernel-reader.ts';
import { type CompareOptions, compareEni, describeDifference } from './compare.ts';
import { differencesOf } from './eni-changes.ts';
import { lossesOf, type PrimarySnapshot, snapshotPrimary } from './primary-guard.ts';
import type { ApplyContext } from './transaction.ts';

const pollMs = 200;

/**
 * @param plan all ENIs that must be right, the unchanged ones too: a reload may have disturbed them
 * @param changes tells which earlier objects must be gone
 * Throws `primary-changed` at once, `verify-failed` when the deadline has passed.
 */
export async function verify(
  context: ApplyContext,
  plan: NetworkPlan,
  changes: readonly EniChange[],
  primary: PrimarySnapshot,
  options: { readonly knownFaults?: readonly string[] } = {},
): Promise<void> {
  const ourLinks = new Set(
    [...plan.enis, ...changes.map(c => (c.kind === 'removed' ? c.before : c.after))].map(e => e.link),
  );
  const deadline = context.system.now() + context.verifyTimeoutMs;
  for (;;) {
    const kernel = await readKernelState(context.system);
    const now = await snapshotPrimary(context.system, kernel, { ...primary, ourLinks });
    const losses = lossesOf(primary, now);
    if (losses.length > 0) throw new AgentError('primary-changed', losses.join('; '));
    const faults = allFaults(kernel, plan, changes, context.compare).filter(
      f => !options.knownFaults?.includes(f),
    );
    if (faults.length === 0) return;
    if (context.system.now() >= deadline) throw new AgentError('verify-failed', summary(faults));
    await context.system.sleep(pollMs);
  }
}

function allFaults(
  kernel: KernelState,
  plan: NetworkPlan,
  changes: readonly EniChange[],
  compare: CompareOptions,
): readonly string[] {
  const changed = differencesOf(kernel, changes, compare).flatMap(describeDifference);
  const touched = new Set(changes.map(c => (c.kind === 'removed' ? c.before.mac : c.after.mac)));
  const rest = plan.enis
    .filter(e => !touched.has(e.mac))
    .flatMap(e => faultsOf(kernel, e, undefined, compare));
  return [...changed, ...rest];
}

/** Each difference as one line that names the link. */
export function faultsOf(
  kernel: KernelState,
  plan: EniPlan | undefined,
  earlier: EniPlan | undefined,
  compare: CompareOptions,
): readonly string[] {
  return describeDifference(compareEni(kernel, plan, earlier, compare));
}

function summary(faults: readonly string[]): string {
  const shown = faults.slice(0, 3).join('; ');
  return faults.length > 3 ? `${shown}; and ${faults.length - 3} more` : shown;
}
