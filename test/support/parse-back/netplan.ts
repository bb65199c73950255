// Reads netplan's YAML as its generator does, turns it into the .network file that the generator writes (executed: 0.106), and
// reads that one with its drop-ins as networkd does. A key that the version does not know fails everything, as in the generator.
import { load } from 'js-yaml';
import type { HostFacts } from '../../../agent/model/host.ts';
import { versionAtLeast } from '../../../renderers/formats/version-order.ts';
import type { RenderedFile } from '../../../renderers/renderer.ts';
import { type KernelLines, kernelLines } from './kernel-lines.ts';
import { dispatcherScripts, dropInsOf, readNetwork } from './networkd.ts';

type Mapping = Readonly<Record<string, unknown>>;

/** Key of a definition, and the first netplan that accepts it. */
const definitionKeys: Readonly<Record<string, string>> = {
  match: '0.36',
  'set-name': '0.36',
  optional: '0.36',
  dhcp4: '0.36',
  dhcp6: '0.36',
  'accept-ra': '0.36',
  addresses: '0.36',
  routes: '0.36',
  mtu: '0.36',
  critical: '0.40',
  'link-local': '0.40',
  'dhcp4-overrides': '0.96',
};
const routeKeys = ['to', 'via', 'on-link', 'scope', 'table', 'metric'];

export function parseBack(files: readonly RenderedFile[], link: string, facts: HostFacts): KernelLines {
  const yaml = files.find(f => f.path === `/etc/netplan/60-eni-${link}.yaml`);
  if (yaml === undefined) return kernelLines({ addresses: [], routes: [], rules: [] });
  const ethernets = generate(yaml.content, facts);
  const [id, text] = ethernets[0]!;
  if (ethernets.length !== 1) throw new Error('one file, one definition');
  return readNetwork(
    [text, ...dropInsOf(files, `/etc/systemd/network/10-netplan-${id}.network`)],
    link,
    facts,
    dispatcherScripts(files, link),
  );
}

/** Ids and the text of their `10-netplan-<id>.network`. */
export function generate(
  yaml: string,
  facts: HostFacts,
): readonly (readonly [id: string, network: string])[] {
  const netplan = facts.versions.netplan ?? '0.36';
  const root = mapping(mapping(load(yaml)).network);
  if (root.version !== 2) throw new Error('netplan wants version: 2');
  return Object.entries(mapping(root.ethernets)).map(([id, body]) => {
    const definition = mapping(body);
    for (const key of Object.keys(definition)) {
      const since = definitionKeys[key];
      if (since === undefined || versionAtLeast(netplan, since) !== true)
        throw new Error(`netplan ${netplan} fails on ${key}`);
    }
    return [id, networkText(definition, netplan)];
  });
}

function networkText(definition: Mapping, netplan: string): string {
  const matchKey = versionAtLeast(netplan, '0.106') === true ? 'PermanentMACAddress' : 'MACAddress';
  const mac = mapping(definition.match).macaddress;
  const addresses = list(definition.addresses).map(text => `Address=${text}`);
  return [
    '[Match]',
    ...(typeof mac === 'string' ? [`${matchKey}=${mac}`] : []),
    '[Network]',
    ...(definition.dhcp4 === true ? ['DHCP=ipv4'] : []),
    'LinkLocalAddressing=ipv6',
    ...addresses,
    ...(definition['accept-ra'] === false ? ['IPv6AcceptRA=no'] : []),
    ...list(definition.routes).flatMap(route => routeText(mapping(route), netplan)),
    // The generator adds these to every DHCP client of a physical NIC.
    ...(definition.dhcp4 === true ? ['[DHCP]', 'RouteMetric=100', 'UseMTU=true'] : []),
  ].join('\n');
}

function routeText(route: Mapping, netplan: string): readonly string[] {
  for (const key of Object.keys(route))
    if (!routeKeys.includes(key)) throw new Error(`netplan fails on ${key} in a route`);
  // 0.99 fails on `default`, 0.36 to 0.39 on a route without `via`.
  if (route.to === 'default') throw new Error('netplan before 0.104 fails on to: default');
  if (route.via === undefined && (route.scope !== 'link' || versionAtLeast(netplan, '0.40') !== true))
    throw new Error(`netplan ${netplan}: unicast route must include both a 'to' and 'via' IP`);
  // Executed on 0.106, 1.1.2 and 1.2.2: netplan writes `Scope=link` for a route without `via`, also where the YAML has no scope.
  if (route.via === undefined && String(route.to).includes(':'))
    throw new Error('networkd: Scope= is specified for IPv6 route. It will be ignored');
  const line = (key: string, value: unknown) => (value === undefined ? [] : [`${key}=${value}`]);
  return [
    '[Route]',
    ...line('Destination', route.to),
    ...line('Gateway', route.via),
    ...line('GatewayOnLink', route['on-link']),
    ...line('Scope', route.scope),
    ...line('Table', route.table),
    ...line('Metric', route.metric),
  ];
}

function mapping(value: unknown): Mapping {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not a mapping');
  return value as Mapping;
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Error('not a list');
  return value;
}
