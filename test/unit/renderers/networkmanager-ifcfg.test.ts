// NetworkManager with ifcfg files: the exact text of two plans, and the traps of its reader as tables.
import { describe, expect, test } from 'vitest';
import type { HostFacts } from '../../../agent/model/host.ts';
import { type EniPlan, isDefaultRoute, type NetworkPlan } from '../../../agent/model/network-plan.ts';
import { networkmanagerIfcfg } from '../../../renderers/networkmanager/ifcfg.ts';
import { networkmanagerKeyfile } from '../../../renderers/networkmanager/keyfile.ts';
import { ifcfgUuid } from '../../../renderers/networkmanager/uuid.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { marker } from '../../../renderers/renderer.ts';
import { examplePlans, mac } from '../../support/example-plans.ts';
import { expectedLines } from '../../support/parse-back/kernel-lines.ts';
import { parseBack } from '../../support/parse-back/networkmanager-ifcfg.ts';

const facts = factsForBackend('networkmanager-ifcfg');
const folder = '/etc/sysconfig/network-scripts';
const plan = (name: string) => examplePlans[name] as NetworkPlan;
const eni = (name: string) => plan(name).enis[0] as EniPlan;
const versioned = (networkmanager: string): HostFacts => ({ ...facts, versions: { networkmanager } });
const contents = (name: string, on: HostFacts = facts) =>
  Object.fromEntries(networkmanagerIfcfg.render(plan(name).enis, on).map(f => [f.path, f.content]));
const withMarker = (text: string) => `# ${marker}\n${text}\n`;

const routeFiles = {
  [`${folder}/route-eth1`]: withMarker(`10.0.2.0/24 metric 0 table 28000
10.0.1.0/24 via 10.0.2.253 onlink metric 0 table 28000
default via 10.0.2.253 onlink metric 0 table 28000`),
  [`${folder}/route6-eth1`]: withMarker(`2001:db8:2::/64 metric 1024 table 28000
2001:db8:1::/64 via fe80::1 metric 1024 table 28000
default via fe80::1 metric 1024 table 28000`),
};
const dispatcher = '/etc/NetworkManager/dispatcher.d/pre-up.d/60-eni-eth1';
const mainRules = ['-4 rule FROM 10.0.2.0/24', '-6 rule FROM 2001:db8:2::/64'].map(words => {
  const [del, add] = ['del from', 'add from'].map(
    verb =>
      `ip ${words.replace('FROM', verb)} lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300`,
  );
  return `${del} 2>/dev/null || true; ${add}\n`;
});
const scriptFile = {
  [dispatcher]: `#!/bin/sh
# ${marker}
# NetworkManager cannot say these rules itself (any rule: 1.18, suppress_prefixlength: 1.20, suppress_ifgroup: never).
[ "$1" = eth1 ] || exit 0
# Another NIC may have the name of this one by now.
[ "$(cat "/sys/class/net/$1/address" 2> /dev/null || echo 00:16:3e:00:00:02)" = 00:16:3e:00:00:02 ] || exit 0
${mainRules.join('')}exit 0
`,
};
const head = `NAME=eni-eth1
UUID=32a264e3-5795-59dd-8091-f988088b0aa3
TYPE=Ethernet
DEVICE=eth1
HWADDR=00:16:3E:00:00:02
ONBOOT=yes
AUTOCONNECT_PRIORITY=200`;
const tail = `IPV6INIT=yes
IPV6_AUTOCONF=no
IPV6ADDR=2001:db8:2::10/128
IPV6ADDR_SECONDARIES=2001:db8:2::11/128
IPV6_DEFROUTE=no
IPV6_PEERDNS=no
IPV6_ADDR_GEN_MODE=eui64
ROUTING_RULE_1="priority 28000 from 10.0.2.0/24 iif lo table 28000 suppress_prefixlength 0"
ROUTING_RULE_2="priority 28600 from 10.0.2.0/24 iif lo table 28000"
ROUTING_RULE_3="priority 33000 from all oif eth1 table 28000"
ROUTING_RULE6_1="priority 28000 from 2001:db8:2::/64 iif lo table 28000 suppress_prefixlength 0"
ROUTING_RULE6_2="priority 28600 from 2001:db8:2::/64 iif lo table 28000"
ROUTING_RULE6_3="priority 33000 from all oif eth1 table 28000"`;

test('a static ENI with both families', () => {
  expect(contents('static-dual-stack')).toEqual({
    [`${folder}/ifcfg-eth1`]: withMarker(`${head}
BOOTPROTO=none
IPADDR=10.0.2.10
PREFIX=32
IPADDR1=10.0.2.11
PREFIX1=32
IPADDR2=10.0.2.12
PREFIX2=32
DEFROUTE=no
PEERDNS=no
${tail}`),
    ...routeFiles,
    ...scriptFile,
  });
});

