// Default routes in main by the link of an ENI that the plan has not: they take the machine off the network, so that they go at once and in
// any case: before a pass, which takes a while, and while a brake keeps the daemon from repairs of that ENI.
import { newLeaks } from '../apply/compare.ts';
import { runBatches } from '../apply/live.ts';
import { readState } from '../apply/state-file.ts';
import type { Mac } from '../model/address.ts';
import type { KernelState } from '../model/kernel-state.ts';
import type { EniPlan } from '../model/network-plan.ts';
import type { System } from '../system/system.ts';
import { watched } from './glance.ts';
import { withLock } from './lock.ts';
import type { PassResult } from './pass.ts';
import { readPause } from './pause.ts';

/** What was taken away of one ENI. */
export interface Eviction {
  readonly mac: Mac;
  readonly eniId: string | undefined;
  readonly link: string;
  /** `ip` commands that did it. */
  readonly commands: readonly string[];
}

/**
 * @param kernel as it was just read
 * @param pass the last one, or what one that failed was to make: what it planned, and what is still applied. A plan that was refused is nobody's
 * @returns nothing if there was no such route. A route that cannot be removed is told by the next look
 */
export async function evictDefaults(
  system: System,
  kernel: KernelState,
  pass: PassResult | undefined,
): Promise<readonly Eviction[]> {
  if (pass === undefined || pass.outcome === 'refused') return [];
  // The name may be another NIC's by now, even the primary's.
  const isThere = (link: string, mac: Mac) => kernel.links.some(l => l.name === link && l.mac === mac);
  const leakOf = (plans: readonly EniPlan[]) =>
    plans
      .filter(({ link, mac }) => isThere(link, mac))
      .map(plan => ({ plan, leaks: newLeaks(kernel, plan, []) }))
      .filter(({ leaks }) => leaks.length > 0);
  const planned = watched(pass);
  if (leakOf(planned).length === 0) return [];
  const found = await withLock(system, async () => {
    // Whoever had the lock may have begun a pause, or applied another plan: `rollback` leaves the ENI to whom it was before.
    if ((await readPause(system)) !== undefined) return [];
    const applied = await readState(system).then(
      state => state.applied.filter(eni => planned.some(e => e.mac === eni.mac)),
      // Broken meanwhile: what was applied when it was looked at is ours. Of what was only to be applied that is not known.
      () => (pass.outcome === 'pending' ? [] : planned),
    );
    const leaks = leakOf(applied);
    await runBatches(
      system,
      leaks.flatMap(f => f.leaks),
      true,
    );
    return leaks;
  });
  return found.map(({ plan: { mac, eniId, link }, leaks }) => ({
    mac,
    eniId,
    link,
    commands: leaks.flatMap(l => l.lines.map(line => `ip -${l.family} ${line}`)),
  }));
}
