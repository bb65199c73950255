// wicked: the exact text of two plans, and what it loses or refuses as tables.
import { describe, expect, test } from 'vitest';
import type { HostFacts } from '../../../agent/model/host.ts';
import type { EniPlan, NetworkPlan } from '../../../agent/model/network-plan.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { marker } from '../../../renderers/renderer.ts';
import { wicked } from '../../../renderers/suse/wicked.ts';
import { examplePlans } from '../../support/example-plans.ts';
import { expectedLines } from '../../support/parse-back/kernel-lines.ts';
import { parseBack } from '../../support/parse-back/wicked.ts';

const facts = factsForBackend('wicked');
const folder = '/etc/sysconfig/network';
const up = `${folder}/scripts/eni-eth1-up`;
const down = `${folder}/scripts/eni-eth1-down`;
const plan = (name: string) => examplePlans[name] as NetworkPlan;
const eni = (name: string) => plan(name).enis[0] as EniPlan;
const contents = (name: string, on: HostFacts = facts) =>
  Object.fromEntries(wicked.render(plan(name).enis, on).map(f => [f.path, f.content]));
const withMarker = (text: string) => `# ${marker}\n${text}\n`;
const versioned = (version: string | undefined): HostFacts => ({
  ...facts,
  versions: version === undefined ? {} : { wicked: version },
});

const scripts = `CLOUD_NETCONFIG_MANAGE='no'
POST_UP_SCRIPT='wicked:${up}'
PRE_DOWN_SCRIPT='wicked:${down}'`;
const networks4 = 'from 10.0.2.0/24 iif lo lookup 28000 suppress_prefixlength 0 priority 28000';
const networks6 = 'from 2001:db8:2::/64 iif lo lookup 28000 suppress_prefixlength 0 priority 28000';
const bound = 'from all oif eth1 lookup 28000 priority 33000';
const suppress4 = 'from 10.0.2.0/24 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300';
const suppress6 =
  'from 2001:db8:2::/64 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300';
const dropLeased = 'ip -4 route flush table 254 dev eth1 proto dhcp 2>/dev/null || true';
const dropConnected = (subnet: string) =>
  `ip -4 route del ${subnet} dev eth1 proto kernel table 254 2>/dev/null || true`;
const script = (...lines: readonly string[]) =>
  ['#!/bin/sh', `# ${marker}`, 'PATH=/sbin:/usr/sbin:/bin:/usr/bin', ...lines, 'exit 0', ''].join('\n');
const common = {
  [`${folder}/ifroute-eth1`]: withMarker(`10.0.2.0/24 - - eth1 table 28000
10.0.1.0/24 - - eth1 table 28000 nexthop via 10.0.2.253 onlink
default - - eth1 table 28000 nexthop via 10.0.2.253 onlink
2001:db8:2::/64 - - eth1 table 28000
2001:db8:1::/64 fe80::1 - eth1 table 28000
default fe80::1 - eth1 table 28000`),
  [`${folder}/ifrule-eth1`]: withMarker(`ipv4 from 10.0.2.0/24 iif lo table 28000 priority 28600
ipv6 from 2001:db8:2::/64 iif lo table 28000 priority 28600`),
  [`${folder}/ifsysctl-eth1`]: withMarker(`net.ipv6.conf.$INTERFACE.accept_ra = 0
net.ipv6.conf.$INTERFACE.autoconf = 0
net.ipv6.conf.$INTERFACE.accept_dad = 0`),
  [down]: script(
    `ip -6 rule del ${bound} 2>/dev/null || true`,
    `ip -4 rule del ${bound} 2>/dev/null || true`,
    `ip -6 rule del ${suppress6} 2>/dev/null || true`,
    `ip -4 rule del ${suppress4} 2>/dev/null || true`,
    `ip -6 rule del ${networks6} 2>/dev/null || true`,
    `ip -4 rule del ${networks4} 2>/dev/null || true`,
  ),
};
const upLines = [
  `ip -4 rule del ${networks4} 2>/dev/null || true; ip -4 rule add ${networks4}`,
  `ip -6 rule del ${networks6} 2>/dev/null || true; ip -6 rule add ${networks6}`,
  `ip -4 rule del ${suppress4} 2>/dev/null || true; ip -4 rule add ${suppress4}`,
  `ip -6 rule del ${suppress6} 2>/dev/null || true; ip -6 rule add ${suppress6}`,
  `ip -4 rule del ${bound} 2>/dev/null || true; ip -4 rule add ${bound}`,
  `ip -6 rule del ${bound} 2>/dev/null || true; ip -6 rule add ${bound}`,
];

test('a static ENI with both families', () => {
  expect(contents('static-dual-stack')).toEqual({
    [`${folder}/ifcfg-eth1`]: withMarker(`BOOTPROTO='static'
STARTMODE='hotplug'
IPADDR='10.0.2.10/32'
IPADDR_1='10.0.2.11/32'
IPADDR_2='10.0.2.12/32'
IPADDR_6_0='2001:db8:2::10/128'
IPADDR_6_1='2001:db8:2::11/128'
${scripts}`),
    ...common,
    [up]: script(...upLines),
  });
});

