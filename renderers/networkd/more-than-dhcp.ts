// Whether a .network file for many links does no more than DHCP with what belongs to it. Then it is a catch-all of an image, which we are
// there to take over; with anything else in it (an address, a route, a port of a bridge) it is somebody's. Unknown words count as more.
import type { NetworkEntry } from './network-files.ts';

/** What a lease or a router advertisement brings, and what is for the name service of the whole machine. */
const network = new Set(
  [
    'Description DHCP LinkLocalAddressing IPv6LinkLocalAddressGenerationMode IPv6AcceptRA IPv6AcceptRouterAdvertisements IPv4LL IPv4LLRoute',
    'IPv6PrivacyExtensions IPv6DuplicateAddressDetection KeepConfiguration ConfigureWithoutCarrier IgnoreCarrierLoss LLDP EmitLLDP',
    'DNS Domains UseDomains DNSDefaultRoute LLMNR MulticastDNS DNSOverTLS DNSSEC DNSSECNegativeTrustAnchors NTP',
  ].flatMap(line => line.split(' ')),
);
const link = new Set(['MTUBytes', 'RequiredForOnline', 'RequiredFamilyForOnline', 'ARP', 'Multicast']);

/** A word that says more, as it stands in the file; undefined: none. */
export function moreThanDhcp(path: string, entries: readonly NetworkEntry[]): string | undefined {
  // systemd-imds (261 and later) makes this file at each boot of a cloud VM. It has a rule for its own mark and a table of its own.
  if (path === '/run/systemd/network/85-imds-early.network') return undefined;
  const more = entries.find(({ section, key, value }) => {
    if (value === '' || section.startsWith('X-') || key.startsWith('X-')) return false;
    if (section === 'Network') return !network.has(key);
    if (section === 'Link')
      return !link.has(key) && !/^Unmanaged=(no|n|f|false|off|0)$/i.test(`${key}=${value}`);
    return !/^(Match|DHCP|DHCPv4|DHCPv6|IPv6AcceptRA)$/.test(section);
  });
  return more === undefined ? undefined : `${more.key}=${more.value}`;
}
