// Who else is in an ENI's subnets: decides between rules by subnet and rules by address, and who brings main's connected route.
import { type Cidr, contains, type Ip, overlaps } from '../model/address.ts';
import type { EniNetwork } from './eni-network.ts';
import type { PlanSubnet } from './rules.ts';

export interface ShareInput {
  readonly network: EniNetwork;
  readonly slot: number;
  /**
   * Every other ENI of the instance, with its slot or its claim: `older` (the primary, or one that others manage) or `younger`
   * (one that will get its slot once its link is there: it must not take over a subnet before).
   */
  readonly others: readonly { readonly subnets: EniNetwork; readonly slot: number | 'older' | 'younger' }[];
  /** Addresses of the primary, in the metadata or on its link: a subnet that holds one is shared, whatever its own subnet is said to be. */
  readonly protectedAddresses: readonly Ip[];
}

export function sharesSubnets(input: ShareInput): (cidr: Cidr) => PlanSubnet {
  return cidr => {
    const neighbours = input.others.filter(o => networksOf(o.subnets).some(other => overlaps(cidr, other)));
    const withPrimary = input.protectedAddresses.some(ip => contains(cidr, ip));
    // An older claim: the primary, an ENI that somebody else manages, or one of ours with a lower slot.
    const yields =
      withPrimary ||
      neighbours.some(n => n.slot === 'older' || (n.slot !== 'younger' && n.slot < input.slot));
    return { cidr, shared: withPrimary || neighbours.length > 0, connected: !yields };
  };
}

/** Prefixes too: what the containers of another ENI send must not match a rule by subnet. */
function networksOf({ ipv4, ipv6 }: EniNetwork): readonly Cidr[] {
  return [...ipv4.subnets, ...ipv4.prefixes, ...ipv6.subnets, ...ipv6.prefixes];
}
