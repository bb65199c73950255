// The plan and the kernel in one normal form: objects, each with a canonical key and the `ip` words that add or remove it.
// Comparing the two is set arithmetic on the keys.
import { bits, type Family, type Ip } from '../model/address.ts';
import { addressKey, type KernelRoute, type KernelState, routeKey, ruleKey } from '../model/kernel-state.ts';
import {
  type EniPlan,
  mainTable,
  type PlannedAddress,
  type PlannedRoute,
  type PlannedRule,
} from '../model/network-plan.ts';
import { oncePer } from '../model/value.ts';
import * as s from '../records/shapes.ts';

/**
 * Protocol number of every route and rule that the agent itself adds. No name in any distribution's rt_protos; 66 is Google's
 * agent, 84 is OVN, 186 to 196 are FRR's.
 */
export const agentProtocol = 129;

export interface KernelObject {
  readonly key: string;
  readonly kind: 'link' | 'address' | 'route' | 'rule';
  readonly family: Family;
  /** Words for `ip -batch`. */
  readonly add: string;
  readonly remove: string;
}

/** Of one that was written down: each of its words becomes a line of `ip -batch`. */
export const kernelObjectFields = {
  key: s.line,
  kind: s.oneOf(['link', 'address', 'route', 'rule']),
  family: s.family,
  add: s.line,
  remove: s.line,
};

export interface ObjectOptions {
  /** `ip rule ... protocol N` needs iproute2 4.17 and a kernel to match. */
  readonly ruleProtocol: boolean;
}

/** Everything that the kernel must have for this ENI, in the order in which it can be added. The leased address is not in it. */
export function planObjects(plan: EniPlan, { ruleProtocol }: ObjectOptions): readonly KernelObject[] {
  return ruleProtocol ? withProtocol(plan) : withoutProtocol(plan);
}

const withProtocol = oncePer((plan: EniPlan) => objectsOf(plan, { ruleProtocol: true }));
const withoutProtocol = oncePer((plan: EniPlan) => objectsOf(plan, { ruleProtocol: false }));

function objectsOf(plan: EniPlan, options: ObjectOptions): readonly KernelObject[] {
  return [
    ...(plan.mtu === undefined ? [] : [mtuObject(plan.link, plan.mtu)]),
    ...plan.addresses.filter(a => !a.dynamic).map(a => addressObject(plan.link, a)),
    ...plan.routes.map(r => routeObject(plan.link, r)),
    ...plan.rules.map(r => ruleObject(r, options)),
  ];
}

function mtuObject(link: string, mtu: number): KernelObject {
  // Removing means nothing: what the MTU was before is not known, and a link always has one.
  return {
    key: mtuKey({ name: link, mtu }),
    kind: 'link',
    family: 4,
    add: `link set dev ${link} mtu ${mtu}`,
    remove: '',
  };
}

export function addressObject(
  link: string,
  a: Pick<PlannedAddress, 'ip' | 'prefixLength' | 'family'>,
): KernelObject {
  const words = `${a.ip}/${a.prefixLength} dev ${link}`;
  // A cloud's addresses are unique: duplicate address detection would only keep the address unusable for a second.
  const extra = a.family === 6 ? ' nodad' : a.prefixLength < bits(a.ip) ? ' broadcast +' : '';
  return {
    key: addressKey({ link, ...a }),
    kind: 'address',
    family: a.family,
    add: `addr add ${words}${extra}`,
    remove: `addr del ${words}`,
  };
}

export function routeObject(link: string, r: PlannedRoute): KernelObject {
  const via = r.gateway === undefined ? '' : ` via ${r.gateway}`;
  const metric = r.metric === undefined ? '' : ` metric ${r.metric}`;
  const words = `${r.destination}${via} dev ${link} table ${r.table}${metric}`;
  return {
    key: routeKey({ ...r, link }),
    kind: 'route',
    family: r.family,
    add: `route replace ${words}${r.onLink ? ' onlink' : ''} proto ${agentProtocol}`,
    remove: removalOf(link, r),
  };
}

export function ruleObject(r: PlannedRule, options: ObjectOptions): KernelObject {
  const key = plannedRuleKey(r);
  // The key has the words of `ip` behind family and priority.
  const words = `${key.split(' ').slice(3).join(' ')} priority ${r.priority}`;
  return {
    key,
    kind: 'rule',
    family: r.family,
    add: `rule add ${words}${options.ruleProtocol ? ` protocol ${agentProtocol}` : ''}`,
    remove: `rule del ${words}`,
  };
}

export function plannedRuleKey(r: PlannedRule): string {
  return ruleKey({ ...r, iif: r.localOnly ? 'lo' : undefined });
}

/** Keys of everything in the kernel that this program can model, with how often each stands there (rules may be doubled). */
export const kernelKeys = oncePer((state: KernelState): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  const keys = [
    ...state.links.map(mtuKey),
    ...state.addresses.map(keyOfAddress),
    ...state.routes.filter(r => r.opaque === undefined).map(keyOfRoute),
    ...state.rules.filter(r => r.opaque === undefined).map(keyOfRule),
  ];
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
});

const keyOfAddress = oncePer(addressKey);
const keyOfRule = oncePer(ruleKey);

export function mtuKey(link: { readonly name: string; readonly mtu: number }): string {
  return `mtu ${link.name} ${link.mtu}`;
}

/** No prefix length: DHCP clients choose it (dhclient the subnet's, our hook 32). */
export function leasedKey(link: string, ip: Ip): string {
  return `address ${link} ${ip} (dhcp)`;
}

/** Backends choose metrics of their own in a private table (networkd 1024, NetworkManager 100 and up); they mean nothing there. */
export const keyOfRoute = oncePer((route: KernelRoute): string =>
  routeKey(route.table === mainTable ? route : { ...route, metric: undefined }),
);

/**
 * The `ip -batch` line that takes away this very route.
 *
 * A route by a nexthop object is named by that object. Linux (6.18, executed; `ip6_route_del`) compares gateway and link with routes that have
 * them themselves only: `route del default via A dev eth1 metric 100` takes away the first IPv6 default with that metric that goes by any
 * nexthop object, and with networkd 257 that is the primary's. `ip` refuses both in one line.
 */
export function removalOf(
  link: string,
  r: Pick<KernelRoute, 'destination' | 'gateway' | 'table' | 'metric' | 'nexthopId'>,
): string {
  const by = r.gateway === undefined ? `dev ${link}` : `via ${r.gateway} dev ${link}`;
  const words = r.nexthopId === undefined ? by : `nhid ${r.nexthopId}`;
  const metric = r.metric === undefined ? '' : ` metric ${r.metric}`;
  return `route del ${r.destination} ${words} table ${r.table}${metric}`;
}

/** What it takes to add a route of the kernel again, in `ip`'s words: a nexthop object brings gateway and link with it. */
export function additionOf(r: KernelRoute): string {
  const text = r.nexthopId === undefined ? r.text : r.text.replace(/ via \S+(?= |$)| dev \S+(?= |$)/g, '');
  return `route add ${text}`;
}
