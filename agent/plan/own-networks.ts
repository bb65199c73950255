// The networks that have a route of their own in an ENI's table, and what main has inside of them.
import { type Cidr, contains, hostCidr, type Ip, prefixLengthOf, without } from '../model/address.ts';
import type { Instance } from '../model/instance.ts';
import type { KernelLink, KernelState } from '../model/kernel-state.ts';
import { type EniPlan, isDefaultRoute, mainTable } from '../model/network-plan.ts';
import { oncePer } from '../model/value.ts';
import { isOurMetric } from './numbering.ts';

export interface PlanSubnet {
  readonly cidr: Cidr;
  /** Another ENI of the instance has a subnet that overlaps: only addresses tell whose packet it is. */
  readonly shared: boolean;
  /**
   * Who shares it has another network than this ENI, around it, in it or elsewhere (two VPCs): there a destination may mean two hosts, and what
   * main has may be right for one of them only.
   */
  readonly nested?: boolean;
  /** Main gets this subnet's connected route from this ENI: only if the administrator asked for it and nobody has an older claim. */
  readonly connected: boolean;
}

/** A network of the ENI's table, or something in it, inside of which main has more specific routes: they come first. */
export interface Inside {
  readonly network: Cidr;
  /** Routes of main that are no longer than this count as none. */
  readonly suppressPrefixLength: number;
}

/** A route of main that is no ENI's own: a container bridge, a VPN, something that an administrator has added. */
export interface MainRoute {
  readonly destination: Cidr;
  readonly link: string | undefined;
  /** It came with an address, a lease or an advertisement. */
  readonly byService?: boolean;
}

/**
 * The ENI's subnets, and those that main has on-link by another ENI: they lead to the ENI's gateway. Not where such a subnet lies in one of the
 * ENI's own (two VPCs): the ENI's packets mean the neighbour in its own network.
 *
 * @param elsewhere subnets that main has on-link by another ENI
 * @returns the second kind only
 */
export function networksBehindGateway(
  subnets: readonly PlanSubnet[],
  elsewhere: readonly Cidr[],
  gateway: Ip | undefined,
): readonly Cidr[] {
  if (gateway === undefined) return [];
  return elsewhere.filter(other => !subnets.some(s => contains(s.cidr, other)));
}

/** The networks of a plan, in either family. */
export function networksOf({ routes, table }: EniPlan): readonly Cidr[] {
  return routes.filter(r => r.table === table && !isDefaultRoute(r)).map(r => r.destination);
}

/**
 * Which of the networks have something inside in main. Where nothing else lies in between, the whole network is asked for at once, so that
 * what comes and goes there (containers) changes no rule. In two VPCs networks may nest: what the table has inside of this network by another
 * route, or main by another ENI, is not main's to answer for, and so each destination of main is asked for alone, without it.
 *
 * @param candidates destinations of main's routes by others, and delegated prefixes, whose bridge may come up later
 * @param elsewhere subnets that main has on-link by another ENI, the primary too
 */
export function insideOf(
  networks: readonly Cidr[],
  candidates: readonly Cidr[],
  elsewhere: readonly Cidr[] = [],
): readonly Inside[] {
  return networks.flatMap(network => {
    const inside = (cidr: Cidr) => cidr !== network && contains(network, cidr);
    const within = candidates.filter(inside);
    if (within.length === 0) return [];
    const nested = networks.filter(inside);
    const kept = [...nested, ...elsewhere.filter(inside)];
    if (kept.length === 0) return [{ network, suppressPrefixLength: prefixLengthOf(network) }];
    const others = within.filter(c => !nested.some(n => contains(n, c)));
    return others.flatMap(destination =>
      without(destination, kept).map(part => ({
        network: part,
        suppressPrefixLength: prefixLengthOf(destination) - 1,
      })),
    );
  });
}

/**
 * What stands in main for a destination of its own. On an ENI's link only what somebody has added counts (specificRoutes): the rest is what a
 * catch-all of the image has left there, and goes.
 */
export const mainRoutesOfOthers = oncePer(({ addresses, routes }: KernelState): readonly MainRoute[] => {
  // An IPv6 address has a route to itself in main; table local comes first. By the link of an ENI that goes it would be somebody's.
  const own = new Set(addresses.map(a => hostCidr(a.ip)));
  return routes
    .filter(
      r => r.table === mainTable && !isDefaultRoute(r) && !own.has(r.destination) && !isOurMetric(r.metric),
    )
    .map(({ destination, link, protocol }) => ({
      destination,
      link,
      byService: ['kernel', 'dhcp', 'ra'].includes(protocol),
    }));
});

interface Machine {
  readonly mainRoutes?: readonly MainRoute[];
  readonly instance: Instance;
  readonly links: readonly KernelLink[];
}

/** Destinations of main by others, seen from one ENI: by the primary or by another ENI its packets could not leave. */
export function specificRoutes(
  link: string,
  primaryLink: string | undefined,
  { mainRoutes = [], instance, links }: Machine,
): readonly Cidr[] {
  const macs = new Set(instance.enis.map(eni => eni.mac));
  const ofEnis = new Set(links.flatMap(l => (l.mac !== undefined && macs.has(l.mac) ? [l.name] : [])));
  return mainRoutes
    .filter(
      r => (r.link === link && r.byService !== true) || (r.link !== primaryLink && !ofEnis.has(r.link ?? '')),
    )
    .map(r => r.destination);
}

export interface DefaultGateway {
  readonly link: string | undefined;
  readonly gateway: Ip;
}

/** Of all default routes in main. */
export function defaultGateways({ routes }: KernelState): readonly DefaultGateway[] {
  return routes.flatMap(({ link, gateway, table, ...route }) =>
    gateway !== undefined && table === mainTable && isDefaultRoute(route) ? [{ link, gateway }] : [],
  );
}
