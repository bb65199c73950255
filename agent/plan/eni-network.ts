// What is known of one ENI's network, from three sources in this order: the configuration, the metadata, DHCP (the lease, or
// the prefix length that the link's address has). A cloud that says nothing (JD) is completed here.
import { type Cidr, contains, familyOf, firstHost, type Ip, type Mac, networkOf } from '../model/address.ts';
import { type Eni, type EniFamily, type Reading, valueOr } from '../model/instance.ts';
import type { KernelAddress } from '../model/kernel-state.ts';
import type { Addressing } from '../model/network-plan.ts';
import type { EniOptions, Settings } from '../model/settings.ts';

export interface Lease {
  readonly subnet: Cidr | undefined;
  readonly gateway: Ip | undefined;
}

export interface NetworkPart {
  readonly addresses: readonly Ip[];
  readonly subnets: readonly Cidr[];
  readonly gateway: Ip | undefined;
  readonly prefixes: readonly Cidr[];
}

export interface EniNetwork {
  readonly ipv4: NetworkPart;
  readonly ipv6: NetworkPart;
  readonly addressing: Addressing;
  /** The IPv4 subnet that only DHCP could tell. */
  readonly learned: Cidr | undefined;
  /** Why nothing can be decided now. */
  readonly incomplete: string | undefined;
  readonly ipv6Off: boolean;
  readonly notes: readonly string[];
}

export interface EniSources {
  readonly settings: Pick<Settings, 'enis'>;
  readonly addresses: readonly KernelAddress[];
  readonly leases: ReadonlyMap<string, Lease>;
  readonly learnedSubnets: ReadonlyMap<Mac, Cidr>;
  readonly linkOf: (mac: Mac) => string | undefined;
  /** Links on which the administrator has switched IPv6 off. */
  readonly withoutIpv6?: ReadonlySet<string>;
}

export function eniNetwork(eni: Eni, sources: EniSources): EniNetwork {
  const options = sources.settings.enis.get(eni.mac);
  const told = part(eni.ipv4, options, 4);
  const toldIpv6 = part(eni.ipv6, options, 6);
  const addressing = options?.mode ?? (eni.needsDhcp && told.subnets.length === 0 ? 'dhcp' : 'static');

  const link = sources.linkOf(eni.mac);
  // An IPv6 address cannot be added there ("Permission denied"), and IPv4 must not fail with it.
  const ipv6Off = link !== undefined && sources.withoutIpv6?.has(link) === true;
  const ipv6 = ipv6Off ? nothing : toldIpv6;
  const lease = link === undefined ? undefined : sources.leases.get(link);
  // The primary of such a cloud is read from its link in the same way: others must know which subnet it has.
  const learns = told.subnets.length === 0 && (addressing === 'dhcp' || eni.primary);
  const learned = learns
    ? (onLinkSubnet(told.addresses[0], link, sources.addresses) ??
      lease?.subnet ??
      sources.learnedSubnets.get(eni.mac))
    : undefined;
  const subnets = learned === undefined ? told.subnets : [learned];

  const inferred = addressing === 'dhcp' && learned !== undefined ? firstHost(learned) : undefined;
  const gateway = told.gateway ?? lease?.gateway ?? inferred;
  const ipv4 = { ...told, subnets, gateway };
  return {
    ipv4,
    ipv6,
    addressing,
    learned,
    incomplete: incompleteness(eni, ipv4, addressing),
    ipv6Off,
    notes: [
      ...(ipv6Off && toldIpv6.addresses.length > 0
        ? [`IPv6 is disabled on ${link}: its IPv6 addresses are left out`]
        : []),
      ...notesOn(
        eni,
        ipv4,
        ipv6,
        gateway !== undefined && gateway === inferred && lease?.gateway === undefined,
      ),
    ],
  };
}

const nothing: NetworkPart = { addresses: [], subnets: [], gateway: undefined, prefixes: [] };

function part(family: EniFamily, options: EniOptions | undefined, number: 4 | 6): NetworkPart {
  const ofFamily = <T extends Ip | Cidr>(values: readonly T[] | undefined) =>
    (values ?? []).filter(v => familyOf(v) === number);
  const addresses = [...valueOr(family.addresses, []), ...ofFamily(options?.addresses)];
  return {
    addresses: [...new Set(addresses)],
    subnets:
      options && ofFamily(options.subnets).length > 0
        ? ofFamily(options.subnets)
        : valueOr(family.subnets, []),
    gateway: ofFamily(options?.gateways)[0] ?? valueOr<Ip | undefined>(family.gateway, undefined),
    prefixes: valueOr(family.prefixes, []),
  };
}

/** The subnet in which the link has this address; a host address says nothing. */
function onLinkSubnet(
  ip: Ip | undefined,
  link: string | undefined,
  addresses: readonly KernelAddress[],
): Cidr | undefined {
  const found = addresses.find(a => a.link === link && a.ip === ip && a.prefixLength < 32);
  return found === undefined ? undefined : networkOf(found.ip, found.prefixLength);
}

function incompleteness(eni: Eni, ipv4: NetworkPart, addressing: Addressing): string | undefined {
  const readings: readonly (readonly [string, Reading<unknown>])[] = ([4, 6] as const).flatMap(family => {
    const f = family === 4 ? eni.ipv4 : eni.ipv6;
    return [
      [`IPv${family} addresses`, f.addresses],
      [`IPv${family} subnets`, f.subnets],
      [`IPv${family} gateway`, f.gateway],
      [`IPv${family} prefixes`, f.prefixes],
    ] as const;
  });
  for (const [name, reading] of readings) if (reading.state === 'unknown') return `${name}: ${reading.why}`;
  if (
    addressing === 'static' &&
    ipv4.addresses.length > 0 &&
    ipv4.subnets.length === 0 &&
    ipv4.gateway === undefined
  )
    return 'static addressing needs "subnets" (and "gateways") in the configuration, because this cloud does not provide them';
  return undefined;
}

function notesOn(eni: Eni, ipv4: NetworkPart, ipv6: NetworkPart, inferred: boolean): readonly string[] {
  const notes: string[] = [];
  if (inferred) notes.push(`IPv4 gateway ${ipv4.gateway} is inferred (first address of ${ipv4.subnets[0]})`);
  for (const [name, p] of [
    ['IPv4', ipv4],
    ['IPv6', ipv6],
  ] as const) {
    const outside = p.addresses.filter(ip => !p.subnets.some(cidr => contains(cidr, ip)));
    if (p.subnets.length > 0 && outside.length > 0)
      notes.push(
        `${outside.join(', ')} ${outside.length === 1 ? 'is' : 'are'} in none of the ${name} subnets of ${eni.id ?? eni.mac} (${p.subnets.join(', ')}): as the cloud says`,
      );
    if (p.subnets.length > 0 && p.addresses.length > 0 && p.gateway === undefined)
      notes.push(`${name} has no gateway: only its own subnet can be reached from ${eni.id ?? eni.mac}`);
  }
  return notes;
}
