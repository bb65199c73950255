// The plan of one ENI, once it is known which link, slot, subnets and gateway it has. Pure arithmetic; the decisions that
// need the whole instance are in plan-network.ts.
import {
  bits,
  type Cidr,
  contains,
  type Family,
  families,
  type Ip,
  isLinkLocal,
  type Mac,
  prefixLengthOf,
} from '../model/address.ts';
import {
  type Addressing,
  type EniPlan,
  mainTable,
  type PlannedAddress,
  type PlannedRoute,
} from '../model/network-plan.ts';
import type { Fwmark, RuleWords } from '../model/rule-words.ts';
import { needsOnLinkInMain } from './main-default.ts';
import { firstMetric, priorityOf, tableOf, tiers } from './numbering.ts';
import { insideOf, networksBehindGateway, type PlanSubnet } from './own-networks.ts';
import type { RouteBehind } from './routes-behind.ts';
import { planRules } from './rules.ts';

export interface FamilyInput {
  /** Subnets that main has on-link by another ENI. */
  readonly elsewhere: readonly Cidr[];
  /** Primary address first. */
  readonly addresses: readonly Ip[];
  readonly subnets: readonly PlanSubnet[];
  readonly gateway: Ip | undefined;
  readonly prefixes: readonly Cidr[];
  /** What main has of others, or may have: it comes first inside of the ENI's networks. */
  readonly specifics: readonly Cidr[];
  /** Subnets that the machine forwards to; undefined: none. */
  readonly forward?: readonly Cidr[];
  /** Networks behind a gateway that the administrator has named. */
  readonly behind?: readonly RouteBehind[];
  /** Delegated prefixes of the primary and of ENIs that others configure. */
  readonly prefixesOfOthers?: readonly Cidr[];
}

export interface EniInput {
  readonly mac: Mac;
  readonly link: string;
  readonly eniId: string | undefined;
  readonly slot: number;
  readonly base: number;
  /** Overrides the table of the slot. */
  readonly table: number | undefined;
  readonly addressing: Addressing;
  readonly mtu: number | undefined;
  readonly inheritsMtu?: boolean;
  readonly words: RuleWords;
  /** [routing] published-ports = yes. */
  readonly fwmark?: Fwmark | undefined;
  /** Metric of a default route in main, if the administrator asked for one. */
  readonly mainDefaultMetric: number | undefined;
  /** Families that get none all the same. */
  readonly mainDefaultWithout?: readonly Family[];
  /** [eni] connected-route = yes: while a lease is awaited nothing else tells whether it may bring its route. */
  readonly wantsConnectedRoute?: boolean;
  readonly ipv6Off?: boolean;
  /** Whether another ENI of this machine has the address, as an ENI in another VPC may have that of a gateway. */
  readonly isElsewhere?: (ip: Ip) => boolean;
  readonly notes: readonly string[];
  readonly ipv4: FamilyInput;
  readonly ipv6: FamilyInput;
}

export function planEni(input: EniInput): EniPlan {
  const table = input.table ?? tableOf(input.base, input.slot);
  const parts = families.map(family => {
    const part = family === 4 ? input.ipv4 : input.ipv6;
    // DHCP has not told the subnet yet: rules and routes come with the next pass.
    const settled = !(family === 4 && input.addressing === 'dhcp' && part.subnets.length === 0);
    const behindGateway = networksBehindGateway(part.subnets, part.elsewhere, part.gateway);
    const named = (part.behind ?? []).map(b => b.destination);
    const ownNetworks = [...part.subnets.map(s => s.cidr), ...behindGateway, ...named];
    const inside = insideOf(ownNetworks, part.specifics, part.elsewhere);
    return {
      addresses: planAddresses(family, part, family === 4 && input.addressing === 'dhcp'),
      routes: settled
        ? planRoutes(family, part, {
            ...{ behindGateway, table },
            mainDefaultMetric:
              input.mainDefaultWithout?.includes(family) === true ? undefined : input.mainDefaultMetric,
            isElsewhere: input.isElsewhere,
          })
        : [],
      rules: settled ? planRules({ ...input, ...part, family, table, inside }) : [],
    };
  });
  return {
    mac: input.mac,
    link: input.link,
    eniId: input.eniId,
    slot: input.slot,
    table,
    addressing: input.addressing,
    mtu: input.mtu,
    ...(input.inheritsMtu === true ? { inheritsMtu: true } : {}),
    connectedRoute:
      input.ipv4.subnets.length === 0
        ? input.wantsConnectedRoute === true
        : input.ipv4.subnets.some(s => s.connected),
    ...(input.ipv6Off === true ? { ipv6Off: true } : {}),
    addresses: parts.flatMap(p => p.addresses),
    routes: parts.flatMap(p => p.routes),
    rules: parts.flatMap(p => p.rules).sort((a, b) => a.priority - b.priority),
    notes: input.notes,
    awaiting: input.addressing === 'dhcp' && input.ipv4.subnets.length === 0 ? 'dhcp-lease' : undefined,
  };
}

