// What no honest metadata contains, and what would hurt the primary if it were believed. An ENI that fails here is left alone.
import {
  bits,
  type Cidr,
  contains,
  edgeOf,
  familyOf,
  type Ip,
  isHostAddress,
  overlaps,
  prefixLengthOf,
} from '../model/address.ts';
import type { EniNetwork, NetworkPart } from './eni-network.ts';

/**
 * The shortest prefix that a subnet or a delegated prefix may have. Clouds give /16 to /29 and /64; a rule `from 0.0.0.0/0`
 * would take the whole machine's traffic, the primary's included.
 */
const shortest = { subnet: { 4: 8, 6: 32 }, prefix: { 4: 16, 6: 48 } } as const;

/** What the primary, the cloud and the ENIs planned before this one have. */
export interface Taken {
  readonly addresses: ReadonlySet<Ip>;
  readonly prefixes: ReadonlySet<Cidr>;
  /** Services of this cloud, and of no other one, that must stay reachable through the primary. */
  readonly services: readonly Ip[];
  /** By which the primary leaves: as an address of this machine none of them would be resolved any more. */
  readonly gateways: ReadonlySet<Ip>;
}

/**
 * @returns what is wrong, naming the field and the value; undefined if nothing is
 */
export function objectionTo(network: EniNetwork, taken: Taken): string | undefined {
  return objectionToPart(network.ipv4, taken) ?? objectionToPart(network.ipv6, taken);
}

function objectionToPart(part: NetworkPart, taken: Taken): string | undefined {
  for (const ip of part.addresses) {
    if (!isHostAddress(ip)) return `address ${ip} cannot belong to a host`;
    if (taken.addresses.has(ip)) return `address ${ip} belongs to another ENI already`;
    const prefix = [...taken.prefixes].find(p => contains(p, ip));
    if (prefix !== undefined) return `address ${ip} is in ${prefix}, which is delegated to another ENI`;
    if (taken.services.includes(ip)) return `address ${ip} is a service of the cloud`;
    if (taken.gateways.has(ip)) return `address ${ip} is the gateway of the primary ENI`;
    if (ip === part.gateway) return `address ${ip} is also the gateway`;
  }
  for (const cidr of part.subnets) {
    const objection = objectionToNetwork('subnet', cidr, taken);
    if (objection !== undefined) return objection;
  }
  for (const cidr of part.prefixes) {
    const objection = objectionToNetwork('prefix', cidr, taken);
    if (objection !== undefined) return objection;
    const stolen = [...taken.addresses].find(ip => contains(cidr, ip));
    if (stolen !== undefined) return `prefix ${cidr} contains ${stolen}, which belongs to another ENI`;
    const other = [...taken.prefixes].find(p => overlaps(p, cidr));
    if (other !== undefined) return `prefix ${cidr} overlaps ${other}, which is delegated to another ENI`;
  }
  if (part.gateway !== undefined && !isHostAddress(part.gateway))
    return `gateway ${part.gateway} cannot belong to a host`;
  if (part.gateway !== undefined && taken.services.includes(part.gateway))
    return `gateway ${part.gateway} is a service of the cloud`;
  return part.gateway === undefined ? undefined : objectionToEdge(part.gateway, part.subnets);
}

/** The kernel refuses the route by a broadcast address, and nobody answers at a network address. */
export function objectionToEdge(gateway: Ip, subnets: readonly Cidr[]): string | undefined {
  const around = subnets.filter(cidr => contains(cidr, gateway));
  const [subnet] = around;
  if (subnet === undefined || !around.every(cidr => edgeOf(cidr, gateway) !== undefined)) return undefined;
  return `gateway ${gateway} is the ${edgeOf(subnet, gateway)} address of ${subnet}`;
}

function objectionToNetwork(kind: 'subnet' | 'prefix', cidr: Cidr, taken: Taken): string | undefined {
  const minimum = shortest[kind][familyOf(cidr)];
  if (prefixLengthOf(cidr) < minimum) return `${kind} ${cidr} is larger than /${minimum}`;
  if (kind === 'subnet' && prefixLengthOf(cidr) === bits(cidr)) return `${kind} ${cidr} is a single address`;
  const service = taken.services.find(ip => contains(cidr, ip));
  return service === undefined ? undefined : `${kind} ${cidr} contains ${service}, a service of the cloud`;
}
