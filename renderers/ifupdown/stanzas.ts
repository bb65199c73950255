// The stanzas of one ENI in interfaces(5) syntax. Source: inet.defn and inet6.defn of ifupdown 0.7.47 to 0.8.44, executed
// with 0.8.41. Knows nothing of file names, hooks of other programs or activation.
//
// Measured on 0.8.41: `ifup` stops at the first line that fails, `ifdown --force` runs every line whatever fails.
import { netmaskOf } from '../../agent/model/address.ts';
import type { HostFacts } from '../../agent/model/host.ts';
import type { EniPlan, PlannedAddress } from '../../agent/model/network-plan.ts';
import {
  addRuleOnceLine,
  deleteRuleLine,
  flushTableLine,
  linkWord,
  noAutoconfLine,
  replaceRouteLine,
} from '../formats/ip-commands.ts';
import { versionAtLeast } from '../formats/version-order.ts';
import { mappingLines, stanzaName } from './mapping.ts';

interface Stanza {
  readonly head: 'inet static' | 'inet dhcp' | 'inet manual' | 'inet6 static' | 'inet6 manual';
  readonly lines: readonly string[];
}

export type DhcpClient = 'dhclient' | 'dhcpcd';

/** Which client `inet dhcp` would start. Unknown counts as dhclient: the hook is harmless where nobody reads it. */
export function dhcpClientOf(facts: HostFacts): DhcpClient {
  const has = (name: string) => facts.paths.some(p => p === `/sbin/${name}` || p === `/usr/sbin/${name}`);
  return has('dhcpcd') && !has('dhclient') ? 'dhcpcd' : 'dhclient';
}

/**
 * All stanzas of one ENI, ending in a newline. Routes and rules hang on the first stanza of their family; everything that has to
 * be undone hangs on the very first stanza, since rules outlive the link.
 */
export function renderStanzas(eni: EniPlan, facts: HostFacts): string {
  const [first, ...others] = [...ipv4Stanzas(eni, facts), ...ipv6Stanzas(eni, facts)] as [
    Stanza,
    ...Stanza[],
  ];
  const all = [{ head: first.head, lines: [...first.lines, ...downLines(eni)] }, ...others];
  // `auto` alone, no `allow-hotplug`: with it udev starts ifup@.service beside us, and the two race for the link.
  const text = all.map(s =>
    [`iface ${stanzaName(eni.link)} ${s.head}`, ...s.lines.map(l => `    ${l}`)].join('\n'),
  );
  return `${[`auto ${linkWord(eni.link)}`, ...mappingLines(eni), ...text].join('\n')}\n`;
}

function ipv4Stanzas(eni: EniPlan, facts: HostFacts): readonly Stanza[] {
  const addresses = eni.addresses.filter(a => a.family === 4);
  const stanza = (a: PlannedAddress): Stanza => ({ head: 'inet static', lines: addressLines(a, facts) });
  const before = [`pre-up ${noAutoconfLine(eni.link)}`];
  const mtuLine = eni.mtu === undefined ? [] : [`pre-up ip link set dev ${eni.link} mtu ${eni.mtu}`];
  const written = addresses.filter(a => !a.dynamic);
  if (eni.addressing === 'dhcp' && written.length < addresses.length) {
    // The address of the ENI first, as a lease: the routes behind it need it. ifup stops if there is none.
    const dhcp = dhcpStanza(eni, facts, [...before, ...mtuLine]);
    return [dhcp, ...written.map(stanza)];
  }
  const [primary, ...secondaries] = written.map(stanza);
  if (primary === undefined) {
    // IPv6 only: the one stanza that a family without addresses needs, for what has to happen before the link is up.
    const lines = [...before, ...mtuLine, `up ip link set dev ${eni.link} up`, ...upLines(eni, 4)];
    return [{ head: 'inet manual', lines }];
  }
  // No `gateway` and no `dns-*`: they would go to main and to resolv.conf.
  const mtu = eni.mtu === undefined ? [] : [`mtu ${eni.mtu}`];
  return [
    { head: primary.head, lines: [...primary.lines, ...mtu, ...before, ...upLines(eni, 4)] },
    ...secondaries,
  ];
}

