// Backend NetworkManager with ifcfg files (CentOS/RHEL/Anolis 8, Alibaba Cloud Linux 3): one profile per ENI, its rules inside,
// its routes beside. Source: nms-ifcfg-rh-reader.c of NetworkManager 1.10 to 1.52, executed on 1.30.6 and 1.40.16.
import { type Family, families, type Mac } from '../../agent/model/address.ts';
import type { HostFacts } from '../../agent/model/host.ts';
import { type EniPlan, isDefaultRoute, type PlannedRoute } from '../../agent/model/network-plan.ts';
import { deleteRuleCommands, droppedRules } from '../formats/change-commands.ts';
import { findRedHatClaims } from '../formats/ifcfg-claims.ts';
import { linkWord } from '../formats/ip-commands.ts';
import { renderVariables, type Variable } from '../formats/shell-variables.ts';
import {
  type Claim,
  type Command,
  type EniChange,
  eniOf,
  type FileText,
  filesOfEach,
  isMarked,
  marker,
  type RenderedFile,
  type Renderer,
} from '../renderer.ts';
import { isGenerated } from './keyfile.ts';
import { leaseTableOf, needsBringUp } from './lease-table.ts';
import {
  dispatcherFiles,
  networkmanagerRule,
  networkmanagerSpeaksRule,
  renderRuleDispatcher,
} from './rule.ts';
import { profileUuid } from './uuid.ts';

const folder = '/etc/sysconfig/network-scripts';

function profilePath(link: string): string {
  return `${folder}/ifcfg-${linkWord(link)}`;
}

export const networkmanagerIfcfg: Renderer = {
  name: 'networkmanager-ifcfg',
  title: 'NetworkManager, ifcfg files in /etc/sysconfig/network-scripts (loaded by nmcli)',
  proven: true,
  // By reapply (1.30 to 1.52); rules of others survive it.
  dropsForeign: ['address', 'route'],
  ownFiles: [{ dir: folder, name: /^(ifcfg|route6?)-[a-zA-Z0-9_.-]+$/ }, dispatcherFiles],

  render(enis: readonly EniPlan[], facts: HostFacts): readonly RenderedFile[] {
    return filesOfEach(enis, eni => {
      const dispatcher = renderRuleDispatcher(eni, facts.versions.networkmanager);
      const profile = renderVariables(variablesOf(eni, facts), 'needed');
      return [
        { path: profilePath(eni.link), mode: 0o644, content: profile },
        ...families.flatMap(family => routeFile(eni, family)),
        ...(dispatcher === undefined ? [] : [dispatcher]),
      ];
    });
  },

  /**
   * `load` reads these files and no other; `reload` would take over half-made edits of somebody else. `up` deletes and re-adds every
   * address of a profile that is active, so a change is reapplied: IPv4 and rules by difference (a leased address goes and comes
   * back; of 50 pings a second none was lost). IPv6 too in 1.30; 1.40 sets disable_ipv6 to 1 and back for any change of IPv4 (_dev_ipmanual_cleanup ends
   * both families), and IPv6 of this ENI waits 2 s for duplicate address detection. An unchanged profile that is reapplied brings
   * back what somebody took away, and takes his own addresses on the link away. A profile whose file has gone ends with its
   * addresses, routes and rules.
   */
  activate(changes: readonly EniChange[], facts: HostFacts): readonly Command[] {
    return changes.flatMap(change => commandsFor(change, facts));
  },

  claims(link: string, facts: HostFacts): readonly Claim[] {
    return [...findRedHatClaims(link, facts), ...keyfileClaims(link, facts)];
  },

  // What `ip` changes beside the profile lasts until the link loses its carrier for a moment: then 1.40.16 goes back to the profile
  // that it applied, whatever it has loaded since. And of an IPv6 address that `ip` takes away its route stays in main.
  travel: () => 'files',
};

function commandsFor(change: EniChange, facts: HostFacts): readonly Command[] {
  const eni = eniOf(change);
  const nmcli = (...args: readonly string[]): Command => ({ phase: 'after-write', argv: ['nmcli', ...args] });
  const load = nmcli('connection', 'load', profilePath(eni.link));
  const up = nmcli('--wait', '20', 'connection', 'up', 'uuid', ifcfgUuid(eni.mac), 'ifname', eni.link);
  switch (change.kind) {
    case 'added':
      return [load, up];
    case 'changed':
      return [
        load,
        // `reapply` takes the profile that is active. That is not ours while ours is new, on a link that worked before: with an
        // automatic "Wired connection N" on it, 1.40.16 reapplied that one and ended with 0.
        !isMarked(facts.files[profilePath(eni.link)] ?? '') ||
        needsBringUp(change.before, change.after, facts.versions.networkmanager)
          ? up
          : nmcli('--wait', '20', 'device', 'reapply', eni.link),
        ...dispatcherCommands(change.before, change.after, facts),
      ];
    case 'removed':
      // nmcli ends with a failure for a file that is not there, after it has dropped the profile. The rules of the
      // dispatcher script stay: the script went with the files.
      return [
        { ...load, mayFail: true },
        ...deleteRuleCommands(
          eni.rules.filter(rule => !networkmanagerSpeaksRule(rule, facts.versions.networkmanager)),
          'after-write',
        ),
      ];
  }
}

/** Before 1.20: `reapply` does not run dispatcher scripts, so the new script is run here, as NetworkManager would for `up`. */
function dispatcherCommands(before: EniPlan, after: EniPlan, facts: HostFacts): readonly Command[] {
  const version = facts.versions.networkmanager;
  const dropped = droppedRules(before, after).filter(rule => !networkmanagerSpeaksRule(rule, version));
  const script = renderRuleDispatcher(after, version);
  return [
    ...(script === undefined
      ? []
      : [{ phase: 'after-write', argv: [script.path, linkWord(after.link), 'up'] } as const]),
    ...deleteRuleCommands(dropped, 'after-write'),
  ];
}

function variablesOf(eni: EniPlan, facts: HostFacts): readonly Variable[] {
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

function routeFile(eni: EniPlan, family: Family): readonly FileText[] {
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

/** Keyfiles are read beside ifcfg files; two profiles for one link, and the one with the higher priority wins. */
function keyfileClaims(link: string, facts: HostFacts): readonly Claim[] {
  return Object.entries(facts.files).flatMap(([path, text]) => {
    if (!/^\/(etc|run|usr\/lib)\/NetworkManager\/system-connections\/[^/]+$/.test(path)) return [];
    if (isMarked(text) || isGenerated(text)) return [];
    const named = text.split('\n').some(line => line.replaceAll(' ', '') === `interface-name=${link}`);
    return named || path.endsWith(`/cloud-init-${link}.nmconnection`)
      ? [{ path, text: `a keyfile configures ${link}` }]
      : [];
  });
}

/**
 * The same for the same MAC in every pass (RFC 9562 version 5), so that a changed file is the same profile. Another namespace than
 * that of our keyfiles: one UUID in both formats would leave it to the order of the plugins which of them counts.
 */
export function ifcfgUuid(mac: Mac): string {
  return profileUuid('3f6f2a5c9d7e4b3a8e1f5b0c7d2a4e91', mac);
}
