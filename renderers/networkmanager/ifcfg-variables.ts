// The variables and the route files of an ifcfg profile, as the ifcfg-rh plugin reads them.
import { type Family, families } from '../../agent/model/address.ts';
import type { HostFacts } from '../../agent/model/host.ts';
import { type EniPlan, isDefaultRoute, type PlannedRoute } from '../../agent/model/network-plan.ts';
import { linkWord } from '../formats/ip-commands.ts';
import type { Variable } from '../formats/shell-variables.ts';
import { type FileText, marker } from '../renderer.ts';
import { leaseTableOf } from './lease-table.ts';
import { networkmanagerRule, networkmanagerSpeaksRule } from './rule.ts';
import { ifcfgUuid } from './uuid.ts';

export function variablesOf(eni: EniPlan, facts: HostFacts): readonly Variable[] {
  const leased = eni.addressing === 'dhcp';
  return [
    ['NAME', `eni-${linkWord(eni.link)}`],
    ['UUID', ifcfgUuid(eni.mac)],
    ['TYPE', 'Ethernet'],
    ['DEVICE', linkWord(eni.link)],
    ['HWADDR', eni.mac.toUpperCase()],
    ['ONBOOT', 'yes'],
    // Above NetworkManager's own "Wired connection N" (-999) and cloud-init's profiles (120).
    ['AUTOCONNECT_PRIORITY', 200],
    ...(leased ? dhcpVariables(eni) : ([['BOOTPROTO', 'none']] as const)),
    ...ipv4Variables(eni),
    // No GATEWAY: it would be main's. That of /etc/sysconfig/network, which is read instead, is not used with DEFROUTE=no.
    ['DEFROUTE', 'no'],
    ['PEERDNS', 'no'],
    ...(eni.mtu === undefined ? [] : [['MTU', eni.mtu] as const]),
    ...ipv6Variables(eni),
    ...ruleVariables(eni, facts),
  ];
}

function dhcpVariables(eni: EniPlan): readonly Variable[] {
  const table = leaseTableOf(eni);
  return [
    ['BOOTPROTO', 'dhcp'],
    // Routes of option 121 would go to main.
    ['PEERROUTES', 'no'],
    // Without an end: after the usual 45 s without an answer the profile would fail, static addresses included.
    ['IPV4_DHCP_TIMEOUT', 2_147_483_647],
    // For the connected route of the leased address; PEERROUTES does not cover it. Like ROUTING_RULE, it is ignored where a rule-
    // file exists. DEFROUTE=no holds for any table, and our own default route is in route-LINK.
    ...(table === undefined ? [] : [['IPV4_ROUTE_TABLE', table] as const]),
  ];
}

/**
 * IPADDR, IPADDR1, IPADDR2 and so on up to the first gap; without a lease the first has no number. Secondaries are /32 by the plan:
 * NetworkManager adds them before the lease comes, and with the subnet's length the first of them would become the kernel's
 * primary address in the subnet, and the source of what the host sends there.
 */
function ipv4Variables(eni: EniPlan): readonly Variable[] {
  const first = eni.addressing === 'dhcp' ? 1 : 0;
  return eni.addresses
    .filter(a => a.family === 4 && !a.dynamic)
    .flatMap((address, index): readonly Variable[] => {
      const n = index + first === 0 ? '' : String(index + first);
      return [
        [`IPADDR${n}`, address.ip],
        [`PREFIX${n}`, address.prefixLength],
      ];
    });
}

/**
 * IPV6INIT=yes also without an address: `no` means that NetworkManager leaves the kernel's own handling of router advertisements
 * on, and a default route in main with it. IPV6_AUTOCONF=no alone is its method link-local, with accept_ra at 0.
 */
function ipv6Variables(eni: EniPlan): readonly Variable[] {
  // Before 1.20 the first is not known, and the second is method `ignore`.
  if (eni.ipv6Off)
    return [
      ['IPV6_DISABLED', 'yes'],
      ['IPV6INIT', 'no'],
    ];
  const [first, ...others] = eni.addresses.filter(a => a.family === 6).map(a => `${a.ip}/${a.prefixLength}`);
  return [
    ['IPV6INIT', 'yes'],
    ['IPV6_AUTOCONF', 'no'],
    ...(first === undefined ? [] : [['IPV6ADDR', first] as const]),
    ...(others.length === 0 ? [] : [['IPV6ADDR_SECONDARIES', others.join(' ')] as const]),
    ['IPV6_DEFROUTE', 'no'],
    ['IPV6_PEERDNS', 'no'],
    // The link-local address from the MAC, as the kernel makes it.
    ['IPV6_ADDR_GEN_MODE', 'eui64'],
  ];
}

/**
 * The rules are in the profile and never in rule-LINK: from 1.18 on the mere existence of such a file makes NetworkManager ignore
 * route-LINK and every ROUTING_RULE key.
 */
function ruleVariables(eni: EniPlan, facts: HostFacts): readonly Variable[] {
  return families.flatMap(family =>
    eni.rules
      .filter(r => r.family === family && networkmanagerSpeaksRule(r, facts.versions.networkmanager))
      .map(
        (rule, i): Variable => [`ROUTING_RULE${family === 6 ? '6' : ''}_${i + 1}`, networkmanagerRule(rule)],
      ),
  );
}

export function routeFile(eni: EniPlan, family: Family): readonly FileText[] {
  const lines = eni.routes.filter(r => r.family === family).map(routeLine);
  if (lines.length === 0) return [];
  const path = `${folder}/route${family === 6 ? '6' : ''}-${linkWord(eni.link)}`;
  return [{ path, mode: 0o644, content: `# ${marker}\n${lines.join('\n')}\n` }];
}

/**
 * `DEST [via GW] [onlink] metric M table T` and nothing else: a line with `dev`, `proto` or `scope` is skipped without a word (1.40),
 * so the initscripts' form must not be written here. The table of main too: without one IPV4_ROUTE_TABLE counts. A route without
 * a metric gets that of the device (100 and up): zero is what the kernel calls none for IPv4, and 1024 for IPv6.
 */
function routeLine(route: PlannedRoute): string {
  return [
    isDefaultRoute(route) ? 'default' : route.destination,
    ...(route.gateway === undefined ? [] : ['via', route.gateway]),
    ...(route.onLink && route.gateway !== undefined ? ['onlink'] : []),
    'metric',
    route.metric ?? (route.family === 4 ? 0 : 1024),
    'table',
    route.table,
  ].join(' ');
}

export const folder = '/etc/sysconfig/network-scripts';

export function profilePath(link: string): string {
  return `${folder}/ifcfg-${linkWord(link)}`;
}