/**
 * Host addresses, so that main gets no connected route. With one, the answers of the primary to a host in this subnet, and
 * everything that the machine says without a source of its own, would leave by this ENI from that moment on: with the primary's
 * source they are dropped, and the reverse path filter drops what comes in. Only where the administrator wants it, the first
 * address of the subnet brings the route.
 */
function planAddresses(family: Family, part: FamilyInput, dhcp: boolean): readonly PlannedAddress[] {
  const connectedDone = new Set<Cidr>();
  return part.addresses.map((ip, index) => {
    const subnet = part.subnets.find(s => contains(s.cidr, ip));
    const connects = subnet?.connected === true && !connectedDone.has(subnet.cidr);
    if (connects) connectedDone.add(subnet.cidr);
    return {
      ip,
      family,
      prefixLength: connects ? prefixLengthOf(subnet.cidr) : bits(ip),
      dynamic: dhcp && index === 0,
    };
  });
}

function planRoutes(
  family: Family,
  part: FamilyInput,
  { behindGateway, table, mainDefaultMetric, isElsewhere }: TableInput,
): readonly PlannedRoute[] {
  const { subnets, gateway } = part;
  const onLink = (destination: Cidr): PlannedRoute => ({
    family,
    destination,
    gateway: undefined,
    onLink: false,
    table,
    metric: undefined,
  });
  const onLinkRoutes = subnets.map(({ cidr }) => onLink(cidr));
  const by = (destination: Cidr, gateway: Ip): PlannedRoute => ({
    ...onLink(destination),
    gateway,
    onLink: needsOnLink(family, gateway, subnets, isElsewhere?.(gateway) === true),
  });
  const named = (part.behind ?? []).flatMap(({ destination, gateway: via, metric, inMain }) => {
    const route = by(destination, via);
    const main = { ...route, onLink: needsOnLinkInMain(via, subnets), table: mainTable, metric };
    return inMain ? [route, main] : [route];
  });
  if (gateway === undefined) return [...onLinkRoutes, ...named];
  const byGateway = (destination: Cidr) => by(destination, gateway);
  const defaultRoute = byGateway((family === 4 ? '0.0.0.0/0' : '::/0') as Cidr);
  const inMain = { ...defaultRoute, onLink: needsOnLinkInMain(gateway, subnets), table: mainTable };
  const mainDefault = mainDefaultMetric === undefined ? [] : [{ ...inMain, metric: mainDefaultMetric }];
  return [...onLinkRoutes, ...behindGateway.map(byGateway), ...named, defaultRoute, ...mainDefault];
}

interface TableInput {
  readonly behindGateway: readonly Cidr[];
  readonly table: number;
  readonly mainDefaultMetric: number | undefined;
  readonly isElsewhere: EniInput['isElsewhere'];
}

/**
 * IPv4: old kernels look a gateway up in main only, so our table's subnet route helps only where main has it too. IPv6: the flag
 * must not be there if it is not needed: with it the kernel looks in main, finds the gateway on the primary's link in a
 * shared subnet and refuses ("Nexthop has invalid gateway or device mismatch"); without it, it looks in the route's own table.
 * Where the gateway is an address of this machine on another link, the kernel refuses it with the flag in IPv4 as well ("Nexthop has invalid
 * gateway", 6.18, executed), and takes it without one by the subnet in the route's own table. One that looks in main only refuses both.
 */
function needsOnLink(
  family: Family,
  gateway: Ip,
  subnets: readonly PlanSubnet[],
  isElsewhere: boolean,
): boolean {
  if (isLinkLocal(gateway)) return false;
  return !subnets.some(s => contains(s.cidr, gateway) && (family === 6 || s.connected || isElsewhere));
}

/** All numbers that belong to a slot, for the collision check. */
export function numbersOf(
  base: number,
  slot: number,
): {
  readonly table: number;
  readonly priorities: readonly number[];
  readonly forwardOwn: number;
  readonly forwardTable: number;
  /** Of its routes in main. */
  readonly metric: number;
} {
  return {
    table: tableOf(base, slot),
    priorities: tiers.map(tier => priorityOf(base, tier, slot)),
    forwardOwn: priorityOf(base, 'forwardOwn', slot),
    forwardTable: priorityOf(base, 'forwardTable', slot),
    metric: firstMetric + slot,
  };
}
