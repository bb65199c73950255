// `default-route = yes`: the default route of an ENI in main. It is a fallback and nothing else, so it has to stay behind the primary's
// whatever happens to that one's metric, apart from that of every other ENI, and with a gateway that the kernel accepts in main. Pure.
import {
  type Cidr,
  contains,
  type Family,
  families,
  type Ip,
  isLinkLocal,
  type Mac,
  prefixLengthOf,
} from '../model/address.ts';
import { linksOf, metricsOfPrimary, type Whose } from '../model/default-metrics.ts';
import type { KernelRoute } from '../model/kernel-state.ts';
import { isDefaultRoute, mainTable } from '../model/network-plan.ts';
import { firstMetric } from './numbering.ts';
import type { PlanSubnet } from './own-networks.ts';

/** What a service gives at most by itself: the bound where the primary has no default route at the moment. */
const usualMetric = 1024;

/** What the machine has to do with it. */
export interface MainDefaults {
  readonly routes: readonly KernelRoute[];
  /** What the primary's service adds to the metric of its default route in bad times: 20000 with NetworkManager. */
  readonly penalty: number;
  /** Metrics of what earlier passes put into main. */
  readonly earlier: ReadonlyMap<Mac, readonly { readonly family: Family; readonly metric: number }[]>;
  /** Why an IPv6 route cannot be told that its gateway is on the link; undefined: it can. */
  readonly noIpv6OnLink: string | undefined;
}

/** What decides whether the kernel takes a gateway in main. */
export interface InMain {
  readonly link: string;
  readonly subnets: Readonly<Record<Family, readonly PlanSubnet[]>>;
  /** IPv6 subnets that main has on-link by another ENI. */
  readonly elsewhere: readonly Cidr[];
  /** Whether another link of this machine has the address. */
  readonly isElsewhere: (ip: Ip) => boolean;
  /** Undefined: nothing is known of the machine. */
  readonly machine: MainDefaults | undefined;
}

export interface Question extends Whose, InMain {
  readonly mac: Mac;
  readonly slot: number;
  readonly options: { readonly defaultRoute: boolean; readonly metric: number | undefined } | undefined;
  readonly gateways: Readonly<Record<Family, Ip | undefined>>;
}

export interface Answer {
  readonly metric: number | undefined;
  /** Families that get none. */
  readonly without: readonly Family[];
  readonly notes: readonly string[];
  /** Why there is none though the configuration wants it: needs attention. */
  readonly refusal: string | undefined;
}

export function mainDefaultOf(question: Question): Answer {
  const nothing = { metric: undefined, without: [], notes: [], refusal: undefined };
  if (question.options?.defaultRoute !== true) return nothing;
  const metric = question.options.metric ?? firstMetric + question.slot;
  const refusal = families.map(family => tooLow(question, family, metric)).find(text => text !== undefined);
  if (refusal !== undefined) return { ...nothing, notes: [refusal], refusal };
  const gaps = families.flatMap(family => {
    const why = whyNotInMain(question, question.gateways[family], family);
    return why === undefined ? [] : [{ family, note: `no IPv${family} default route in main: ${why}` }];
  });
  return { ...nothing, metric, without: gaps.map(g => g.family), notes: gaps.map(g => g.note) };
}

function tooLow(question: Question, family: Family, metric: number): string | undefined {
  const { machine, mac } = question;
  if (machine === undefined || question.gateways[family] === undefined) return undefined;
  const [worst] = metricsOfPrimary(question, family, machine.routes).sort((a, b) => b - a);
  // A fallback is there for the time in which the primary has none: what was right before stays right.
  if (worst === undefined && machine.earlier.get(mac)?.some(e => e.family === family && e.metric === metric))
    return undefined;
  const now = worst ?? usualMetric;
  // A metric in which NetworkManager's addition is already gets no second one.
  const most = now < machine.penalty ? now + machine.penalty : now;
  if (metric > most) return undefined;
  const has =
    worst === undefined
      ? `${now}, which a default route of the primary may have in IPv${family}`
      : `${worst}, which the default route of the primary (${question.primaryLink ?? 'unknown link'}) has in IPv${family}`;
  const added =
    most === now
      ? ''
      : `, and ${machine.penalty}, which NetworkManager adds while its connectivity check fails`;
  return `default-route is left out, because metric ${metric} is not above ${has}${added}: set a metric above ${most}, or take the key "metric" out of [eni "${mac}"]`;
}

/** Why the kernel refuses the gateway in main; undefined if it takes it. */
export function whyNotInMain(question: InMain, gateway: Ip | undefined, family: Family): string | undefined {
  if (gateway === undefined || !needsOnLinkInMain(gateway, question.subnets[family])) return undefined;
  // With `onlink` it says "Nexthop has invalid gateway" (6.18): ENIs in two VPCs may have one address as that of a host and of a gateway.
  if (question.isElsewhere(gateway))
    return `its gateway ${gateway} is an address of this machine on another link`;
  return family === 6 ? unreachableIpv6(question, gateway) : undefined;
}

/**
 * A global IPv6 gateway (Alibaba Cloud) is not on-link in main, so the route says `onlink`; and then Linux (6.18, executed;
 * ip6_route_check_nh_onlink) asks main for the gateway, and refuses where main has it by another link: in a subnet that the primary has too.
 * Without the word it asks all rules, and those find it by the primary as well.
 */
function unreachableIpv6({ machine, link, elsewhere }: InMain, gateway: Ip): string | undefined {
  if (machine?.noIpv6OnLink !== undefined) return machine.noIpv6OnLink;
  const subnet = elsewhere.find(cidr => contains(cidr, gateway));
  if (subnet !== undefined)
    return `its gateway ${gateway} is in ${subnet}, which main has by another link, and the kernel refuses it on ${link} then`;
  const route = longestMatch(machine?.routes ?? [], gateway);
  if (route === undefined || linksOf(route).includes(link)) return undefined;
  return `main has its gateway ${gateway} by ${linksOf(route)[0] ?? 'another way'} (${route.destination}), so that the kernel takes it on no other link`;
}

function longestMatch(routes: readonly KernelRoute[], gateway: Ip): KernelRoute | undefined {
  return routes
    .filter(
      r => r.family === 6 && r.table === mainTable && !isDefaultRoute(r) && contains(r.destination, gateway),
    )
    .filter(r => r.opaque === undefined || r.opaque.startsWith('unicast'))
    .sort(
      (a, b) =>
        prefixLengthOf(b.destination) - prefixLengthOf(a.destination) || (a.metric ?? 0) - (b.metric ?? 0),
    )
    .at(0);
}

/** Main has a subnet of an ENI only where that is to have its connected route. */
export function needsOnLinkInMain(gateway: Ip, subnets: readonly PlanSubnet[]): boolean {
  return !isLinkLocal(gateway) && !subnets.some(s => s.connected && contains(s.cidr, gateway));
}
