// Who else is in an ENI's subnets: decides between rules by subnet and rules by address, and who brings main's connected route.
import { type Cidr, contains, type Ip, overlaps } from '../model/address.ts';
import type { EniNetwork } from './eni-network.ts';
import type { PlanSubnet } from './rules.ts';

export interface ShareInput {
  readonly network: EniNetwork;
  readonly slot: number;
  /** Every other ENI of the instance; `slot` undefined: the primary, or one that others manage. */
  readonly others: readonly { readonly subnets: EniNetwork; readonly slot: number | undefined }[];
  /** Kernel addresses of the primary link: a subnet that holds one is shared, even if the metadata does not say so. */
  readonly protectedAddresses: readonly Ip[];
}

export function sharesSubnets(input: ShareInput): (cidr: Cidr) => PlanSubnet {
  return cidr => {
    const neighbours = input.others.filter(o =>
      [...o.subnets.ipv4.subnets, ...o.subnets.ipv6.subnets].some(other => overlaps(cidr, other)),
    );
    const withPrimary = input.protectedAddresses.some(ip => contains(cidr, ip));
    // An older claim: the primary, an ENI that somebody else manages, or one of ours with a lower slot.
    const yields = withPrimary || neighbours.some(n => n.slot === undefined || n.slot < input.slot);
    return { cidr, shared: withPrimary || neighbours.length > 0, connected: !yields };
  };
}
