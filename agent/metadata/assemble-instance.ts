// The last step of every provider: ENIs that were parsed one by one become an Instance. Here is what only shows when all of
// them are seen together (an address on two ENIs, a prefix that would catch another ENI's traffic), and the list of problems. Pure.
import type { Cidr, Ip, Mac } from '../model/address.ts';
import { contains } from '../model/address.ts';
import type { Eni, EniFamily, Instance, Problem, ProviderName, Reading } from '../model/instance.ts';
import { unknown, valueOr } from '../model/instance.ts';
import { serviceAddresses } from '../model/service-addresses.ts';
import { unknownFamily } from './families.ts';
import { parseIdentifier, parseReading } from './scalars.ts';

/** One parsed ENI, with readings that Eni has no room for because only their value matters (ids, indices). */
export interface ParsedEni {
  readonly eni: Eni;
  readonly others: readonly Reading<unknown>[];
}

export interface InstanceParts {
  readonly provider: ProviderName;
  readonly instanceId: Reading<string>;
  readonly enis: readonly ParsedEni[];
  readonly problems: readonly Problem[];
}

/** Checks the ENIs against each other, sorts them, and names everything that is unknown. */
export function assembleInstance(parts: InstanceParts): Instance {
  const instanceId = parseReading('instance-id', 'an id', parts.instanceId, parseIdentifier);
  const unique = dropDuplicates(parts.enis);
  const all = unique.kept.map(parsed => parsed.eni);
  const services = serviceAddresses[parts.provider];
  const isShared = sharedAmong(all);
  const enis = all.map(eni => checkEni(eni, all, services, isShared)).sort(compareEnis);
  const others = new Map(unique.kept.map(parsed => [parsed.eni.mac, parsed.others]));
  return {
    provider: parts.provider,
    instanceId: instanceId.state === 'value' ? instanceId.value : undefined,
    enis,
    problems: [
      ...parts.problems,
      ...unique.problems,
      ...problemsOf('instance', [instanceId]),
      ...enis.flatMap(eni =>
        problemsOf(`ENI ${eni.mac}`, [
          ...(others.get(eni.mac) ?? []),
          ...readingsOf(eni.ipv4),
          ...readingsOf(eni.ipv6),
        ]),
      ),
    ],
  };
}

/**
 * One ENI per MAC. Where the metadata has two, nobody can tell which one is right: what is kept is unknown, so that the ENI is
 * neither changed nor taken for detached. Only the primary is kept as it is, since nothing is done to it anyway.
 */
function dropDuplicates(enis: readonly ParsedEni[]): {
  kept: readonly ParsedEni[];
  problems: readonly Problem[];
} {
  const byMac = new Map<Mac, ParsedEni[]>();
  for (const parsed of enis) byMac.set(parsed.eni.mac, [...(byMac.get(parsed.eni.mac) ?? []), parsed]);
  const kept: ParsedEni[] = [];
  const problems: Problem[] = [];
  for (const [mac, same] of byMac) {
    const first = same.find(parsed => parsed.eni.primary) ?? same[0]!;
    if (same.length === 1 || first.eni.primary) kept.push(first);
    else {
      const family = unknownFamily(`the metadata has ${same.length} ENIs with this MAC address`);
      kept.push({ ...first, eni: { ...first.eni, ipv4: family, ipv6: family } });
    }
    if (same.length > 1 && first.eni.primary)
      problems.push({
        subject: `ENI ${mac}`,
        text: `the metadata has ${same.length} ENIs with the MAC address of the primary one: the others are left out`,
      });
  }
  return { kept, problems };
}

/** Whether more than one ENI has an address. */
function sharedAmong(enis: readonly Eni[]): (ip: Ip) => boolean {
  const [seen, shared] = [new Set<Ip>(), new Set<Ip>()];
  for (const { ipv4, ipv6 } of enis)
    for (const ip of new Set([ipv4, ipv6].flatMap(family => valueOr(family.addresses, []))))
      (seen.has(ip) ? shared : seen).add(ip);
  return ip => shared.has(ip);
}

