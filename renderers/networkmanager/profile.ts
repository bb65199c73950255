// The profile of one ENI as a keyfile of NetworkManager. Source: nm-settings-keyfile(5) and NetworkManager 1.18 to 1.52; executed
// on 1.42 (static, DHCP, both families) and 1.52 (static). Knows no command; those are in keyfile.ts.
import { type Family, families } from '../../agent/model/address.ts';
import type { HostFacts } from '../../agent/model/host.ts';
import type { EniPlan, PlannedRoute } from '../../agent/model/network-plan.ts';
import { linkWord } from '../formats/ip-commands.ts';
import { versionAtLeast } from '../formats/version-order.ts';
import { marker } from '../renderer.ts';
import { encodeKeyfile, type KeyfileEntry } from './keyfile-text.ts';
import { leaseTableOf } from './lease-table.ts';
import { ourPriority } from './profile-claims.ts';
import { networkmanagerRule, networkmanagerSpeaksRule } from './rule.ts';
import { uuidOf } from './uuid.ts';

export const keyfileFolder = '/etc/NetworkManager/system-connections';

export const keyfileName = /^eni-[a-zA-Z0-9_.-]+\.nmconnection$/;

export function keyfilePath(link: string): string {
  return `${keyfileFolder}/eni-${linkWord(link)}.nmconnection`;
}

/** Also where the ENI's link had another name before. */
export function isKeyfileName(path: string): boolean {
  return path.startsWith(`${keyfileFolder}/`) && keyfileName.test(path.slice(keyfileFolder.length + 1));
}

export function renderProfile(eni: EniPlan, facts: HostFacts): string {
  return encodeKeyfile(
    [marker],
    [
      {
        name: 'connection',
        entries: [
          ['id', `eni-${linkWord(eni.link)}`],
          ['uuid', uuidOf(eni.mac)],
          ['type', 'ethernet'],
          ['autoconnect-priority', ourPriority],
        ],
      },
      // By the permanent MAC alone, without interface-name: after a reboot the kernel may hand out its names in another order.
      {
        name: 'ethernet',
        entries: [
          ['mac-address', eni.mac.toUpperCase()],
          ['mtu', eni.mtu],
        ],
      },
      ...families.map(family => ({
        name: `ipv${family}`,
        entries: [...methodEntries(eni, family, facts), ...objectEntries(eni, family, facts)],
      })),
    ],
  );
}

function methodEntries(eni: EniPlan, family: Family, facts: HostFacts): readonly KeyfileEntry[] {
  const present = eni.addresses.some(a => a.family === family);
  const dhcp = family === 4 && eni.addressing === 'dhcp';
  return [
    ['method', family === 6 && eni.ipv6Off ? offMethod(facts) : methodOf(family, present, dhcp)],
    // The link-local address that the kernel makes of the MAC: the same as with every other backend.
    ['addr-gen-mode', family === 6 && !eni.ipv6Off ? 'eui64' : undefined],
    // Stops the default route of DHCP only; the one of the ENI's own table stays.
    ['never-default', present ? true : undefined],
    ['ignore-auto-dns', dhcp ? true : undefined],
    // Option 121, which may carry a default route for main.
    ['ignore-auto-routes', dhcp ? true : undefined],
    // The host name and NTP servers of a lease are used by others only where there is no static one: no key here.
    // Without an end: after the usual 45 s without an answer the profile would fail, static addresses included.
    ['dhcp-timeout', dhcp ? 2_147_483_647 : undefined],
    // For the connected route of the leased address; `ignore-auto-routes` does not cover it.
    ['route-table', family === 4 ? leaseTableOf(eni) : undefined],
    // Duplicate address detection by ARP, where a version has it on by default. IPv6 has no such key.
    ['dad-timeout', family === 4 && present ? 0 : undefined],
  ];
}

/**
 * IPv6 without addresses is `link-local`: `ignore` leaves the kernel's own RA handling on, and a default route in main with it;
 * `disabled` (1.20) would take the link-local address away. NetworkManager sets accept_ra to 0 in `manual` and `link-local`.
 */
function methodOf(family: Family, present: boolean, dhcp: boolean): string {
  if (dhcp) return 'auto';
  if (present) return 'manual';
  return family === 4 ? 'disabled' : 'link-local';
}

/**
 * Where IPv6 is switched off: `link-local` would switch it on, with disable_ipv6 at 0. `ignore` puts back what the sysctl was when
 * NetworkManager began with the link, so it is second choice.
 */
function offMethod({ versions }: HostFacts): string {
  return (versionAtLeast(versions.networkmanager, '1.20') ?? true) ? 'disabled' : 'ignore';
}

function objectEntries(eni: EniPlan, family: Family, facts: HostFacts): readonly KeyfileEntry[] {
  const written = eni.addresses.filter(a => a.family === family && !a.dynamic);
  const routes = eni.routes.filter(r => r.family === family);
  const rules = eni.rules.filter(
    r => r.family === family && networkmanagerSpeaksRule(r, facts.versions.networkmanager),
  );
  return [
    ...written.map((a, i): KeyfileEntry => [`address${i + 1}`, `${a.ip}/${a.prefixLength}`]),
    ...routes.flatMap((route, i) => routeEntries(eni, route, i + 1)),
    ...rules.map((rule, i): KeyfileEntry => [`routing-rule${i + 1}`, networkmanagerRule(rule)]),
  ];
}

function routeEntries(eni: EniPlan, route: PlannedRoute, number: number): readonly KeyfileEntry[] {
  const none = route.family === 4 ? '0.0.0.0' : '::';
  // A route without a metric gets that of the device (100 and up). For IPv4 zero is what the kernel calls none; for IPv6 the
  // kernel itself makes 1024 of zero.
  const metric = route.metric ?? (route.family === 4 ? 0 : 1024);
  // `onlink` for a gateway that no route reaches before there is a lease.
  const onLink =
    route.onLink || (route.family === 4 && route.gateway !== undefined && eni.addressing === 'dhcp');
  // Main's number too: a route without a table goes where `route-table` says.
  const options = [`table=${route.table}`, ...(onLink ? ['onlink=true'] : [])];
  return [
    [`route${number}`, `${route.destination},${route.gateway ?? none},${metric}`],
    [`route${number}_options`, options.join(',')],
  ];
}
