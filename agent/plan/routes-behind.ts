// `routes = NETWORK [via GATEWAY]`: networks behind an ENI, which a router in its subnet, a VPN appliance or a peering of its VPC has. Which of
// them may be, by which gateway, and why the others may not. Pure.
import {
  type Cidr,
  contains,
  type Family,
  familyOf,
  type Ip,
  isLinkLocal,
  type Mac,
  overlaps,
  parseCidr,
  prefixLengthOf,
} from '../model/address.ts';
import type { RouteWish } from '../model/settings.ts';
import type { EniNetwork, NetworkPart } from './eni-network.ts';
import { firstMetric } from './numbering.ts';
import type { MainRoute } from './own-networks.ts';
import { objectionToEdge } from './sanity.ts';

/** One that is given. */
export interface RouteBehind {
  readonly destination: Cidr;
  readonly gateway: Ip;
  /** In main. Behind any that somebody adds there for the same destination, and by it the agent knows its own again. */
  readonly metric: number;
  /** False where the kernel refuses the gateway in main. */
  readonly inMain: boolean;
}

export interface BehindQuestion {
  readonly mac: Mac;
  readonly link: string;
  readonly slot: number;
  readonly wanted: readonly RouteWish[];
  /** Of all ENIs, the primary too. */
  readonly networks: ReadonlyMap<Mac, EniNetwork>;
  /** Addresses of the primary, in the metadata or on its link. */
  readonly ofPrimary: readonly Ip[];
  /** Of the cloud. */
  readonly services: readonly Ip[];
  /** What main has, without what the agent itself has put there. */
  readonly mainRoutes: readonly MainRoute[];
  /** Why the kernel refuses a gateway in main. */
  readonly whyNotInMain: (gateway: Ip, family: Family) => string | undefined;
}

export interface Behind {
  readonly routes: readonly RouteBehind[];
  /** One line for each that is left out: needs attention. */
  readonly refusals: readonly string[];
  readonly notes: readonly string[];
}

/** Why one is left out, and what to do if that is not to leave it out of the configuration. */
interface Objection {
  readonly why: string;
  readonly todo?: string;
}

/** What is no host's, or every link's own. */
export const special: readonly Cidr[] = [
  '127.0.0.0/8',
  '224.0.0.0/4',
  'fe80::/10',
  'ff00::/8',
  '::1/128',
].map(text => parseCidr(text)!);

export function routesBehind(question: BehindQuestion): Behind {
  const routes: RouteBehind[] = [];
  const refusals: string[] = [];
  const notes: string[] = [];
  const { mac, wanted, networks } = question;
  const own = networks.get(mac)!;
  for (const { destination, gateway: named } of wanted) {
    const family = familyOf(destination);
    const part = family === 4 ? own.ipv4 : own.ipv6;
    // The next pass knows the subnet.
    if (family === 4 && own.addressing === 'dhcp' && part.subnets.length === 0) continue;
    const gateway = named ?? part.gateway;
    const objection =
      objectionToGateway(named, part, question) ?? objectionTo(destination, part, question) ?? undefined;
    if (objection !== undefined || gateway === undefined) {
      const { why, todo = `take it out of [eni "${mac}"]` } = objection ?? noGateway;
      refusals.push(`routes: ${destination} is left out, because ${why}; ${todo}`);
      continue;
    }
    const notInMain = question.whyNotInMain(gateway, family);
    if (notInMain !== undefined) notes.push(`no route to ${destination} in main: ${notInMain}`);
    const metric = firstMetric + question.slot;
    routes.push({ destination, gateway, metric, inMain: notInMain === undefined });
  }
  return { routes, refusals, notes };
}

const noGateway: Objection = { why: 'the ENI has no gateway', todo: 'name one with "via"' };

function objectionToGateway(
  gateway: Ip | undefined,
  { subnets }: NetworkPart,
  { networks, ofPrimary }: BehindQuestion,
): Objection | undefined {
  if (gateway === undefined || isLinkLocal(gateway)) return undefined;
  const addresses = [...networks.values()].flatMap(n => [...n.ipv4.addresses, ...n.ipv6.addresses]);
  if ([...ofPrimary, ...addresses].includes(gateway))
    return { why: `its gateway ${gateway} is an address of this machine` };
  const edge = objectionToEdge(gateway, subnets);
  if (edge !== undefined) return { why: `its ${edge}`, todo: 'name the address of the router' };
  return subnets.some(s => contains(s, gateway))
    ? undefined
    : {
        why: `its gateway ${gateway} is outside of the ENI's subnets`,
        todo: `name one in ${subnets.join(' or ')}`,
      };
}

/** The primary, the other ENIs, the ENI itself and the cloud's services are reached as before. */
function objectionTo(cidr: Cidr, part: NetworkPart, question: BehindQuestion): Objection | undefined {
  const { mac, link, networks, ofPrimary, services, mainRoutes } = question;
  if (prefixLengthOf(cidr) === 0)
    return { why: 'it is every destination', todo: 'set default-route = yes instead' };
  const reserved = special.find(s => overlaps(s, cidr));
  if (reserved !== undefined) return { why: `it overlaps ${reserved}, which no router leads to` };
  if (part.subnets.length === 0 || part.addresses.length === 0)
    return { why: `the ENI has no IPv${familyOf(cidr)}` };
  const own = [...part.subnets, ...part.prefixes].find(s => overlaps(s, cidr));
  if (own !== undefined)
    return {
      why: `it overlaps ${own}, which the ENI has itself`,
      todo: 'name the networks around that instead',
    };
  const others = [...networks].filter(([other]) => other !== mac).flatMap(([, n]) => [n.ipv4, n.ipv6]);
  const network = others.flatMap(o => [...o.subnets, ...o.prefixes]).find(o => overlaps(o, cidr));
  if (network !== undefined) {
    const [whose] = [...networks].find(([, n]) =>
      [n.ipv4, n.ipv6].some(o => [...o.subnets, ...o.prefixes].includes(network)),
    )!;
    return { why: `it overlaps ${network}, which the ENI with MAC ${whose} has` };
  }
  const address = [...ofPrimary, ...others.flatMap(o => [...o.addresses, ...(o.gateway ? [o.gateway] : [])])];
  const inside = address.find(ip => contains(cidr, ip));
  if (inside !== undefined)
    return { why: `it contains ${inside}, an address or the gateway of the primary or another ENI` };
  const service = services.find(ip => contains(cidr, ip));
  if (service !== undefined) return { why: `it contains ${service}, a service of the cloud` };
  // One that somebody has typed in by the same link goes on coming first, and is gone after a boot.
  const same = mainRoutes.find(r => r.destination === cidr && r.link !== link);
  return same === undefined
    ? undefined
    : { why: `main has a route to it already (by ${same.link ?? 'no link'})` };
}

/** Networks behind other ENIs that main has by them: from this ENI's addresses they go by its own gateway, as everything does. */
export function behindOthers(behind: ReadonlyMap<Mac, Behind>, mac: Mac, family: Family): readonly Cidr[] {
  const others = [...behind].filter(([other]) => other !== mac).flatMap(([, b]) => b.routes);
  const own = (behind.get(mac)?.routes ?? []).map(r => r.destination);
  return others
    .filter(r => r.inMain && familyOf(r.destination) === family && !own.includes(r.destination))
    .map(r => r.destination)
    .sort();
}