test.each([
  ['none', 'no', true],
  ['nds none', 'no', true],
  ['default-route', 'no', true],
  ['nds', 'yes', true],
  ['nds', 'no', false],
])(
  'DHCLIENT_UPDATE=%s, DHCLIENT_SET_DEFAULT_ROUTE=%s: a default route in main is %s',
  (update, set, there) => {
    const files = wicked.render(plan('dhcp-complete').enis, facts).map(file => ({
      ...file,
      content: file.content
        .replace(/^DHCLIENT_UPDATE=.*$/m, `DHCLIENT_UPDATE='${update}'`)
        .replace(/^DHCLIENT_SET_DEFAULT_ROUTE=.*$/m, `DHCLIENT_SET_DEFAULT_ROUTE='${set}'`),
    }));
    const { routes } = parseBack(files, 'eth1', facts);
    expect(routes.some(line => line.startsWith('route 254 0.0.0.0/0'))).toBe(there);
  },
);

test('a leased address with static ones beside it', () => {
  expect(contents('dhcp-complete')).toEqual({
    [`${folder}/ifcfg-eth1`]: withMarker(`BOOTPROTO='dhcp4'
STARTMODE='hotplug'
DHCLIENT_SET_DEFAULT_ROUTE='no'
DHCLIENT_SET_HOSTNAME='no'
DHCLIENT_UPDATE='nds'
DHCLIENT_ROUTE_PRIORITY='28000'
IPADDR_1='10.0.2.11/32'
IPADDR_2='10.0.2.12/32'
IPADDR_6_0='2001:db8:2::10/128'
IPADDR_6_1='2001:db8:2::11/128'
${scripts}`),
    ...common,
    // First: until then main sends everything for that subnet by this link.
    [up]: script(dropLeased, dropConnected('10.0.2.0/24'), ...upLines),
  });
});

test('scripts are executable, nothing else is', () => {
  for (const file of wicked.render(plan('static-dual-stack').enis, facts))
    expect(file.mode).toBe(file.path.includes('/scripts/') ? 0o755 : 0o644);
});

describe('suppress_prefixlength 0 is never left to ifrule, where it is lost', () => {
  test.each(Object.keys(examplePlans))('%s', name => {
    for (const [path, text] of Object.entries(contents(name)))
      if (path.includes('/ifrule-')) expect(text).not.toContain('suppress');
  });
});

describe('no ifrule before 0.6.71: all rules go into the script', () => {
  test.each([
    ['0.6.31', false],
    [undefined, false],
    ['0.6.33', false],
    ['0.6.60', false],
    ['0.6.70', false],
    ['0.6.71', true],
    ['0.6.79', true],
  ])('%s', (version, ifrule) => {
    const on = versioned(version);
    expect(Object.hasOwn(contents('static-dual-stack', on), `${folder}/ifrule-eth1`)).toBe(ifrule);
    for (const name of Object.keys(examplePlans))
      for (const one of plan(name).enis)
        for (const reader of ifrule ? ['0.6.71', '0.6.79'] : ['0.6.31', '0.6.60', '0.6.79'])
          expect(parseBack(wicked.render(plan(name).enis, on), one.link, versioned(reader))).toEqual(
            expectedLines(one),
          );
  });
});

test('onlink is said of a next hop, for both families', () => {
  expect(contents('static-shares-primary-subnet')[`${folder}/ifroute-eth1`]).toContain(
    'default - - eth1 table 28000 nexthop via 10.0.1.253 onlink\n',
  );
  const one = eni('static-dual-stack');
  const routes = one.routes.map(r => ({ ...r, onLink: r.gateway !== undefined }));
  const files = wicked.render([{ ...one, routes }], facts);
  expect(files.find(f => f.path.includes('ifroute'))?.content).toContain(
    '::/0 - - eth1 table 28000 nexthop via fe80::1 onlink\n',
  );
  expect(parseBack(files, 'eth1', facts)).toEqual(expectedLines(one));
});

test('where main is to have the subnets, the first address of each has their length, and the gateway needs no onlink', () => {
  const files = contents('static-connected-route');
  const text = files[`${folder}/ifcfg-eth1`] ?? '';
  expect(text).toContain("IPADDR='10.0.2.10/24'\nIPADDR_1='10.0.2.11/32'\n");
  expect(text).toContain("IPADDR_6_0='2001:db8:2::10/64'\nIPADDR_6_1='2001:db8:2::11/128'\n");
  expect(files[`${folder}/ifroute-eth1`]).toContain('\ndefault 10.0.2.253 - eth1 table 28000\n');
});

