// Decides where a packet goes as the kernel does: local addresses, then the rules by priority, each with the longest match of its
// table, `suppress_prefixlength` and `iif lo` included. Small on purpose, so that it can be checked by eye.
import {
  bits,
  type Cidr,
  contains,
  type Family,
  familyOf,
  type Ip,
  linkLocalNetwork,
  networkOf,
  prefixLengthOf,
} from '../../agent/model/address.ts';
import { mainTable, type NetworkPlan } from '../../agent/model/network-plan.ts';
import type { Fwmark } from '../../agent/model/rule-words.ts';

export interface WalkerRoute {
  readonly destination: Cidr;
  readonly gateway: Ip | undefined;
  readonly link: string;
  readonly table: number;
  readonly metric: number;
}

interface WalkerRule {
  readonly family: Family;
  readonly priority: number;
  readonly from: Cidr | undefined;
  readonly to: Cidr | undefined;
  readonly localOnly: boolean;
  readonly oif: string | undefined;
  readonly fwmark?: Fwmark | undefined;
  readonly table: number;
  readonly suppressPrefixLength: number | undefined;
  readonly suppressGroup: number | undefined;
}

export interface Packet {
  readonly from: Ip;
  readonly to: Ip;
  /** The link it came in by; undefined: this host made it. */
  readonly iif?: string;
  /** The link that its socket is bound to. */
  readonly oif?: string;
  readonly mark?: number;
}

export interface World {
  readonly rules: readonly WalkerRule[];
  readonly routes: readonly WalkerRoute[];
  /** Link groups that are not 0. */
  readonly groups?: ReadonlyMap<string, number>;
}

/**
 * The plan in a kernel whose main table has `main`, plus what the kernel adds: a connected route for each address with a subnet, and fe80::/64 of
 * each link.
 */
export function worldOf(plan: NetworkPlan, main: readonly WalkerRoute[]): World {
  const own = plan.enis.flatMap(({ link, routes, addresses }) => [
    ...routes.map(r => ({ ...r, link, metric: r.metric ?? 0 })),
    { destination: linkLocalNetwork, gateway: undefined, link, table: mainTable, metric: 256 },
    ...addresses
      .filter(a => a.prefixLength < bits(a.ip))
      .map(a => ({
        destination: networkOf(a.ip, a.prefixLength),
        gateway: undefined,
        link,
        table: mainTable,
        metric: a.family === 6 ? 256 : 0,
      })),
  ]);
  const last = ([4, 6] as const).map(family => ({
    family,
    priority: 32766,
    from: undefined,
    to: undefined,
    localOnly: false,
    oif: undefined,
    table: mainTable,
    suppressPrefixLength: undefined,
    suppressGroup: undefined,
  }));
  return { rules: [...plan.enis.flatMap(e => e.rules), ...last], routes: [...main, ...own] };
}

/** The route that the packet takes; undefined: none. A stable sort keeps rules of one priority in the order of their adding. */
export function walk(world: World, packet: Packet): WalkerRoute | undefined {
  const family = familyOf(packet.to);
  for (const rule of world.rules.toSorted((a, b) => a.priority - b.priority)) {
    if (rule.family !== family) continue;
    if (rule.from !== undefined && !contains(rule.from, packet.from)) continue;
    if (rule.to !== undefined && !contains(rule.to, packet.to)) continue;
    if (rule.localOnly && packet.iif !== undefined) continue;
    if (rule.oif !== undefined && rule.oif !== packet.oif) continue;
    if (rule.fwmark !== undefined && rule.fwmark.value !== ((packet.mark ?? 0) & rule.fwmark.mask) >>> 0)
      continue;
    // A socket that is bound to a link finds no route by another.
    const usable = world.routes.filter(r => packet.oif === undefined || r.link === packet.oif);
    const route = longestMatch(usable, rule.table, packet.to);
    if (route === undefined) continue;
    if (
      rule.suppressPrefixLength !== undefined &&
      prefixLengthOf(route.destination) <= rule.suppressPrefixLength
    )
      continue;
    if (rule.suppressGroup !== undefined && world.groups?.get(route.link) === rule.suppressGroup) continue;
    return route;
  }
  return undefined;
}

/** Of routes to one destination the first with the lowest metric counts. */
function longestMatch(routes: readonly WalkerRoute[], table: number, to: Ip): WalkerRoute | undefined {
  return routes
    .filter(r => r.table === table && contains(r.destination, to))
    .toSorted((a, b) => prefixLengthOf(b.destination) - prefixLengthOf(a.destination) || a.metric - b.metric)
    .at(0);
}
