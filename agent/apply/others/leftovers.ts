// What a DHCP client or a router advertisement has left on the link of an ENI, and nobody keeps: cloud-init (25.1) runs dhcpcd on secondary
// NICs to find their gateway, and what that has set stays (`default via … proto dhcp metric 1003`, an address with a lifetime). It goes when
// a static ENI takes its link over: the default route by it makes main ambiguous, and the address would end one day by itself.
import { bits, isLinkLocal, networkOf } from '../../model/address.ts';
import {
  addressKey,
  type KernelAddress,
  type KernelRoute,
  type KernelState,
} from '../../model/kernel-state.ts';
import { type EniPlan, mainTable } from '../../model/network-plan.ts';
import type { KernelObject } from '../kernel-objects.ts';

export interface Leftovers {
  readonly addresses: readonly KernelObject[];
  readonly routes: readonly KernelRoute[];
}

/** ENIs whose links are taken over: static ones that were not applied before, or of whose addresses nothing is on the link. */
export function takenOver(
  enis: readonly EniPlan[],
  applied: readonly EniPlan[],
  { addresses }: KernelState,
): ReadonlySet<string> {
  const has = (link: string, plan: EniPlan) =>
    addresses.some(a => a.link === link && plan.addresses.some(p => p.ip === a.ip));
  const isNew = (eni: EniPlan) => {
    const before = applied.find(e => e.mac === eni.mac);
    return before === undefined || !(has(eni.link, before) || has(eni.link, eni));
  };
  return new Set(enis.filter(eni => eni.addressing === 'static' && isNew(eni)).map(eni => eni.mac));
}

/** Routes of main that came by themselves. A default route that was added by hand is a fault. */
export function caughtRoutes(state: KernelState, plan: EniPlan): readonly KernelRoute[] {
  if (plan.addressing === 'dhcp') return [];
  return state.routes.filter(
    r =>
      r.table === mainTable &&
      r.link === plan.link &&
      r.opaque === undefined &&
      /^(dhcp|ra)$/.test(r.protocol),
  );
}

/** What goes when this ENI takes its link over. */
export function leftoversOn(state: KernelState, plan: EniPlan): Leftovers {
  if (plan.addressing === 'dhcp') return { addresses: [], routes: [] };
  const isPlanned = (a: KernelAddress) =>
    plan.addresses.some(p => p.ip === a.ip && p.prefixLength === a.prefixLength);
  const on = state.addresses.filter(a => a.link === plan.link);
  const left = on.filter(a => isFleeting(a) && !isPlanned(a));
  // The kernel keeps the prefix of an advertisement when its address goes; a subnet of somebody's static address is his.
  const subnets = left.map(a => networkOf(a.ip, a.prefixLength));
  const kept = on.filter(a => !a.dynamic && a.prefixLength < bits(a.ip));
  const theirs = kept.map(a => networkOf(a.ip, a.prefixLength));
  const prefixes = state.routes.filter(
    r =>
      r.table === mainTable &&
      r.link === plan.link &&
      r.gateway === undefined &&
      r.opaque === undefined &&
      r.protocol === 'kernel' &&
      subnets.includes(r.destination) &&
      !theirs.includes(r.destination),
  );
  return { addresses: left.map(a => removable(a, on)), routes: [...caughtRoutes(state, plan), ...prefixes] };
}

/** Addresses that the plan has, and that will end by themselves as they stand there: a lease had the very same. They are made to stay. */
export function fading(
  state: KernelState,
  plan: EniPlan,
  planned: readonly KernelObject[],
): readonly KernelObject[] {
  return planned.flatMap(object => {
    if (object.kind !== 'address') return [];
    const found = state.addresses.find(
      a =>
        a.link === plan.link && isFleeting(a) && object.add.startsWith(`addr add ${a.ip}/${a.prefixLength} `),
    );
    const words = object.add.replace('addr add', 'addr replace');
    return found === undefined
      ? []
      : [{ ...object, add: `${words} valid_lft forever preferred_lft forever` }];
  });
}

function isFleeting(a: KernelAddress): boolean {
  return a.dynamic && a.scope === 'global' && !isLinkLocal(a.ip);
}

function removable(a: KernelAddress, on: readonly KernelAddress[]): KernelObject {
  const words = `${a.ip}/${a.prefixLength} dev ${a.link}`;
  const subnet = (b: KernelAddress) => `${networkOf(b.ip, b.prefixLength)} ${b.prefixLength}`;
  // With the first IPv4 address of a subnet the kernel deletes the others of it (promote_secondaries=0): those of somebody stay.
  const theirs = on.filter(b => a.family === 4 && !b.dynamic && b !== a && subnet(b) === subnet(a));
  return {
    key: addressKey(a),
    kind: 'address',
    family: a.family,
    add: `addr add ${words}`,
    remove: [`addr del ${words}`, ...theirs.map(b => `addr add ${b.text} dev ${b.link}`)].join('\n'),
  };
}
