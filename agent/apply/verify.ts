// Does the kernel have what the plan asks for, and the primary what it had? Asked again until it does or the deadline passes:
// backends answer before they are done (networkd, DHCP, duplicate address detection).
import { type EniChange, eniOf } from '../../renderers/renderer.ts';
import { AgentError } from '../errors.ts';
import type { KernelState } from '../model/kernel-state.ts';
import type { EniPlan, NetworkPlan } from '../model/network-plan.ts';
import { readKernelState } from '../system/kernel/reader.ts';
import type { ApplyContext } from './apply-context.ts';
import { type CompareOptions, compareEni, describeDifference } from './compare.ts';
import { differencesOf } from './eni-changes.ts';
import type { KernelObject } from './kernel-objects.ts';
import { runBatches } from './live.ts';
import { type Look, newMender } from './mend.ts';
import { lostForeign } from './others/foreign-guard.ts';
import type { FileChange } from './ownership.ts';
import { lossesOf, overtaken, type PrimarySnapshot, snapshotPrimary, stillAway } from './primary/guard.ts';

/** A backend is often done at once: the first looks come quickly one after the other. */
const pollMs = [20, 40, 80, 160, 200] as const;
const settleMs = 150;
/**
 * For so long after it has loaded its files what is missing of others is the backend's doing. Later their owner may have taken it away: a pod
 * that has ended, an address that has moved to another machine.
 */
const guardMs = 2000;

export interface VerifyOptions {
  /** What was wrong before: not judged, and left as it is. */
  readonly knownFaults?: readonly string[];
  /** What others had: put back where the backend has deleted it. */
  readonly foreign?: readonly KernelObject[];
  /** Files that the change has written: what the service was to make of them is not mended (mend.ts). */
  readonly files?: readonly FileChange[];
  /** The primary's service is waited for, where it gets the link back. */
  readonly awaitsPrimary?: boolean;
}

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
  options: VerifyOptions = {},
): Promise<void> {
  const { knownFaults = [], foreign = [], files = [], awaitsPrimary = false } = options;
  const ourLinks = new Set([...plan.enis, ...changes.map(eniOf)].map(e => e.link));
  const start = context.system.ticks();
  const deadline = start + context.verifyTimeoutMs;
  const mender = newMender(context, changes, files, knownFaults);
  let quiet = 0;
  for (let round = 0; ; round++) {
    const kernel = await readKernelState(context.system);
    const now = await snapshotPrimary(context.system, kernel, { ...primary, ourLinks });
    const losses = [...lossesOf(primary, now), ...overtaken(kernel, plan)];
    if (losses.length > 0) throw new AgentError('primary-changed', losses.join('; '));
    const looks = lookAt(kernel, plan, changes, context.compare);
    const faultsOfLook = ({ difference }: Look) =>
      describeDifference(difference).filter(f => !knownFaults.includes(f));
    const faults = [...looks.flatMap(faultsOfLook), ...(awaitsPrimary ? stillAway(primary, now) : [])];
    const guarded = context.system.ticks() - start <= guardMs ? foreign : [];
    const lost = lostForeign(guarded, kernel);
    await putBack(context, lost);
    quiet = faults.length === 0 && lost.length === 0 ? quiet + 1 : 0;
    // Where others have something to lose a service may take it away a moment after it has said that it is done (NetworkManager's
    // reapply under load): looked at once more.
    if (quiet > (guarded.length > 0 ? 1 : 0)) return;
    if (context.system.ticks() >= deadline) {
      if (faults.length === 0) return;
      const enis = looks.filter(look => faultsOfLook(look).length > 0).map(look => look.mac);
      throw new AgentError('verify-failed', summary(faults), { enis });
    }
    await mender.mend(kernel, looks);
    await context.system.sleep(quiet > 0 ? settleMs : (pollMs[round] ?? pollMs.at(-1)!));
  }
}

/** What the backend has taken from others. It may not be possible any more (another address for the same purpose): no fault of ours. */
async function putBack({ system, log }: ApplyContext, lost: readonly KernelObject[]): Promise<void> {
  if (lost.length === 0) return;
  log.warn(
    { lost: lost.map(o => o.key) },
    'the network service deleted what other programs had added; restoring it',
  );
  const batches = lost.map(o => ({ family: o.family, lines: [o.add] }));
  await runBatches(system, batches, true);
}

function lookAt(
  kernel: KernelState,
  plan: NetworkPlan,
  changes: readonly EniChange[],
  compare: CompareOptions,
): readonly Look[] {
  const differences = differencesOf(kernel, changes, compare);
  const changed = changes.flatMap((change, index): readonly Look[] => {
    if (isUnplugged(kernel, change)) return [];
    const after = change.kind === 'removed' ? undefined : change.after;
    return [{ mac: eniOf(change).mac, plan: after, difference: differences[index]! }];
  });
  const touched = new Set(changes.map(c => eniOf(c).mac));
  const rest = plan.enis
    .filter(e => !touched.has(e.mac) && kernel.links.some(l => l.name === e.link))
    .map(e => ({ mac: e.mac, plan: e, difference: compareEni(kernel, e, undefined, compare) }));
  return [...changed, ...rest];
}

/**
 * A link that is pulled while its ENI is applied takes with it what would be verified. To wait for that, and then to take back the others
 * as well, would not help: the next pass finds the link gone and decides.
 */
function isUnplugged({ links }: KernelState, change: EniChange): boolean {
  return change.kind !== 'removed' && !links.some(l => l.name === change.after.link);
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
