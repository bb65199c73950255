// The normal form in which a plan and a kernel are compared. Every object has one canonical line (its key), so that
// comparing is set arithmetic and a difference is readable as it stands.
import type { Cidr, Family, Ip, Mac } from './address.ts';
import { type Fwmark, fwmarkText } from './rule-words.ts';
import { isSame, oncePer } from './value.ts';

export interface KernelLink {
  readonly name: string;
  readonly index: number;
  /** IFLA_ALT_IFNAME, in the order of `ip`. */
  readonly altNames: readonly string[];
  readonly mac: Mac | undefined;
  /** Undefined unless it is another one than `mac`, as `ip` prints it. */
  readonly permanentMac: Mac | undefined;
  readonly up: boolean;
  readonly mtu: number;
  /** The largest that the kernel lets it have, 0 for any; undefined where the kernel or `ip` does not tell. */
  readonly maxMtu?: number | undefined;
  /** The link group (IFLA_GROUP): 0 unless somebody has put it in one; undefined for one with a name that is not known. */
  readonly group: number | undefined;
  /** Set if the link is a port of a bridge, a bond or a failover device. */
  readonly master: string | undefined;
  /** rtnetlink kind: `veth`, `vlan`, `bridge`, ... undefined for a physical NIC. */
  readonly kind: string | undefined;
  /** True if sysfs shows a device behind the link. */
  readonly physical: boolean;
  readonly driver: string | undefined;
}

export interface KernelAddress {
  readonly link: string;
  readonly family: Family;
  readonly ip: Ip;
  readonly prefixLength: number;
  readonly scope: string;
  /** IPv6: not usable yet, or refused by duplicate address detection. */
  readonly tentative: boolean;
  readonly dynamic: boolean;
  /** Seconds, as they were when it was read; undefined: it stays for good. */
  readonly lifetime?: Lifetime | undefined;
  /** The address in `ip`'s own words, without what changes by itself: what it takes to add the very same address again. */
  readonly text?: string;
}

/** In seconds. */
export interface Lifetime {
  readonly valid: number;
  readonly preferred?: number | undefined;
}

export interface KernelRoute {
  readonly family: Family;
  readonly destination: Cidr;
  readonly gateway: Ip | undefined;
  readonly link: string | undefined;
  readonly table: number;
  readonly protocol: string;
  readonly metric: number | undefined;
  /** Number of the nexthop object that the route goes by; undefined for most. Gateway and link are that object's. */
  readonly nexthopId?: number | undefined;
  /** Text that this program does not model (multipath, encap): such a route is foreign by definition. */
  readonly opaque: string | undefined;
  /** Seconds after which the kernel deletes it (a route of a router advertisement); undefined: never. */
  readonly expires?: number | undefined;
  /** The route in `ip`'s own words, without what changes by itself: what it takes to add the very same route again. */
  readonly text: string;
}

export interface KernelRule {
  readonly family: Family;
  readonly priority: number;
  readonly from: Cidr | undefined;
  readonly to: Cidr | undefined;
  readonly iif: string | undefined;
  readonly oif: string | undefined;
  /** One of the agent's form; a rule with another one is not modelled. */
  readonly fwmark?: Fwmark | undefined;
  readonly table: number | undefined;
  readonly suppressPrefixLength: number | undefined;
  readonly suppressGroup: number | undefined;
  readonly protocol: string | undefined;
  /** Selectors or actions that this program does not model: such a rule is foreign by definition. */
  readonly opaque: string | undefined;
  /** The rule in `ip`'s own words, without its priority: what it takes to add the very same rule again. */
  readonly text?: string;
}

export interface KernelState {
  readonly links: readonly KernelLink[];
  readonly addresses: readonly KernelAddress[];
  readonly routes: readonly KernelRoute[];
  readonly rules: readonly KernelRule[];
  /** net.ipv6.conf.LINK.accept_ra of the links that have IPv6; undefined if nobody has looked. */
  readonly acceptRa?: ReadonlyMap<string, string>;
}

