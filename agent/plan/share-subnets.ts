// Who else is in an ENI's subnets: decides between rules by subnet and rules by address, and who brings main's connected route.
import { type Cidr, contains, type Family, familyOf, hostCidr, type Ip, overlaps } from '../model/address.ts';
import { oncePer } from '../model/value.ts';
import type { EniNetwork } from './eni-network.ts';
import type { PlanSubnet } from './own-networks.ts';

export interface Other {
  readonly subnets: EniNetwork;
  readonly slot: number | 'older' | 'younger';
  /** [eni] connected-route = yes. */
  readonly wanted: boolean;
}

export interface OtherInMain extends Other {
  /** How it shares its own subnets. */
  readonly share: (cidr: Cidr) => PlanSubnet;
}

export interface ShareInput extends Pick<Other, 'subnets'> {
  readonly slot: Other['slot'];
  /**
   * Every other ENI of the instance, with its slot or its claim: `older` (the primary, or one that others manage) or `younger`
   * (one that will get its slot once its link is there: it must not take over a subnet before).
   */
  readonly others: readonly Other[];
  /** Addresses of the primary, in the metadata or on its link: a subnet that holds one is shared, whatever its own subnet is said to be. */
  readonly protectedAddresses: readonly Ip[];
  /** [eni] connected-route = yes. */
  readonly wanted: boolean;
}

/** @returns what the plan has to know of one subnet; `connected` also needs `wanted`, the administrator's word */
export function sharesSubnets(input: ShareInput): (cidr: Cidr) => PlanSubnet {
  const known = new Map<Cidr, PlanSubnet>();
  return cidr => {
    const before = known.get(cidr);
    if (before !== undefined) return before;
    const neighbours = input.others.filter(o => networksOf(o.subnets).some(other => overlaps(cidr, other)));
    const withPrimary = input.protectedAddresses.some(ip => contains(cidr, ip));
    // An older claim: the primary, an ENI that somebody else manages, or one of ours with a lower slot.
    const yields = withPrimary || neighbours.some(n => rankOf(n.slot) < rankOf(input.slot));
    const ofFamily = (one: Pick<Other, 'subnets'>) =>
      subnetsOf(one).filter(c => familyOf(c) === familyOf(cidr));
    const own = ofFamily(input);
    const nested = neighbours.some(n =>
      ofFamily(n).some(
        other => other !== cidr && (overlaps(cidr, other) || (n.slot !== 'older' && !own.includes(other))),
      ),
    );
    const subnet = {
      cidr,
      shared: withPrimary || neighbours.length > 0,
      ...(nested ? { nested } : {}),
      connected: input.wanted && !yields,
    };
    known.set(cidr, subnet);
    return subnet;
  };
}

/**
 * Subnets, per family, that main has on-link by another ENI: the primary's, those of ENIs that somebody else configures, and those of
 * which an ENI is to have the connected route. Sorted, so that the order of the metadata does not matter.
 */
export function onLinkElsewhere(others: readonly OtherInMain[]): (family: Family) => readonly Cidr[] {
  return family => {
    const inMain = others.flatMap(({ slot, subnets, share }) =>
      (family === 4 ? subnets.ipv4 : subnets.ipv6).subnets.filter(
        cidr => slot === 'older' || share(cidr).connected,
      ),
    );
    return [...new Set(inMain)].sort();
  };
}

function rankOf(slot: Other['slot']): number {
  if (slot === 'older') return -1;
  return slot === 'younger' ? Number.POSITIVE_INFINITY : slot;
}

function subnetsOf({ subnets: { ipv4, ipv6 } }: Pick<Other, 'subnets'>): readonly Cidr[] {
  return [...ipv4.subnets, ...ipv6.subnets];
}

/**
 * Prefixes and single addresses too: what another ENI, or its containers, sends from an address outside of its own subnets (one that
 * the configuration adds, or a second subnet that DHCP does not tell) must not match a rule by subnet. An address inside of them overlaps nothing
 * that they do not.
 */
const networksOf = oncePer(({ ipv4, ipv6 }: EniNetwork): readonly Cidr[] =>
  [ipv4, ipv6].flatMap(({ subnets, prefixes, addresses }) => {
    const outside = addresses.filter(ip => !subnets.some(subnet => contains(subnet, ip)));
    return [...subnets, ...prefixes, ...outside.map(hostCidr)];
  }),
);
