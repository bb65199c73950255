// What is never written: names and values that a format would take for something else. And the order of versions that are no numbers.
import { describe, expect, test } from 'vitest';
import type { BackendName, HostFacts } from '../../../agent/model/host.ts';
import type { NetworkPlan } from '../../../agent/model/network-plan.ts';
import { renderVariables } from '../../../renderers/formats/shell-variables.ts';
import { versionAtLeast } from '../../../renderers/formats/version-order.ts';
import { ifupdown } from '../../../renderers/ifupdown/renderer.ts';
import { initscripts } from '../../../renderers/initscripts/renderer.ts';
import { encodeYaml } from '../../../renderers/netplan/yaml.ts';
import { encodeSystemdIni } from '../../../renderers/networkd/systemd-ini.ts';
import { encodeKeyfile } from '../../../renderers/networkmanager/keyfile-text.ts';
import { renderers } from '../../../renderers/registry.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { noIpv6OnLink } from '../../../renderers/renderer.ts';
import { cidr, examplePlans } from '../../support/example-plans.ts';

test('an unparsed link name never reaches a file', () => {
  const bad = (link: string): NetworkPlan => ({
    primaryLink: 'eth0',
    enis: [{ ...examplePlans['static-dual-stack']!.enis[0]!, link }],
    skipped: [],
  });
  for (const link of ['eth1;reboot', 'eth1\nauto eth0', '../eth1', 'eth1 eth2', '', 'a'.repeat(16), '-f'])
    expect(() => ifupdown.render(bad(link).enis, factsForBackend('ifupdown'))).toThrow('cannot be written');
});

test('a network is a word of its own for ip, so nothing else can be in it', () => {
  const plan = examplePlans['static-ipv4-mtu']!;
  const eni = plan.enis[0]!;
  const route = { ...eni.routes[0]!, destination: cidr('10.0.2.0/24') };
  const bad = { ...route, destination: '10.0.2.0/24 dev eth0' as typeof route.destination };
  const broken = { ...plan, enis: [{ ...eni, routes: [bad] }] };
  expect(() => initscripts.render(broken.enis, factsForBackend('initscripts'))).toThrow(
    'no word of an ip command',
  );
});

test('an alias whose label is too long for the kernel is an error, not a missing address', () => {
  const eni = examplePlans['dhcp-complete']!.enis[0]!;
  const long = { ...examplePlans['dhcp-complete']!, enis: [{ ...eni, link: 'enp175s0f1npf0' }] };
  expect(() => initscripts.render(long.enis, factsForBackend('initscripts'))).toThrow('longer than 15');
});

describe('a value that the format cannot carry', () => {
  test.each(['a\nb', 'x: y', '*', '&a', '"', '#', '{}', 'é', 'a b'])('YAML: %j', value => {
    expect(() => encodeYaml([], { network: { renderer: value } })).toThrow(/YAML/);
  });

  test.each(['a\nGateway=1.2.3.4', 'a b', '%i', 'x\\', 'é', '$(x)'])('systemd: %j', value => {
    const route = { name: 'Route', entries: [['Gateway', value]] } as const;
    expect(() => encodeSystemdIni([], [route])).toThrow(/cannot be written to a systemd file/);
  });

  test.each(['a\nmethod=auto', 'a\\nb', 'a;b', ' a', 'a ', 'é', '$x'])('keyfile: %j', value => {
    const section = { name: 'ipv4', entries: [['address1', value]] } as const;
    expect(() => encodeKeyfile([], [section])).toThrow(/cannot be written to a keyfile/);
  });

  test.each(['a\nb', '$(x)', '`x`', '"', "'", 'a;b', 'é'])('variables: %j', value => {
    expect(() => renderVariables([['IPADDR', value]], 'needed')).toThrow(/variables file/);
  });
});

test('keys and comments are looked at too', () => {
  expect(() => encodeYaml([], { 'a: b': 1 })).toThrow(/YAML/);
  expect(() => encodeYaml(['a\nb'], {})).toThrow(/comment/);
  expect(() => encodeSystemdIni(['a\nb'], [])).toThrow(/comment/);
  expect(() => encodeSystemdIni(['ends in \\'], [])).toThrow(/comment/);
  expect(() => encodeSystemdIni([], [{ name: 'a]', entries: [['b', 1]] }])).toThrow(/systemd key/);
  expect(() => encodeKeyfile(['a\nb'], [])).toThrow(/comment/);
  expect(() => encodeKeyfile([], [{ name: 'IPv4', entries: [] }])).toThrow(/keyfile key/);
  expect(() => renderVariables([['a b', 1]], 'needed')).toThrow(/variables file/);
});

test('a keyfile says nothing twice: GKeyFile keeps the last one only', () => {
  const twice = { name: 'ipv4', entries: [['a', 1] as const, ['a', 2] as const] };
  const section = { name: 'a', entries: [] };
  expect(() => encodeKeyfile([], [twice])).toThrow(/repeats/);
  expect(() => encodeKeyfile([], [section, section])).toThrow(/repeats/);
});

test.each([
  ['0.8', '0.8', true],
  ['0.8.0', '0.8', true],
  ['0.8', '0.8.1', false],
  ['0.10', '0.9', true],
  ['1.x', '1.1', false],
  ['', '0.8', undefined],
  ['v2', '0.8', undefined],
  [undefined, '0.8', undefined],
])('version %j is at least %j: %j', (version, wanted, expected) => {
  expect(versionAtLeast(version, wanted)).toBe(expected);
});

describe('an IPv6 gateway that main has no network for', () => {
  const facts = (versions: Readonly<Record<string, string>>) => ({ versions }) as unknown as HostFacts;
  test.each<readonly [string, BackendName, Readonly<Record<string, string>>, RegExp | undefined]>([
    ['any backend', 'ifupdown', { kernel: '4.16.0' }, undefined],
    ['a kernel that does not look at the word', 'ifupdown', { kernel: '4.15.0' }, /kernel before 4\.16/],
    ['NetworkManager that knows it', 'networkmanager-keyfile', { networkmanager: '1.18.0' }, undefined],
    ['one that does not', 'networkmanager-keyfile', { networkmanager: '1.16.2' }, /from version 1\.18 on/],
    ['versions that are not known', 'networkmanager-ifcfg', {}, undefined],
  ])('%s', (_name, backend, versions, why) => {
    const said = noIpv6OnLink(renderers[backend], facts(versions));
    if (why === undefined) expect(said).toBeUndefined();
    else expect(said).toMatch(why);
  });
});