test('a leased address with static ones beside it', () => {
  expect(contents('dhcp-complete')).toEqual({
    [`${folder}/ifcfg-eth1`]: withMarker(`${head}
BOOTPROTO=dhcp
PEERROUTES=no
IPV4_DHCP_TIMEOUT=2147483647
IPV4_ROUTE_TABLE=28000
IPADDR1=10.0.2.11
PREFIX1=32
IPADDR2=10.0.2.12
PREFIX2=32
DEFROUTE=no
PEERDNS=no
${tail}`),
    ...routeFiles,
    ...scriptFile,
  });
});

test.each([
  ['dhcp-shares-primary-subnet', true],
  ['dhcp-awaiting-lease', true],
  ['dhcp-connected-route', false],
  ['static-dual-stack', false],
])('%s: the lease’s connected route is kept out of main by its table: %s', (name, kept) => {
  const profile = contents(name)[`${folder}/ifcfg-eth1`]!;
  expect(profile.includes('\nIPV4_ROUTE_TABLE=28000\n')).toBe(kept);
  expect(profile).not.toMatch(/IPV6_ROUTE_TABLE|ROUTE_METRIC/);
});

test('a connected route that is wanted: the length of the subnet, and no onlink for its gateway', () => {
  const files = contents('static-connected-route');
  expect(files[`${folder}/ifcfg-eth1`]).toContain(
    'IPADDR=10.0.2.10\nPREFIX=24\nIPADDR1=10.0.2.11\nPREFIX1=32\n',
  );
  expect(files[`${folder}/route-eth1`]).toContain('default via 10.0.2.253 metric 0 table 28000\n');
});

test('a default route for main names its table: without one it would go where IPV4_ROUTE_TABLE says', () => {
  const files = networkmanagerIfcfg.render(plan('dhcp-complete').enis, facts);
  const inMain = { ...eni('dhcp-complete').routes.find(isDefaultRoute)!, table: 254, metric: 20000 };
  const leased = { ...eni('dhcp-complete'), routes: [...eni('dhcp-complete').routes, inMain] };
  const wanted = networkmanagerIfcfg.render([leased], facts);
  expect(parseBack(wanted, 'eth1', facts)).toEqual(expectedLines(leased));
  const without = wanted.map(f => ({ ...f, content: f.content.replace(' table 254', '') }));
  expect(without).not.toEqual(files);
  expect(parseBack(without, 'eth1', facts).routes).not.toEqual(expectedLines(leased).routes);
});

describe('never a rule- file: its existence turns routes and rules off', () => {
  test.each(Object.keys(examplePlans))('%s', name => {
    for (const path of Object.keys(contents(name))) expect(path).not.toMatch(/\/rule6?-/);
  });
  test('as the reader has it', () => {
    const files = networkmanagerIfcfg.render(plan('static-dual-stack').enis, facts);
    const stale = { path: `${folder}/rule-eth1`, mode: 0o644, content: 'from 10.0.2.10 table 9\n', enis: [] };
    expect(parseBack([...files, stale], 'eth1', facts)).toMatchObject({ routes: [], rules: [] });
  });
});

