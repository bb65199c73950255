// ENIs whose change failed while the others were served: when they are tried again, and what is told of them meanwhile.
import type { InstanceReading } from '../metadata/read-instance.ts';
import type { Mac } from '../model/address.ts';
import type { Drift } from '../pass/glance.ts';
import type { PassResult } from '../pass/pass.ts';
import type { Failing } from '../pass/reconcile-each.ts';
import { contestedMacs } from './fights.ts';
import { isByHand } from './question.ts';
import type { Trigger } from './report.ts';
import type { DaemonState, SetApart } from './state.ts';
import { apartMs } from './timing/schedule.ts';

/** Whom a pass leaves alone because somebody fights for it: nobody, if it was asked for. */
export function contestedNow(
  { memory, context }: DaemonState,
  triggers: readonly Trigger[],
): ReadonlySet<Mac> {
  return isByHand(triggers) ? new Set() : contestedMacs(memory.fights, context.system.ticks());
}

/** Files that are written sooner after a try that failed are those of its own rollback, or one more try would change nothing. */
export const filesPauseMs = 60_000;

export function isApartDue({ apart, context }: DaemonState): boolean {
  return apart !== undefined && context.system.ticks() >= apart.retryAt;
}

/** What a pass has to know of the ENIs that failed: it serves the others first, and tries these if it is time. */
export function failingNow(daemon: DaemonState, { triggers, reading, repaired }: Wish): Failing {
  const { apart, memory, context } = daemon;
  if (apart === undefined)
    return { enis: memory.enis.filter(eni => eni.state === 'failed').map(eni => eni.mac), waits: undefined };
  const isDue =
    isApartDue(daemon) ||
    isByHand(triggers) ||
    (triggers.includes('files') && context.system.ticks() - apart.failedAt >= filesPauseMs) ||
    repaired.some(drift => apart.enis.includes(drift.mac)) ||
    saidOf(apart.enis, reading, daemon.links) !== apart.said;
  return { enis: apart.enis, waits: isDue ? undefined : apart.error };
}

interface Wish {
  readonly triggers: readonly Trigger[];
  readonly reading: InstanceReading;
  readonly repaired: readonly Drift[];
}

/** After a pass that ended well for the others. `undefined`: nobody is set apart any more. */
export function apartAfter(
  { apart, context, links }: DaemonState,
  { failed, instance }: PassResult,
  reading: InstanceReading,
): SetApart | undefined {
  if (failed === undefined || failed.fresh.length === 0) return failed && apart;
  const now = context.system.ticks();
  const tries = apart === undefined ? 0 : apart.tries + 1;
  const { enis, error } = failed;
  const retryAt = now + apartMs(tries, instance.instanceId ?? '');
  return { enis, error, said: saidOf(enis, reading, links), tries, failedAt: now, retryAt };
}

/** What the cloud and the machine have of them: an ENI that was attached anew is tried at once. */
function saidOf(enis: readonly Mac[], { instance }: InstanceReading, links = ''): string {
  const known = links.split('\n').filter(line => enis.some(mac => line.includes(mac)));
  return JSON.stringify([instance.enis.filter(({ mac }) => enis.includes(mac)), known]);
}
