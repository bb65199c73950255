// `sources = NETWORKS`: what else leaves by an ENI, beside its addresses and delegated prefixes. Containers that are masqueraded to an ENI's
// address, and an administrator's own VIP. Pure: which of them may be, and why the others may not.
import {
  type Cidr,
  contains,
  familyOf,
  type Ip,
  type Mac,
  overlaps,
  prefixLengthOf,
} from '../model/address.ts';
import type { EniNetwork } from './eni-network.ts';
import { special } from './routes-behind.ts';

/** A rule from a network that is larger would hardly be one ENI's. */
const shortest = { 4: 8, 6: 32 } as const;

export interface SourcesQuestion {
  readonly mac: Mac;
  readonly wanted: readonly Cidr[];
  readonly networks: ReadonlyMap<Mac, EniNetwork>;
  /** In the metadata or on its link. */
  readonly ofPrimary: readonly Ip[];
  /** Of the cloud. */
  readonly services: readonly Ip[];
}

export interface Sources {
  readonly given: readonly Cidr[];
  /** One line for each that is left out: needs attention. */
  readonly refusals: readonly string[];
}

export function sourcesOf(question: SourcesQuestion): Sources {
  const given: Cidr[] = [];
  const refusals: string[] = [];
  for (const cidr of question.wanted) {
    const why = objectionTo(cidr, question);
    if (why === undefined) given.push(cidr);
    else
      refusals.push(`sources: ${cidr} is left out, because ${why}; take it out of [eni "${question.mac}"]`);
  }
  return { given, refusals };
}

/** The primary's packets stay the primary's, and what another ENI has is that one's. */
function objectionTo(cidr: Cidr, question: SourcesQuestion): string | undefined {
  const { mac, networks, ofPrimary, services } = question;
  const least = shortest[familyOf(cidr)];
  if (prefixLengthOf(cidr) < least) return `it is wider than a /${least}`;
  const reserved = special.find(s => overlaps(s, cidr));
  if (reserved !== undefined) return `it overlaps ${reserved}, which is no source of packets to elsewhere`;
  if (familyOf(cidr) === 6 && networks.get(mac)?.ipv6.addresses.length === 0) return 'the ENI has no IPv6';
  const primarys = ofPrimary.find(ip => contains(cidr, ip));
  if (primarys !== undefined) return `it contains ${primarys}, an address of the primary`;
  const service = services.find(ip => contains(cidr, ip));
  if (service !== undefined) return `it contains ${service}, a service of the cloud`;
  const others = [...networks].filter(([other]) => other !== mac).flatMap(([, n]) => [n.ipv4, n.ipv6]);
  const address = others.flatMap(part => part.addresses).find(ip => contains(cidr, ip));
  if (address !== undefined) return `it contains ${address}, an address of another ENI`;
  const network = others.flatMap(part => part.prefixes).find(other => overlaps(cidr, other));
  return network === undefined ? undefined : `it overlaps ${network}, which another ENI has`;
}

/** The network of an ENI with its sources, which get what a delegated prefix gets. */
export function withSources(network: EniNetwork, sources: readonly Cidr[]): EniNetwork {
  if (sources.length === 0) return network;
  const ofFamily = (family: 4 | 6) => sources.filter(cidr => familyOf(cidr) === family);
  const { ipv4, ipv6 } = network;
  return {
    ...network,
    ipv4: { ...ipv4, prefixes: [...ipv4.prefixes, ...ofFamily(4)] },
    ipv6: { ...ipv6, prefixes: [...ipv6.prefixes, ...(network.ipv6Off ? [] : ofFamily(6))] },
  };
}
