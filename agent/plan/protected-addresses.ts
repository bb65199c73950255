// Addresses of the primary that no ENI may have.
import type { Ip, Mac } from '../model/address.ts';
import type { KernelAddress } from '../model/kernel-state.ts';
import type { EniNetwork } from './eni-network.ts';
import { matchLink } from './match-links.ts';
import type { PlanInput } from './plan-input.ts';

export function linkName(mac: Mac, input: PlanInput): string | undefined {
  return matchLink(mac, input.links, input.settings.agent).link?.name;
}

function* usedBy(link: string | undefined, addresses: readonly KernelAddress[]): Generator<Ip> {
  for (const a of addresses) if (a.link === link && a.scope !== 'link') yield a.ip;
}

/** Addresses that no secondary ENI may have, whatever the metadata says: those of the primary, in metadata or in the kernel. */
export function protectedAddresses(
  primaryLink: string | undefined,
  primary: EniNetwork | undefined,
  addresses: readonly KernelAddress[],
): readonly Ip[] {
  return [
    ...usedBy(primaryLink, addresses),
    ...(primary?.ipv4.addresses ?? []),
    ...(primary?.ipv6.addresses ?? []),
  ];
}

/** What the primary leaves by: as the metadata has it, and as main has it, where that is not by a link of a secondary ENI. */
export function gatewaysOfPrimary(
  primary: EniNetwork | undefined,
  { defaultGateways = [] }: PlanInput,
  eniLinks: ReadonlySet<string>,
): ReadonlySet<Ip> {
  const inMain = defaultGateways.filter(({ link }) => link === undefined || !eniLinks.has(link));
  const told = [primary?.ipv4.gateway, primary?.ipv6.gateway].filter(ip => ip !== undefined);
  return new Set([...told, ...inMain.map(({ gateway }) => gateway)]);
}
