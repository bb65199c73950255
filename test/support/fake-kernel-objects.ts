// The nouns of a FakeKernel: what a link, an address, a route and a rule are, with the defaults that the kernel gives what nobody
// names, and when two of them are the same to it (Linux 6.18). Knows no command.
import {
  bits,
  type Cidr,
  type Family,
  familyOf,
  hostCidr,
  type Ip,
  networkOf,
} from '../../agent/model/address.ts';

export const mainTable = 254;

export interface FakeLink {
  readonly name: string;
  readonly index: number;
  /** Undefined for lo. */
  readonly mac: string | undefined;
  /** rtnetlink kind; undefined for a physical NIC and for lo. */
  readonly kind: string | undefined;
  readonly driver: string | undefined;
  up: boolean;
  mtu: number;
  group: number;
  /** Of a veth: printed behind the name. */
  readonly peer?: string;
  /** Whose port it is. */
  master?: string | undefined;
  altNames?: readonly string[];
}

export interface FakeAddress {
  readonly link: string;
  readonly family: Family;
  readonly ip: Ip;
  readonly prefixLength: number;
  readonly broadcast: string | undefined;
  readonly scope: 'global' | 'link' | 'host';
  readonly nodad: boolean;
  dynamic: boolean;
  tentative: boolean;
  /** Seconds, of one that is dynamic. */
  readonly lifetime: number;
  /** Words that `ip` prints and takes: noprefixroute, mngtmpaddr. */
  readonly flags: readonly string[];
}

export interface FakeRoute {
  readonly family: Family;
  /** `unicast` for the plain ones. */
  readonly type: 'unicast' | 'blackhole' | 'unreachable';
  readonly destination: Cidr;
  readonly gateway: Ip | undefined;
  readonly link: string | undefined;
  readonly table: number;
  /** As `ip` prints it; undefined is `boot`, which it does not print. */
  readonly protocol: string | undefined;
  readonly src: Ip | undefined;
  readonly metric: number | undefined;
  readonly onLink: boolean;
  /** Seconds; of a route of a router advertisement. */
  readonly expires: number | undefined;
}

export interface FakeRule {
  readonly family: Family;
  readonly priority: number;
  readonly from: Cidr | undefined;
  readonly to: Cidr | undefined;
  readonly iif: string | undefined;
  readonly oif: string | undefined;
  readonly table: number;
  readonly suppressPrefixLength: number | undefined;
  readonly suppressGroup: number | undefined;
  readonly protocol: string | undefined;
  /** Selectors in front of `lookup` that nothing here interprets, e.g. `fwmark 0x7`. */
  readonly selectors: string | undefined;
}

export interface FakeNeighbour {
  readonly ip: Ip;
  readonly link: string;
  readonly mac: string | undefined;
  /** As `ip` prints it. */
  readonly state: string;
}

/** A refusal, in the words and with the exit code of iproute2 6.1.0: 2 is the kernel's, 1 is `ip`'s own. */
export class IpRefusal extends Error {
  readonly exitCode: 1 | 2;
  constructor(text: string, exitCode: 1 | 2 = 2) {
    super(text);
    this.exitCode = exitCode;
  }
}

export function addressOf(
  given: Partial<FakeAddress> & Pick<FakeAddress, 'link' | 'ip' | 'prefixLength'>,
): FakeAddress {
  const { link, ip, prefixLength, broadcast, scope = 'global', nodad = false } = given;
  if (prefixLength > bits(ip)) throw new IpRefusal('Error: any valid prefix is expected', 1);
  const { dynamic = false, tentative = false, lifetime = 3600, flags = [] } = given;
  return {
    link,
    family: familyOf(ip),
    ip,
    prefixLength,
    broadcast,
    scope,
    nodad,
    dynamic,
    tentative,
    lifetime,
    flags,
  };
}

export function routeOf(given: Partial<FakeRoute> & Pick<FakeRoute, 'destination'>): FakeRoute {
  const family = familyOf(given.destination);
  return {
    family,
    type: given.type ?? 'unicast',
    destination: given.destination,
    gateway: given.gateway,
    link: given.link,
    table: given.table ?? mainTable,
    protocol: given.protocol,
    src: given.src,
    // IPv6 has no metric 0: what nobody names is 1024.
    metric: given.metric ?? (family === 6 ? 1024 : undefined),
    onLink: given.onLink ?? false,
    expires: given.expires,
  };
}

export function ruleOf(given: Partial<FakeRule> & Pick<FakeRule, 'family' | 'priority' | 'table'>): FakeRule {
  const { family, priority, from, to, iif, oif, table, protocol, selectors } = given;
  const { suppressPrefixLength, suppressGroup } = given;
  return {
    ...{ family, priority, from, to, iif, oif, table, suppressPrefixLength, suppressGroup },
    ...{ protocol, selectors },
  };
}

/** Routes of which the kernel keeps one. IPv6 tells two of them apart by their links, where there is no gateway. */
export function isSameSlot(a: FakeRoute, b: FakeRoute): boolean {
  return (
    a.destination === b.destination &&
    a.table === b.table &&
    a.metric === b.metric &&
    (a.family === 4 || a.gateway !== undefined || b.gateway !== undefined || a.link === b.link)
  );
}

export function isSameSubnet(a: FakeAddress, b: FakeAddress): boolean {
  return (
    a.family === 4 &&
    a.link === b.link &&
    a.prefixLength === b.prefixLength &&
    networkOf(a.ip, a.prefixLength) === networkOf(b.ip, b.prefixLength)
  );
}

export function isConnectedBy(route: FakeRoute, a: FakeAddress): boolean {
  return (
    route.protocol === 'kernel' &&
    route.link === a.link &&
    route.destination === (a.prefixLength === bits(a.ip) ? hostCidr(a.ip) : networkOf(a.ip, a.prefixLength))
  );
}
