// What somebody undoes while an apply is being verified is put right by the same apply: to wait for it and to roll back would undo a change
// that is right because of one that has nothing to do with it.
//
// It must not make up for a service that has not done its work, such as a file of ours that is wrong: the kernel would look as planned until
// the next boot. So only what is known to have been right before is mended:
// - of an ENI whose file the service has loaded in this apply, nothing until the ENI was as planned in one look of this verify. That look
//   alone would have been a success. What is missing from the start is the service's failure, and is waited for as ever.
// - of all other ENIs, everything. The service had nothing to do there: the agent itself has made the change in the kernel, or it has put back
//   what had drifted, or the ENI was as planned when the apply began.
//
// A fight is not won here: each object is mended a few times, and then waited for until the apply fails.
import { type EniChange, eniOf } from '../../renderers/renderer.ts';
import type { Mac } from '../model/address.ts';
import type { KernelState } from '../model/kernel-state.ts';
import type { EniPlan } from '../model/network-plan.ts';
import { type ApplyContext, travelOf } from './apply-context.ts';
import { type Difference, newLeaks } from './compare.ts';
import { additions, type Batch, removals, runBatches } from './live.ts';
import { marked } from './marks.ts';
import type { FileChange } from './ownership.ts';

/** How often one object is mended in one verify. */
const mostTimes = 3;

/** So long an object is missing before it is added: the service may be about to add it again itself. */
const graceMs = 150;

/** One ENI, as a look has found it. */
export interface Look {
  readonly mac: Mac;
  /** Undefined: it is being removed. */
  readonly plan: EniPlan | undefined;
  readonly difference: Difference;
}

export interface Mender {
  /** Mends what may be mended of what this look has found. */
  mend(kernel: KernelState, looks: readonly Look[]): Promise<void>;
}

/**
 * @param files that this apply has written
 * @param knownFaults lines of compare.describeDifference: what was wrong before and is left as it is
 */
export function newMender(
  context: ApplyContext,
  changes: readonly EniChange[],
  files: readonly FileChange[],
  knownFaults: readonly string[],
): Mender {
  const { system, log } = context;
  const trusts = new Set(changes.filter(c => isServices(context, c, files)).map(c => eniOf(c).mac));
  const missingSince = new Map<string, number>();
  const times = new Map<string, number>();
  const isDue = (key: string) => {
    const count = (times.get(key) ?? 0) + 1;
    if (count <= mostTimes) times.set(key, count);
    return count <= mostTimes;
  };

  function lost({ mac, difference }: Look): Difference {
    const now = system.ticks();
    const keys = new Set(difference.missing.map(o => `${mac} ${o.key}`));
    for (const key of missingSince.keys())
      if (key.startsWith(`${mac} `) && !keys.has(key)) missingSince.delete(key);
    for (const key of keys) if (!missingSince.has(key)) missingSince.set(key, now);
    const waited = (key: string) => now - (missingSince.get(key) ?? now) >= graceMs;
    return {
      missing: difference.missing.filter(
        o =>
          !knownFaults.includes(`missing: ${o.key}`) &&
          waited(`${mac} ${o.key}`) &&
          isDue(`${mac} missing ${o.key}`),
      ),
      stale: difference.stale.filter(
        o => !knownFaults.includes(`left over: ${o.key}`) && isDue(`${mac} stale ${o.key}`),
      ),
      faults: [],
    };
  }

  return {
    async mend(kernel, looks) {
      const mended = looks.filter(({ mac }) => !trusts.has(mac)).map(lost);
      const leaks = looks
        .filter(({ mac, plan }) => !trusts.has(mac) && plan !== undefined)
        .flatMap(({ plan }) => newLeaks(kernel, plan!, knownFaults))
        .filter(({ lines }) => isDue(lines.join()));
      for (const { mac, difference } of looks) if (isRight(difference)) trusts.delete(mac);
      const batches: readonly Batch[] = [
        ...leaks,
        ...marked(context, additions(mended), { loads: true }),
        ...removals(mended),
      ];
      if (batches.length === 0) return;
      log.info({ commands: batches.flatMap(b => b.lines) }, 'undone while it was verified; put right again');
      await runBatches(system, batches, true);
    },
  };
}

/** The change is the service's to make: it has loaded a file for it. */
function isServices(context: ApplyContext, change: EniChange, files: readonly FileChange[]): boolean {
  if (change.kind === 'removed' || travelOf(context, change) === 'kernel') return false;
  if (change.kind === 'added') return true;
  const written = new Set(files.map(f => f.path));
  return context.renderer.render([change.after], context.facts).some(f => written.has(f.path));
}

function isRight({ missing, stale, faults }: Difference): boolean {
  return missing.length === 0 && stale.length === 0 && faults.length === 0;
}
