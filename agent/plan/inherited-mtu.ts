// The MTU of an ENI for which neither the configuration, the metadata nor a lease has one: that of the primary's link. With DHCP an ENI on EC2
// is told 9001; static, its link would have the 1500 that its driver begins with, at the next boot at the latest.
import type { KernelLink } from '../model/kernel-state.ts';
import type { EniPlan } from '../model/network-plan.ts';

/** What the driver of an Ethernet NIC begins with. */
const initial = 1500;
/** The least that IPv6 works with. */
const least = 1280;

export interface InheritedMtu {
  readonly mtu: number | undefined;
  /** Why the link keeps another one than the primary's, for a person. */
  readonly note: string | undefined;
}

/** What of the plan that was applied last counts here. */
export type EarlierMtu = Pick<EniPlan, 'mtu' | 'inheritsMtu'>;

export function inheritedMtu(
  link: KernelLink,
  primary: KernelLink | undefined,
  earlier: EarlierMtu | undefined,
): InheritedMtu {
  const nothing = { mtu: undefined, note: undefined };
  // A primary with the initial one says nothing, so that a machine of this kind has no MTU in its files; unless the ENI has followed it so far.
  if (
    primary === undefined ||
    primary.mtu < least ||
    (primary.mtu === initial && earlier?.inheritsMtu !== true)
  )
    return nothing;
  const why = obstacle(link, primary, earlier?.mtu);
  if (why === undefined) return { mtu: primary.mtu, note: undefined };
  if (link.mtu === primary.mtu) return nothing;
  return {
    mtu: undefined,
    note: `MTU ${link.mtu} stays, though ${primary.name} has ${primary.mtu}: ${why}; "mtu" in its section sets one`,
  };
}

/** Why the link is not to have the MTU of the primary's; undefined if nothing speaks against it. */
function obstacle(link: KernelLink, primary: KernelLink, earlier: number | undefined): string | undefined {
  if (link.driver !== primary.driver || link.kind !== primary.kind) return 'its driver is another one';
  // Neither the driver's nor ours. An administrator, another program or a .link file has its reasons.
  if (![initial, primary.mtu, earlier].includes(link.mtu)) return 'somebody else has set it';
  // Linux 4.19 and iproute2 4.19 tell it. 0: there is no limit.
  if (link.maxMtu === undefined) return 'the kernel does not tell what the link takes';
  if (link.maxMtu !== 0 && link.maxMtu < primary.mtu) return `the link takes ${link.maxMtu} at most`;
  return undefined;
}
