// Which packets get which mark (published-ports = yes): those of connections that were made to an address of an ENI. Pure, and read off the
// plan: whoever has rules by a mark has packets marked.
import {
  bits,
  type Cidr,
  contains,
  type Family,
  families,
  familyOf,
  type Mac,
  networkAddress,
  prefixLengthOf,
} from '../../model/address.ts';
import type { EniPlan } from '../../model/network-plan.ts';

export interface Mark {
  readonly mac: Mac;
  readonly link: string;
  readonly value: number;
  /** What leaves by the ENI by its source: its subnet where it is alone there, else its addresses. */
  readonly networks: readonly Cidr[];
}

/** Sorted by slot, as the plans are. */
export function marksOf(enis: readonly EniPlan[]): readonly Mark[] {
  return enis.flatMap(({ mac, link, table, rules }) => {
    const value = rules.find(r => r.fwmark !== undefined)?.fwmark?.value;
    if (value === undefined) return [];
    const last = rules.filter(r => r.table === table && r.suppressPrefixLength === undefined);
    return [{ mac, link, value, networks: outermost(last.flatMap(r => r.from ?? [])) }];
  });
}

/** nft refuses a set of which one element lies in another. */
function outermost(networks: readonly Cidr[]): readonly Cidr[] {
  return [...new Set(networks)].filter(one => !networks.some(other => other !== one && contains(other, one)));
}

/** A single address as `nft` and `ip` write it. */
export function shortened(network: Cidr): string {
  const address = networkAddress(network);
  return prefixLengthOf(network) === bits(address) ? address : network;
}

export function hasFamily({ networks }: Mark, family: Family): boolean {
  return networks.some(network => familyOf(network) === family);
}

export function familiesOf(marks: readonly Mark[]): readonly Family[] {
  return families.filter(family => marks.some(mark => hasFamily(mark, family)));
}

/** `0x01000000`: nft prints all eight digits. */
export function eightDigits(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
