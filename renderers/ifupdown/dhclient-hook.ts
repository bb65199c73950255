// The hook of ISC dhclient that keeps a secondary ENI's lease from changing the rest of the system. Source: dhclient-script of
// Debian's isc-dhcp 4.3 and 4.4, which sources dhclient-enter-hooks.d with sh at bind, renew, rebind and expire. Knows no
// backend.
import type { EniPlan } from '../../agent/model/network-plan.ts';
import { linkCase, macOf } from '../formats/own-link.ts';
import { marker } from '../renderer.ts';

/** Variables of the lease that would reach beyond the link, without their `new_` and `old_`. */
const foreignEffects = [
  // A default route in main: options 3, 33, 121 and 249 (the last two carry 0.0.0.0/0 on more than one cloud).
  'routers',
  'static_routes',
  'rfc3442_classless_static_routes',
  'ms_classless_static_routes',
  // DNS, NTP and the host name belong to the primary ENI.
  'domain_name',
  'domain_name_servers',
  'domain_search',
  'dhcp6_name_servers',
  'dhcp6_domain_search',
  'host_name',
  'ntp_servers',
  'netbios_name_servers',
];

/**
 * Content of one enter hook for all ENIs of the list, which must not be empty. Runs for every link of the machine, so
 * everything is inside a `case`, and the last status is zero.
 */
export function renderDhclientHook(list: readonly EniPlan[]): string {
  // One file for several ENIs: by name, so that their order in the plan changes nothing.
  const enis = list.toSorted((a, b) => (a.link < b.link ? -1 : 1));
  const block = (of: readonly EniPlan[], body: readonly string[]) =>
    of.length === 0
      ? []
      : [
          'case "$eni_agent_link" in',
          `${of.map(linkCase).join('|')})`,
          ...body.map(l => `  ${l}`),
          '  ;;',
          'esac',
        ];
  const lines = [
    `# ${marker}`,
    '# No default route, DNS, NTP or host name from the DHCP server of a secondary ENI.',
    // The name alone may be another NIC's by now.
    `eni_agent_link="$interface ${macOf('$interface')}"`,
    ...block(enis, [
      ...foreignEffects.map(name => `unset new_${name} old_${name}`),
      // Also with nothing to write, dhclient-script would write an empty resolv.conf for some reasons.
      'make_resolv_conf() { :; }',
    ]),
    // A connected route in main would take the primary's answers to that subnet; the ENI's own table has it.
    ...block(
      enis.filter(e => !e.connectedRoute),
      [
        '[ -z "$new_subnet_mask" ] || new_subnet_mask=255.255.255.255',
        '[ -z "$old_subnet_mask" ] || old_subnet_mask=255.255.255.255',
        'unset new_broadcast_address old_broadcast_address',
      ],
    ),
    // The plan's MTU wins over option 26; without one the cloud's own DHCP server may say it.
    ...block(
      enis.filter(e => e.mtu !== undefined),
      ['unset new_interface_mtu old_interface_mtu'],
    ),
    'unset eni_agent_link',
  ];
  return `${lines.join('\n')}\n`;
}