test('route lines have no word that the reader would skip the line for', () => {
  for (const name of Object.keys(examplePlans))
    for (const [path, text] of Object.entries(contents(name)))
      if (path.includes('/route'))
        expect(text.replace(/^#.*\n/, '')).not.toMatch(/\b(dev|proto|scope|src)\b/);
});

describe('versions that cannot say a rule get it by a dispatcher script', () => {
  test.each([
    ['1.14.0', ['suppress_ifgroup', 'iif lo lookup 28000 suppress_prefixlength 0', 'oif eth1'], 0],
    ['1.18.8', ['suppress_ifgroup', 'iif lo lookup 28000 suppress_prefixlength 0'], 4],
    ['1.20.0', ['suppress_ifgroup'], 6],
    ['1.40.16', ['suppress_ifgroup'], 6],
  ])('%s', (version, scripted, inProfile) => {
    const files = contents('static-dual-stack', versioned(version));
    const script = files[dispatcher]!;
    for (const words of ['suppress_ifgroup', 'iif lo lookup 28000 suppress_prefixlength 0', 'oif eth1'])
      expect(script.includes(words)).toBe(scripted.includes(words));
    expect(files[`${folder}/ifcfg-eth1`]?.match(/^ROUTING_RULE/gm) ?? []).toHaveLength(inProfile);
  });

  test.each(['1.14.0', '1.18.8'].flatMap(v => Object.keys(examplePlans).map(name => [v, name] as const)))(
    '%s ends in the same rules: %s',
    (version, name) => {
      const on = versioned(version);
      for (const one of plan(name).enis)
        expect(parseBack(networkmanagerIfcfg.render(plan(name).enis, on), one.link, on)).toEqual(
          expectedLines(one),
        );
    },
  );
});

describe('activation', () => {
  const after = eni('static-dual-stack');
  /** With our profile loaded. */
  const files = { [`${folder}/ifcfg-eth1`]: `# ${marker}\n` };
  const argvs = (changes: Parameters<typeof networkmanagerIfcfg.activate>[0], on: HostFacts = facts) =>
    networkmanagerIfcfg
      .activate(changes, { ...on, files })
      .map(c => `${c.phase}${c.mayFail ? '?' : ''} ${c.argv.join(' ')}`);
  const load = `after-write nmcli connection load ${folder}/ifcfg-eth1`;

  test('a new profile is loaded alone and brought up; a changed one is reapplied, not brought up again', () => {
    const script = `after-write ${dispatcher} eth1 pre-up`;
    expect(argvs([{ kind: 'added', after }])).toEqual([
      load,
      `after-write nmcli --wait 20 connection up uuid ${ifcfgUuid(after.mac)} ifname eth1`,
      script,
    ]);
    expect(argvs([{ kind: 'changed', before: after, after: { ...after, mtu: 1400 } }])).toEqual([
      load,
      'after-write nmcli --wait 20 device reapply eth1',
      script,
    ]);
  });

  test.each([
    ['no file yet', {}],
    ["somebody else's", { [`${folder}/ifcfg-eth1`]: 'DEVICE=eth1\n' }],
  ])(
    'on a link that works by another profile ours has to come up, reapply takes the active one: %s',
    (_what, files) => {
      const change = { kind: 'changed', before: after, after: { ...after, mtu: 1400 } } as const;
      expect(
        networkmanagerIfcfg
          .activate([change], { ...facts, files })
          .map(c => c.argv.join(' '))
          .at(1),
      ).toBe(`nmcli --wait 20 connection up uuid ${ifcfgUuid(after.mac)} ifname eth1`);
    },
  );

  const leased = eni('dhcp-complete');
  test.each([
    ['the same lease', leased, { ...leased, mtu: 1400 }, false],
    ['a lease for a static address', after, leased, true],
    ['a static address for a lease', leased, after, true],
    ['the connected route to main', leased, eni('dhcp-connected-route'), true],
  ])(
    'before 1.20 another table is refused by reapply, and comes up anew: %s',
    (_what, before, next, anew) => {
      const change = { kind: 'changed', before, after: next } as const;
      for (const version of ['1.20.0', '1.30.6', '1.40.16'])
        expect(argvs([change], versioned(version)).at(1)).toMatch(/reapply/);
      expect(argvs([change], versioned('1.18.8')).slice(1, 2)).toEqual([
        anew
          ? `after-write nmcli --wait 20 connection up uuid ${ifcfgUuid(after.mac)} ifname eth1`
          : 'after-write nmcli --wait 20 device reapply eth1',
      ]);
    },
  );

  test('a removed profile: one load of what is not there any more, and the rules of the script', () => {
    const removed = { kind: 'removed', before: after, linkPresent: true } as const;
    expect(argvs([removed])).toEqual([
      load.replace('write', 'write?'),
      ...mainRules.map(line => `after-write? ${line.split(' 2>')[0]}`),
    ]);
  });

  test('the rules of the script of an old version: run anew, and taken away by name', () => {
    const one = { ...after, rules: after.rules.filter(r => r.priority < 28600) };
    const change = { kind: 'changed', before: after, after: one } as const;
    expect(argvs([change], versioned('1.18.8')).slice(2)).toEqual([`after-write ${dispatcher} eth1 pre-up`]);
    expect(argvs([change], versioned('1.14.0')).slice(2)).toEqual([
      `after-write ${dispatcher} eth1 pre-up`,
      'after-write? ip -4 rule del from 10.0.2.0/24 iif lo lookup 28000 priority 28600',
      'after-write? ip -6 rule del from 2001:db8:2::/64 iif lo lookup 28000 priority 28600',
      'after-write? ip -4 rule del from all oif eth1 lookup 28000 priority 33000',
      'after-write? ip -6 rule del from all oif eth1 lookup 28000 priority 33000',
    ]);
    const removed = { kind: 'removed', before: after, linkPresent: true } as const;
    expect(argvs([removed], versioned('1.18.8')).filter(c => c.includes('rule del'))).toHaveLength(4);
  });
});

test('a UUID per MAC, of version 5, and never the one of the keyfile for the same ENI', () => {
  const one = mac('00:16:3e:00:00:02');
  expect(ifcfgUuid(one)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(ifcfgUuid(mac('00:16:3e:00:00:03'))).not.toBe(ifcfgUuid(one));
  const keyfile = networkmanagerKeyfile.render(plan('static-dual-stack').enis, facts).map(f => f.content);
  expect(keyfile.join('')).toContain('uuid=');
  expect(keyfile.join('')).not.toContain(ifcfgUuid(one));
});
