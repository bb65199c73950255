// What a test says about a VPC: which ENIs, in which subnets, with which addresses, and where each cloud puts its gateways
// and its metadata service. Data and arithmetic only. A value of the lab is parsed like any other, so a typo fails here.
import {
  bits,
  type Cidr,
  contains,
  type Family,
  familyOf,
  firstHost,
  type Ip,
  type Mac,
  networkAddress,
  parseCidr,
  parseIp,
  parseMac,
  prefixLengthOf,
} from '../../agent/model/address.ts';
import type { ProviderName } from '../../agent/model/instance.ts';

export interface SubnetSpec {
  readonly subnet: string;
  /** The ENI's addresses, primary first. One may lie outside the subnet. */
  readonly addresses: readonly string[];
  /** Delegated prefixes. */
  readonly prefixes?: readonly string[];
}

export interface EniSpec {
  readonly link: string;
  readonly mac: string;
  readonly subnets: readonly SubnetSpec[];
  /** Default true: the cloud answers DHCP on every ENI, router and DNS options included. */
  readonly dhcp?: boolean;
  /** Default false: the router also sends IPv6 router advertisements on this ENI. */
  readonly advertise?: boolean;
}

export interface SubnetPort {
  readonly family: Family;
  readonly subnet: Cidr;
  readonly gateway: Ip;
  addresses: readonly Ip[];
  readonly prefixes: readonly Cidr[];
}

/** One attached ENI, parsed. `addresses` change at run time (assign, unassign). */
export interface VpcEni {
  readonly link: string;
  readonly mac: Mac;
  /** Number from 0 in order of attachment; part of the router port's name. */
  readonly index: number;
  readonly port: string;
  readonly subnets: readonly SubnetPort[];
  readonly dhcp: boolean;
  readonly advertise: boolean;
}

/** The host somewhere beyond the VPC that pings in and is pinged. */
export const remoteClient = {
  address: { 4: '203.0.113.9' as Ip, 6: '2001:db8:ffff::9' as Ip },
  router: { 4: '203.0.113.1' as Ip, 6: '2001:db8:ffff::1' as Ip },
  length: { 4: 24, 6: 64 },
};

/** The addresses of the metadata service, which the lab puts on the router namespace's lo and nowhere else. */
export function metadataAddresses(provider: ProviderName): readonly [Ip, ...Ip[]] {
  if (provider === 'alibaba') return ['100.100.100.200' as Ip];
  return provider === 'aws' ? ['169.254.169.254' as Ip, 'fd00:ec2::254' as Ip] : ['169.254.169.254' as Ip];
}

/** Link-local address of every router port: the documented one on AWS, any fixed one elsewhere. */
export function routerLinkLocal(provider: ProviderName): Ip {
  return (provider === 'aws' ? 'fe80:ec2::1' : 'fe80::1') as Ip;
}

/** Where the cloud puts the router of a subnet: AWS and JD Cloud first host, Alibaba third last (.253) and ...:fff7. */
export function gatewayOf(provider: ProviderName, subnet: Cidr): Ip {
  const six = familyOf(subnet) === 6;
  if (provider === 'aws' && six) return routerLinkLocal(provider);
  if (provider !== 'alibaba') return firstHost(subnet);
  if (!six) {
    const start = networkAddress(subnet)
      .split('.')
      .reduce((sum, part) => sum * 256 + Number(part), 0);
    const last = start + 2 ** (32 - prefixLengthOf(subnet)) - 1;
    return parseIp([24, 16, 8, 0].map(shift => ((last - 2) / 2 ** shift) & 255).join('.'))!;
  }
  if (prefixLengthOf(subnet) !== 64) throw new Error(`${subnet}: the lab's Alibaba subnets are /64`);
  const groups = networkAddress(subnet).replace(/::$/, '').split(':');
  while (groups.length < 4) groups.push('0');
  return parseIp([...groups, 'ffff', 'ffff', 'ffff', 'fff7'].join(':'))!;
}

/** Parses one ENI; throws for anything that could not be put on a command line. */
export function parseEni(provider: ProviderName, spec: EniSpec, index: number): VpcEni {
  if (!/^[a-zA-Z0-9_.-]{1,15}$/.test(spec.link)) throw new Error(`"${spec.link}" is no link name`);
  const must = <T>(value: T | undefined, text: string): T => {
    if (value === undefined) throw new Error(`ENI ${spec.link}: cannot read "${text}"`);
    return value;
  };
  return {
    link: spec.link,
    mac: must(parseMac(spec.mac), spec.mac),
    index,
    port: `port${index}`,
    dhcp: spec.dhcp ?? true,
    advertise: spec.advertise ?? false,
    subnets: spec.subnets.map(given => {
      const subnet = must(parseCidr(given.subnet), given.subnet);
      return {
        family: familyOf(subnet),
        subnet,
        gateway: gatewayOf(provider, subnet),
        addresses: given.addresses.map(text => must(parseIp(text), text)),
        prefixes: (given.prefixes ?? []).map(text => must(parseCidr(text), text)),
      };
    }),
  };
}

/** All addresses of an ENI, IPv4 and IPv6, in the order of its subnets. */
export function addressesOf(eni: VpcEni): readonly Ip[] {
  return eni.subnets.flatMap(subnet => subnet.addresses);
}

/** The ENI's subnet that `address` belongs to: the one that holds it, else the first of its family. */
export function subnetOf(eni: VpcEni, address: Ip): SubnetPort | undefined {
  const family = eni.subnets.filter(subnet => subnet.family === familyOf(address));
  return family.find(subnet => contains(subnet.subnet, address)) ?? family[0];
}

export function hostLength(address: Ip | Cidr): number {
  return bits(address);
}
