// What the OS should have for the secondary ENIs, in kernel nouns. Made by plan/, read by every renderer and by verify.

import type { Cidr, Family, Ip, Mac } from './address.ts';
import type { Fwmark } from './rule-words.ts';
import type { SkipReason } from './skip-reason.ts';

/** How the ENI's primary IPv4 address arrives. IPv6 is always static (or absent). */
export type Addressing = 'static' | 'dhcp';

/** Routing table of the kernel's connected routes. Written as a number everywhere: systemd 247 cannot parse the name in a rule. */
export const mainTable = 254;

/**
 * Metric that a backend gives to what a lease of an ENI brings into main, where it cannot keep it out (wicked): nothing of the primary is
 * worse, and the agent knows such a route as the ENI's own.
 */
export const leasedMetric = 28000;

export interface PlannedAddress {
  readonly ip: Ip;
  /** 32 or 128; the subnet's length only for an ENI that is to have its connected route in main. */
  readonly prefixLength: number;
  readonly family: Family;
  /** True for the one address that the DHCP client brings; renderers do not write it. */
  readonly dynamic: boolean;
}

/** One route. Destination `0.0.0.0/0` or `::/0` is the default route. */
export interface PlannedRoute {
  readonly family: Family;
  readonly destination: Cidr;
  /** Undefined: on-link (scope link). */
  readonly gateway: Ip | undefined;
  /** The gateway cannot be reached by a route of this plan, so the kernel must be told that it is on the link. */
  readonly onLink: boolean;
  readonly table: number;
  /** Only set on a route in main. */
  readonly metric: number | undefined;
}

export interface PlannedRule {
  readonly family: Family;
  readonly priority: number;
  /** Undefined: whatever the source is, none included. */
  readonly from: Cidr | undefined;
  readonly to: Cidr | undefined;
  /** `iif lo`: only packets that this host made, so that a forwarded packet of a neighbour keeps using main. */
  readonly localOnly: boolean;
  /** `oif LINK`: only what a socket sends that is bound to this link. */
  readonly oif: string | undefined;
  /** Only packets with this mark, whatever their source is. */
  readonly fwmark?: Fwmark | undefined;
  readonly table: number;
  /** `suppress_prefixlength N`: a route with N bits or fewer counts as none. 0: use the table but never its default route. */
  readonly suppressPrefixLength: number | undefined;
  /** `suppress_ifgroup N`: a route by a link in this group counts as none. */
  readonly suppressGroup: number | undefined;
}

export interface EniPlan {
  readonly mac: Mac;
  readonly link: string;
  readonly eniId: string | undefined;
  readonly slot: number;
  readonly table: number;
  readonly addressing: Addressing;
  readonly mtu: number | undefined;
  /** The MTU is that of the primary's link, because nobody has named one. */
  readonly inheritsMtu?: true;
  /** False: nothing of this ENI's subnets may stand in main. Renderers look at it for a lease, which comes with the subnet's length. */
  readonly connectedRoute: boolean;
  /** IPv6 is switched off on the link, and nothing may switch it on. Absent: it is not. */
  readonly ipv6Off?: true;
  /** IPv4 first, then IPv6; within a family the primary address first. */
  readonly addresses: readonly PlannedAddress[];
  /** Per family: subnets before the default route, so that a gateway is reachable when its route is added. */
  readonly routes: readonly PlannedRoute[];
  /** Sorted by priority, family, from, to. */
  readonly rules: readonly PlannedRule[];
  /** Facts that a person should know, e.g. an inferred gateway. Not part of the kernel state. */
  readonly notes: readonly string[];
  /** Set while DHCP has not told the subnet yet: the next pass completes routes and rules. */
  readonly awaiting: 'dhcp-lease' | undefined;
}

/** An ENI that the plan leaves alone, and why. */
export interface SkippedEni {
  readonly mac: Mac;
  readonly eniId: string | undefined;
  readonly reason: SkipReason;
  readonly text: string;
  /** Of one that is set apart (reason `failed`): its link is still an ENI's, and none of the primary's. */
  readonly link?: string;
  /** True if it needs attention: the pass then ends degraded. */
  readonly degraded: boolean;
}

export interface NetworkPlan {
  /** Link of the primary ENI, for the guard and for messages; never configured. */
  readonly primaryLink: string | undefined;
  /** Sorted by slot. */
  readonly enis: readonly EniPlan[];
  readonly skipped: readonly SkippedEni[];
}

export function isDefaultRoute(route: { readonly destination: Cidr }): boolean {
  return route.destination === '0.0.0.0/0' || route.destination === '::/0';
}