function dhcpStanza(eni: EniPlan, facts: HostFacts, before: readonly string[]): Stanza {
  const { link } = eni;
  if (dhcpClientOf(facts) === 'dhclient')
    return { head: 'inet dhcp', lines: [...before, ...upLines(eni, 4)] };
  // dhcpcd (Debian 13 with ifupdown) sets the default route itself, by netlink, so no hook can keep it away, and dhcpcd.conf
  // is one file of somebody else without an include. The method `dhcp` passes no options on: so the client is started here,
  // without that file. `nooption`: a default route also comes as classless route (121, 249). `noarp`: probing takes 5 s.
  const metric = eni.connectedRoute ? '' : ' --metric 20000';
  return {
    head: 'inet manual',
    lines: [
      ...before,
      `up ip link set dev ${link} up`,
      `up dhcpcd -4 --config /dev/null --nogateway --noarp --noipv4ll --nooption 121,249 --nohook resolv.conf,hostname,ntp.conf --waitip=4 --timeout 30${metric} ${link}`,
      ...dropConnectedRoutes(eni),
      ...upLines(eni, 4),
      `down dhcpcd -4 --config /dev/null --exit ${link} || true`,
      `down ip -4 addr flush dev ${link} || true`,
    ],
  };
}

/** dhcpcd writes the lease's connected route into main itself, and no option keeps it from that. */
function dropConnectedRoutes(eni: EniPlan): readonly string[] {
  const subnets = eni.routes.filter(r => r.family === 4 && r.gateway === undefined && r.table === eni.table);
  if (eni.connectedRoute) return [];
  return subnets.map(
    r => `up ip -4 route del ${r.destination} dev ${linkWord(eni.link)} table 254 2>/dev/null || true`,
  );
}

function ipv6Stanzas(eni: EniPlan, facts: HostFacts): readonly Stanza[] {
  const up = upLines(eni, 6);
  const [first, ...others] = eni.addresses
    .filter(a => a.family === 6)
    .map(
      (a): Stanza => ({
        head: 'inet6 static',
        // Cloud addresses are unique; without duplicate address detection off, the `up` lines run while it is tentative.
        lines: [...addressLines(a, facts), 'accept_ra 0', 'autoconf 0', 'dad-attempts 0'],
      }),
    );
  if (first !== undefined) return [{ head: first.head, lines: [...first.lines, ...up] }, ...others];
  return up.length === 0 ? [] : [{ head: 'inet6 manual', lines: up }];
}

function addressLines(address: PlannedAddress, facts: HostFacts): readonly string[] {
  // `address A/LEN` needs 0.8; the netmask form works on all, so it is the one for an unknown version.
  if (versionAtLeast(facts.versions.ifupdown, '0.8') === true)
    return [`address ${address.ip}/${address.prefixLength}`];
  const mask = address.family === 4 ? netmaskOf(address.prefixLength) : address.prefixLength;
  return [`address ${address.ip}`, `netmask ${mask}`];
}

function upLines(eni: EniPlan, family: 4 | 6): readonly string[] {
  return [
    ...eni.routes.filter(r => r.family === family).map(r => `up ${replaceRouteLine(r, eni.link)}`),
    ...eni.rules.filter(r => r.family === family).map(r => `up ${addRuleOnceLine(r)}`),
  ];
}

function downLines(eni: EniPlan): readonly string[] {
  const routed = ([4, 6] as const).filter(family => eni.routes.some(r => r.family === family));
  return [
    ...eni.rules.toReversed().map(r => `down ${deleteRuleLine(r)}`),
    ...routed.map(family => `down ${flushTableLine(eni, family)}`),
  ];
}
