// Reads .network files as systemd-networkd does: sections repeat, drop-ins follow the main file, unknown keys are ignored with a
// warning (so the version decides what is left of a file). Source: systemd.network(5) of 237 to 257. Also used for what netplan
// generates.

import { type Cidr, type Family, type Ip, parseIp } from '../../../agent/model/address.ts';
import type { HostFacts } from '../../../agent/model/host.ts';
import { addressKey, routeKey, ruleKey } from '../../../agent/model/kernel-state.ts';
import { mainTable } from '../../../agent/model/network-plan.ts';
import { parseOwnMark } from '../../../agent/model/rule-words.ts';
import type { RenderedFile } from '../../../renderers/renderer.ts';
import { networkFrom, numberOrNone, readIpScript } from './ip-script.ts';
import { type KernelLines, kernelLines, kernelMetric, leakedDefault } from './kernel-lines.ts';

interface Section {
  readonly name: string;
  /** In the order of the file; a key may repeat. */
  readonly entries: (readonly [key: string, value: string])[];
}

/** systemd versions that know a key; before them the line is dropped and the rest of the section stays. */
const keySince: Readonly<Record<string, number>> = {
  'RoutingPolicyRule.SuppressPrefixLength': 245,
  'Route.GatewayOnlink': 234,
  'Route.GatewayOnLink': 245,
  'Match.PermanentMACAddress': 245,
  'DHCPv4.UseGateway': 246,
};

export function parseBack(files: readonly RenderedFile[], link: string, facts: HostFacts): KernelLines {
  const path = files
    .map(f => f.path)
    .filter(p => p.startsWith('/etc/systemd/network/') && p.endsWith(`-${link}.network`))
    .sort()[0];
  if (path === undefined) return kernelLines({ addresses: [], routes: [], rules: [] });
  const main = files.find(f => f.path === path)!.content;
  return readNetwork([main, ...dropInsOf(files, path)], link, facts, dispatcherScripts(files, link));
}

/** Contents of `X.network.d/*.conf` below /etc, in the order in which networkd reads them. */
export function dropInsOf(files: readonly RenderedFile[], path: string): readonly string[] {
  return files
    .filter(f => f.path.startsWith(`${path}.d/`) && f.path.endsWith('.conf'))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(f => f.content);
}

/** Scripts that networkd-dispatcher runs for this link; it needs an executable with an interpreter line. */
export function dispatcherScripts(files: readonly RenderedFile[], link: string): readonly string[] {
  return files
    .filter(f => f.path.startsWith('/etc/networkd-dispatcher/routable.d/') && (f.mode & 0o111) !== 0)
    .map(f => f.content)
    .filter(text => text.startsWith('#!/') && text.includes(`[ "$IFACE" = ${link} ] || exit 0`));
}

/**
 * @param texts the main file, then its drop-ins
 * @throws Error if the [Match] cannot fit exactly this one NIC
 */
export function readNetwork(
  texts: readonly string[],
  link: string,
  facts: HostFacts,
  scripts: readonly string[] = [],
): KernelLines {
  const version = Number.parseInt(facts.versions.systemd ?? '999', 10);
  const sections = texts.flatMap(text => sectionsOf(text, version));
  checkMatch(sections, link, version);
  // Scalars live in one place per section name, whichever file set them last.
  const network = sections.filter(s => s.name === 'Network').flatMap(s => s.entries);
  const last = (key: string) => network.findLast(([k]) => k === key)?.[1];
  const dhcpEntries = sections.filter(s => s.name === 'DHCPv4').flatMap(s => s.entries);
  const dhcp4 = ['ipv4', 'yes', 'true'].includes(last('DHCP') ?? 'no');
  const useRoutes = !isNo(dhcpEntries.findLast(([k]) => k === 'UseRoutes')?.[1] ?? 'yes');
  const plain = network.filter(([k]) => k === 'Address').map(([, v]) => v);
  const scriptLines = scripts.map(text => readIpScript(text, link));
  return kernelLines({
    addresses: [...plain, ...named(sections, 'Address').flatMap(s => s.get('Address') ?? [])].map(text =>
      readAddress(text, link),
    ),
    routes: [
      ...named(sections, 'Route').flatMap(s => readRoute(s, link)),
      ...(dhcp4 && useRoutes ? [leakedDefault('dhcp', link)] : []),
      ...(isNo(last('IPv6AcceptRA') ?? 'yes') ? [] : [leakedDefault('ra', link)]),
    ],
    rules: [...named(sections, 'RoutingPolicyRule').flatMap(readRule), ...scriptLines.flatMap(s => s.rules)],
  });
}