describe('a lease comes with its connected route, which has to go unless main is to have the subnet', () => {
  const anyDrop = /route del/;
  test.each([
    ['dhcp-complete', '10.0.2.0/24'],
    ['dhcp-shares-primary-subnet', '10.0.1.0/24'],
  ])('%s: %s goes', (name, subnet) => {
    const lines = (contents(name)[up] ?? '').split('\n').filter(l => anyDrop.test(l));
    expect(lines).toEqual([dropConnected(subnet)]);
  });
  test.each([['dhcp-connected-route'], ['static-connected-route'], ['static-shares-primary-subnet']])(
    '%s: nothing goes',
    name => {
      expect(contents(name)[up]).toContain('suppress_prefixlength 0');
      expect(contents(name)[up]).not.toMatch(anyDrop);
    },
  );

  test('the scripts are there for that alone, and run anew after a change', () => {
    const one = eni('dhcp-complete');
    const before = {
      ...one,
      rules: one.rules.filter(r => r.suppressPrefixLength === undefined && r.oif === undefined),
    };
    const after = { ...before, mtu: 1400 };
    const files = wicked.render([before], facts);
    expect(files.find(f => f.path === up)?.content).toBe(script(dropLeased, dropConnected('10.0.2.0/24')));
    expect(files.find(f => f.path === down)?.content).toBe(script());
    expect(wicked.activate([{ kind: 'changed', before, after }], facts).map(c => c.argv)).toEqual([
      ['wicked', 'ifup', 'eth1'],
      [up],
    ]);
    const connected = { ...plan('dhcp-complete'), enis: [{ ...before, connectedRoute: true }] };
    const kept = wicked.render(connected.enis, facts);
    expect(kept.find(f => f.path === up)?.content).toBe(script(dropLeased));
  });
});

test('no rules yet: the script is there for the routes that the lease will bring', () => {
  const files = contents('dhcp-awaiting-lease');
  expect(Object.keys(files)).toEqual([`${folder}/ifcfg-eth1`, `${folder}/ifsysctl-eth1`, up, down]);
  expect(files[up]).toBe(script(dropLeased));
});

describe('activation', () => {
  const after = eni('static-dual-stack');
  const argvs = (changes: Parameters<typeof wicked.activate>[0]) =>
    wicked.activate(changes, facts).map(c => `${c.phase}${c.mayFail ? '?' : ''} ${c.argv.join(' ')}`);

  test('a change is a second ifup (never ifreload, which takes the link down), and the script anew', () => {
    expect(argvs([{ kind: 'added', after }])).toEqual(['after-write wicked ifup eth1']);
    const one = { ...after, rules: after.rules.filter(r => r.family === 4) };
    expect(argvs([{ kind: 'changed', before: after, after: one }])).toEqual([
      'after-write wicked ifup eth1',
      `after-write ${up}`,
      ...[networks6, suppress6, bound].map(rule => `after-write? ip -6 rule del ${rule}`),
    ]);
  });

  test('a removal: ifdown while the files are there', () => {
    const removed = { kind: 'removed', before: eni('dhcp-complete'), linkPresent: false } as const;
    const list = argvs([removed]);
    expect(list[0]).toBe('before-write? wicked ifdown eth1');
    expect(list[1]).toBe('before-write? wicked nanny delpolicy policy__eth1');
    expect(list.slice(2, -1)).toEqual([
      'before-write? ip -4 rule del from 10.0.2.0/24 iif lo lookup 28000 suppress_prefixlength 0 priority 28000',
      'before-write? ip -6 rule del from 2001:db8:2::/64 iif lo lookup 28000 suppress_prefixlength 0 priority 28000',
      `before-write? ip -4 rule del ${suppress4}`,
      `before-write? ip -6 rule del ${suppress6}`,
      'before-write? ip -4 rule del from 10.0.2.0/24 iif lo lookup 28000 priority 28600',
      'before-write? ip -6 rule del from 2001:db8:2::/64 iif lo lookup 28000 priority 28600',
      'before-write? ip -4 rule del from all oif eth1 lookup 28000 priority 33000',
      'before-write? ip -6 rule del from all oif eth1 lookup 28000 priority 33000',
    ]);
    expect(list.at(-1)).toBe(
      'after-write? rm -f /var/lib/wicked/lease-eth1-dhcp-ipv4.xml /var/lib/wicked/lease-eth1-dhcp-ipv6.xml',
    );
    const present = argvs([{ ...removed, linkPresent: true }]);
    expect(present[0]).toBe('before-write wicked ifdown eth1');
    // ifdown of a link that is there does it itself.
    expect(present.join('\n')).not.toContain('delpolicy');
  });

  test('the policy of a link that has gone goes under the name that the nanny gave it', () => {
    const before = { ...eni('static-two-enis'), link: 'p1_a.2-b' };
    expect(argvs([{ kind: 'removed', before, linkPresent: false }])[1]).toBe(
      'before-write? wicked nanny delpolicy policy__p1__a_d2_mb',
    );
  });
});