interface Parts {
  readonly addresses: KernelAddress[];
  readonly routes: KernelRoute[];
}

const partsOf = oncePer(({ addresses, routes }: KernelState): ReadonlyMap<string, Parts> => {
  const parts = new Map<string, Parts>();
  const of = (link: string) => {
    const part = parts.get(link) ?? { addresses: [], routes: [] };
    parts.set(link, part);
    return part;
  };
  for (const address of addresses) of(address.link).addresses.push(address);
  for (const route of routes) if (route.link !== undefined) of(route.link).routes.push(route);
  return parts;
});

const viewsOf = oncePer((_: KernelState) => new Map<string, KernelState>());

/** The view that was made last, of whichever kernel. */
const lastViews = new Map<string, KernelState>();
const mostViews = 1024;

/**
 * The kernel as far as it is about one ENI: its link, the addresses on it, the routes by it, and the rules with these priorities. Where none of
 * that has changed it is the very view of before, of whichever kernel that was: what was worked out of it still holds (oncePer).
 */
export function viewOf(kernel: KernelState, link: string, priorities: ReadonlySet<number>): KernelState {
  const key = `${link} ${[...priorities].join(' ')}`;
  const views = viewsOf(kernel);
  const made = views.get(key);
  if (made !== undefined) return made;
  const { addresses = [], routes = [] } = partsOf(kernel).get(link) ?? {};
  const links = kernel.links.filter(({ name }) => name === link);
  const rules = kernel.rules.filter(({ priority }) => priorities.has(priority));
  const now = { links, addresses, routes, rules };
  const before = lastViews.get(key);
  const view = before !== undefined && isSameKernel(before, now) ? before : now;
  if (lastViews.size >= mostViews) lastViews.clear();
  lastViews.set(key, view);
  views.set(key, view);
  return view;
}

/** By which objects they have: those that nobody has changed are the same ones from reading to reading. */
export function isSameKernel(a: KernelState, b: KernelState): boolean {
  const isSameList = (one: readonly unknown[], other: readonly unknown[]) =>
    one.length === other.length && one.every((object, index) => object === other[index]);
  return (
    isSameList(a.addresses, b.addresses) &&
    isSameList(a.routes, b.routes) &&
    isSameList(a.rules, b.rules) &&
    isSame([a.links, [...(a.acceptRa ?? [])]], [b.links, [...(b.acceptRa ?? [])]])
  );
}

export function addressKey(a: { link: string; ip: Ip; prefixLength: number }): string {
  return `address ${a.link} ${a.ip}/${a.prefixLength}`;
}

export function routeKey(r: {
  table: number;
  destination: Cidr;
  gateway: Ip | undefined;
  link: string | undefined;
  metric: number | undefined;
}): string {
  const via = r.gateway === undefined ? '' : ` via ${r.gateway}`;
  const metric = r.metric === undefined ? '' : ` metric ${r.metric}`;
  return `route ${r.table} ${r.destination}${via} dev ${r.link ?? '-'}${metric}`;
}

export function ruleKey(r: {
  family: Family;
  priority: number;
  from: Cidr | undefined;
  to: Cidr | undefined;
  iif: string | undefined;
  oif: string | undefined;
  fwmark?: Fwmark | undefined;
  table: number | undefined;
  suppressPrefixLength: number | undefined;
  suppressGroup: number | undefined;
}): string {
  const { family, priority, from = 'all', table = '-' } = r;
  const word = (name: string, value: string | number | undefined) =>
    value === undefined ? '' : ` ${name} ${value}`;
  const mark = word('fwmark', r.fwmark && fwmarkText(r.fwmark));
  const selectors = `from ${from}${word('to', r.to)}${mark}${word('iif', r.iif)}${word('oif', r.oif)}`;
  const limits = `${word('suppress_prefixlength', r.suppressPrefixLength)}${word('suppress_ifgroup', r.suppressGroup)}`;
  return `rule ${family} ${priority} ${selectors} lookup ${table}${limits}`;
}
