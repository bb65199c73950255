// How far to believe a reading. The metadata service lags, flaps and fails; a working address must not pay for that. What is new
// is believed at once; what is missing only if two complete readings agree, or if the link has gone as well; what could not be
// read is what it was. Pure.
import type { Mac } from '../model/address.ts';
import type { Eni, EniFamily, Instance, Reading } from '../model/instance.ts';
import { isSame } from '../model/value.ts';

export interface Doubt {
  /** The last complete reading of each ENI. */
  readonly lastGood: readonly Eni[];
  /** True if two complete readings, some time apart, said the same. */
  readonly confirmed: boolean;
  readonly linkGone: (mac: Mac) => boolean;
}

/** The instance as it may be acted on. */
export function believe(instance: Instance, doubt: Doubt): Instance {
  const present = instance.enis.map(eni => {
    const earlier = doubt.lastGood.find(e => e.mac === eni.mac);
    return earlier === undefined ? eni : believeEni(eni, earlier, doubt.confirmed);
  });
  const missing = doubt.lastGood.filter(
    eni => !instance.enis.some(e => e.mac === eni.mac) && !mayVanish(instance, eni.mac, doubt),
  );
  return { ...instance, enis: [...present, ...missing] };
}

/** True if acting on the reading would take something away: then a second reading is needed. */
export function takesAway(instance: Instance, doubt: Omit<Doubt, 'confirmed'>): boolean {
  return !isSame(
    believe(instance, { ...doubt, confirmed: true }),
    believe(instance, { ...doubt, confirmed: false }),
  );
}

/** Complete, and the same ENIs with the same readings. */
export function agree(first: Instance, second: Instance): boolean {
  return isComplete(first) && isComplete(second) && isSame(first.enis, second.enis);
}

function isComplete(instance: Instance): boolean {
  return instance.problems.length === 0;
}

/** An incomplete listing proves nothing about an ENI that is not in it. */
function mayVanish(instance: Instance, mac: Mac, doubt: Doubt): boolean {
  return isComplete(instance) && (doubt.confirmed || doubt.linkGone(mac));
}

function believeEni(now: Eni, earlier: Eni, confirmed: boolean): Eni {
  const family = (a: EniFamily, b: EniFamily): EniFamily => ({
    addresses: believeList(a.addresses, b.addresses, confirmed),
    subnets: believeList(a.subnets, b.subnets, confirmed),
    gateway: believeOne(a.gateway, b.gateway, confirmed),
    prefixes: believeList(a.prefixes, b.prefixes, confirmed),
  });
  return {
    ...now,
    // A name that could not be read is no new name: the plan would differ by it, and be applied again for nothing.
    id: now.id ?? earlier.id,
    subnetId: now.subnetId ?? earlier.subnetId,
    deviceIndex: now.deviceIndex ?? earlier.deviceIndex,
    // Without its addresses an ENI looks EFA-only; that takes everything away, so it is doubted as much.
    carriesIp: now.carriesIp || (earlier.carriesIp && !confirmed),
    mtu: now.mtu ?? (confirmed ? undefined : earlier.mtu),
    ipv4: family(now.ipv4, earlier.ipv4),
    ipv6: family(now.ipv6, earlier.ipv6),
  };
}

function believeList<T>(
  now: Reading<readonly T[]>,
  earlier: Reading<readonly T[]>,
  confirmed: boolean,
): Reading<readonly T[]> {
  // Also where it was absent: else one failing key of an ENI would freeze all the others, and it would be forgotten as incomplete.
  if (now.state === 'unknown') return earlier;
  if (earlier.state !== 'value' || confirmed) return now;
  const values = now.state === 'value' ? now.value : [];
  const lost = earlier.value.filter(v => !values.includes(v));
  if (lost.length === 0) return now;
  // What is new is taken, what has gone stays for now; the order of the earlier reading keeps the primary address first.
  return { state: 'value', value: [...earlier.value, ...values.filter(v => !earlier.value.includes(v))] };
}

function believeOne<T>(now: Reading<T>, earlier: Reading<T>, confirmed: boolean): Reading<T> {
  if (now.state === 'unknown') return earlier;
  return now.state === 'absent' && !confirmed ? earlier : now;
}
