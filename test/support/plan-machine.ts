// A planner's machine for table tests: the instance, a NIC for each ENI, the primary's address; a row overrides what it is about.

import { defaultSettings } from '../../agent/config/read-settings.ts';
import type { Mac } from '../../agent/model/address.ts';
import type { Eni } from '../../agent/model/instance.ts';
import type { EniOptions } from '../../agent/model/settings.ts';
import type { PlanInput } from '../../agent/plan/plan-input.ts';
import { type PlanResult, planNetwork } from '../../agent/plan/plan-network.ts';
import { allWords } from './example-plans.ts';
import { addressOn, eniOf, familyOf, instanceOf, macOf, nic, plainOptions } from './plan-parts.ts';

export const primary = eniOf(0, familyOf(['10.0.1.10'], ['10.0.1.0/24'], '10.0.1.1'));
export const alone = eniOf(1, familyOf(['10.0.2.10', '10.0.2.11'], ['10.0.2.0/24'], '10.0.2.1'));
/** ENI n with the address `10.0.THIRD.n0`. */
export const inSubnet = (n: number, third: number, more: Partial<Eni> = {}) =>
  eniOf(n, familyOf([`10.0.${third}.${n}0`], [`10.0.${third}.0/24`], `10.0.${third}.1`), more);

export function resultOf(enis: readonly Eni[], more: Partial<PlanInput> = {}): PlanResult {
  return planNetwork({
    instance: instanceOf(...enis),
    links: enis.map((_, n) => nic(n)),
    addresses: [addressOn('eth0', '10.0.1.10/24')],
    settings: defaultSettings,
    keptSlots: new Map(),
    occupiedSlots: new Set(),
    leases: new Map(),
    learnedSubnets: new Map(),
    words: allWords,
    claims: new Map(),
    ...more,
  });
}

export const settingsWith = (n: number, options: Partial<EniOptions>) => ({
  ...defaultSettings,
  enis: new Map<Mac, EniOptions>([[macOf(n), { ...plainOptions, ...options }]]),
});

/** The option connected-route for these ENIs. */
export const connectedRouteOf = (...numbers: readonly number[]) => ({
  ...defaultSettings,
  enis: new Map<Mac, EniOptions>(
    numbers.map(n => [macOf(n), { ...plainOptions, connectedRoute: true }] as const),
  ),
});

/** `link: addresses | how the own subnet's packets are chosen`. */
export const summary = (result: PlanResult) =>
  result.plan.enis.map(e => {
    const bySubnet = e.rules.some(r => r.localOnly && r.to === undefined);
    return `${e.link} slot ${e.slot}: ${e.addresses.map(a => `${a.ip}/${a.prefixLength}`).join(' ')} by ${bySubnet ? 'subnet' : 'address'}`;
  });
export const skips = (result: PlanResult) =>
  result.plan.skipped
    .filter(s => s.reason !== 'primary')
    .map(s => `${s.eniId} ${s.reason}${s.degraded ? ' (degraded)' : ''}: ${s.text}`);