function sectionsOf(text: string, version: number): readonly Section[] {
  const sections: Section[] = [];
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const header = /^\[([A-Za-z0-9]+)\]$/.exec(line)?.[1];
    if (header !== undefined) {
      // [DHCP] is the old name, still read by all; [DHCPv4] came with 243, and a section that is not known is dropped.
      const dropped = header === 'DHCPv4' && version < 243;
      sections.push({ name: dropped ? 'dropped' : header === 'DHCP' ? 'DHCPv4' : header, entries: [] });
      continue;
    }
    const section = sections.at(-1);
    const at = line.indexOf('=');
    if (section === undefined || at < 1) throw new Error(`networkd cannot read the line ${raw}`);
    const key = line.slice(0, at).trim();
    if ((keySince[`${section.name}.${key}`] ?? 0) <= version)
      section.entries.push([key, line.slice(at + 1).trim()]);
  }
  return sections;
}

function named(sections: readonly Section[], name: string): readonly ReadonlyMap<string, string>[] {
  return sections.filter(s => s.name === name).map(s => new Map(s.entries));
}

/** A [Match] without a MAC would fit another NIC after a change of names; `Type=ether` fits no NIC before 245. */
function checkMatch(sections: readonly Section[], link: string, version: number): void {
  const lists = new Map<string, string[]>();
  // An empty value takes back what was listed before; the lists are sets.
  for (const [key, value] of sections.filter(s => s.name === 'Match').flatMap(s => s.entries))
    lists.set(key, value === '' ? [] : [...new Set([...(lists.get(key) ?? []), ...value.split(/\s+/)])]);
  const macs = lists.get('MACAddress') ?? [];
  if (macs.length !== 1) throw new Error(`[Match] has ${macs.length} current MAC addresses`);
  const permanent = lists.get('PermanentMACAddress') ?? [];
  if (permanent.length > 0) throw new Error('[Match] PermanentMACAddress= never fits a veth');
  const types = lists.get('Type') ?? [];
  if (types.length > 0 && version < 245) throw new Error('[Match] Type= never fits a NIC before 245');
  const names = lists.get('Name') ?? [];
  if (types.join() !== 'ether' && names.join() !== link)
    throw new Error('[Match] fits bridges and VLANs on top of the NIC as well');
}

function readAddress(text: string, link: string): string {
  const [address = '', length] = text.split('/');
  const ip = parseIp(address);
  if (ip === undefined) throw new Error(`Address=${text}`);
  return addressKey({ link, ip, prefixLength: Number(length ?? (ip.includes(':') ? 128 : 32)) });
}

function readRoute(section: ReadonlyMap<string, string>, link: string): readonly string[] {
  const gateway = section.get('Gateway');
  const target = section.get('Destination');
  // networkd ignores a [Route] with neither.
  if (gateway === undefined && target === undefined) return [];
  const family: Family = (target ?? gateway!).includes(':') ? 6 : 4;
  const metric = section.get('Metric');
  return [
    routeKey({
      table: Number(section.get('Table') ?? mainTable),
      destination: networkFrom(target ?? (family === 4 ? '0.0.0.0/0' : '::/0')) as Cidr,
      gateway: gateway as Ip | undefined,
      link,
      metric: kernelMetric(family, metric === undefined ? undefined : Number(metric)),
    }),
  ];
}

function readRule(section: ReadonlyMap<string, string>): readonly string[] {
  const table = section.get('Table') ?? String(mainTable);
  // 247: "Failed to parse RPDB rule table, ignoring: main".
  if (!/^\d+$/.test(table)) return [];
  const from = networkFrom(section.get('From'));
  const to = networkFrom(section.get('To'));
  return [
    ruleKey({
      family: (from ?? to ?? '').includes(':') ? 6 : 4,
      priority: Number(section.get('Priority') ?? Number.NaN),
      from: from?.endsWith('/0') ? undefined : from,
      to,
      iif: section.get('IncomingInterface'),
      oif: section.get('OutgoingInterface'),
      fwmark: parseOwnMark(section.get('FirewallMark') ?? ''),
      table: Number(table),
      suppressPrefixLength: numberOrNone(section.get('SuppressPrefixLength')),
      suppressGroup: numberOrNone(section.get('SuppressInterfaceGroup')),
    }),
  ];
}

function isNo(text: string): boolean {
  return ['no', 'false', 'off', '0'].includes(text);
}