function checkEni(eni: Eni, all: readonly Eni[], service: readonly Ip[], isShared: (ip: Ip) => boolean): Eni {
  const others = all.filter(other => other.mac !== eni.mac);
  const alikeOf = (name: 'ipv4' | 'ipv6') => others.filter(o => name === 'ipv6' || isSameSubnet(o, eni));
  const check = (name: 'ipv4' | 'ipv6') => {
    const family = refuseService(eni[name], service);
    const own = valueOr(family.addresses, []);
    return {
      addresses: eni.primary ? family.addresses : refuseShared(family.addresses, isShared),
      subnets: family.subnets,
      gateway: refuseOwn(family.gateway, [
        ...own,
        ...alikeOf(name).flatMap(o => valueOr(o[name].addresses, [])),
      ]),
      prefixes: refuseCatching(family.prefixes, () =>
        others.flatMap(other => valueOr(other[name].addresses, [])),
      ),
    };
  };
  return { ...eni, ipv4: check('ipv4'), ipv6: check('ipv6') };
}

function refuseService(family: EniFamily, service: readonly Ip[]): EniFamily {
  const covered = (cidr: Cidr) => service.some(ip => contains(cidr, ip));
  return {
    addresses: refuse(family.addresses, ip => service.includes(ip), 'is the address of the metadata service'),
    subnets: refuse(family.subnets, covered, 'contains the metadata service'),
    gateway: family.gateway,
    prefixes: refuse(family.prefixes, covered, 'contains the metadata service'),
  };
}

/**
 * Two ENIs cannot own one address. It is seen while an address moves from one ENI to the other (a failover), and ends by itself.
 */
function refuseShared(
  addresses: Reading<readonly Ip[]>,
  isShared: (ip: Ip) => boolean,
): Reading<readonly Ip[]> {
  return refuse(addresses, isShared, 'is on another ENI, too');
}

/** A rule from such a prefix would send the other ENI's traffic through this one. */
function refuseCatching(
  prefixes: Reading<readonly Cidr[]>,
  elsewhere: () => readonly Ip[],
): Reading<readonly Cidr[]> {
  return refuse(prefixes, p => elsewhere().some(ip => contains(p, ip)), "contains another ENI's address");
}

/**
 * With ENIs in two VPCs the router of one subnet may have the IPv4 address that an ENI has in the other VPC. In IPv6, where a cloud's
 * addresses are the only ones of their kind, it cannot be, and the kernel takes no such gateway ("Gateway can not be a local address").
 */
function refuseOwn(gateway: Reading<Ip>, own: readonly Ip[]): Reading<Ip> {
  if (gateway.state !== 'value' || !own.includes(gateway.value)) return gateway;
  return unknown(`gateway ${gateway.value} is an address of this VM`);
}

function refuse<T extends string>(
  reading: Reading<readonly T[]>,
  isBad: (entry: T) => boolean,
  why: string,
): Reading<readonly T[]> {
  const bad = valueOr(reading, []).find(isBad);
  return bad === undefined ? reading : unknown(`${bad} ${why}`);
}

/** Where the metadata has no name for a subnet, by its network. */
function isSameSubnet(a: Eni, b: Eni): boolean {
  if (a.subnetId !== undefined && b.subnetId !== undefined) return a.subnetId === b.subnetId;
  const subnets = valueOr(b.ipv4.subnets, []);
  return valueOr(a.ipv4.subnets, []).some(cidr => subnets.includes(cidr));
}

function readingsOf(family: EniFamily): readonly Reading<unknown>[] {
  return [family.addresses, family.subnets, family.gateway, family.prefixes];
}

/** One Problem for each reason: a listing that failed makes a dozen readings unknown and is one problem. */
function problemsOf(subject: string, readings: readonly Reading<unknown>[]): readonly Problem[] {
  const reasons = new Set(readings.flatMap(r => (r.state === 'unknown' ? [r.why] : [])));
  return [...reasons].map(text => ({ subject, text }));
}

function compareEnis(a: Eni, b: Eni): number {
  const last = Number.MAX_SAFE_INTEGER;
  return (
    a.networkCard - b.networkCard ||
    (a.deviceIndex ?? last) - (b.deviceIndex ?? last) ||
    compareText(a.id ?? '', b.id ?? '') ||
    compareText(a.mac, b.mac)
  );
}

/** By code unit: localeCompare would make the order, and with it every file, depend on the machine's language. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
