// SLES 11: the exact text of two plans, and the traps of its ifup scripts.
import { describe, expect, test } from 'vitest';
import type { EniPlan, NetworkPlan } from '../../../agent/model/network-plan.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { marker } from '../../../renderers/renderer.ts';
import { sles11 } from '../../../renderers/suse/sles11.ts';
import { examplePlans } from '../../support/example-plans.ts';
import { expectedLines } from '../../support/parse-back/kernel-lines.ts';
import { parseBack } from '../../support/parse-back/sles11.ts';

const facts = factsForBackend('sles11');
const folder = '/etc/sysconfig/network';
const up = `${folder}/scripts/eni-eth1-up`;
const down = `${folder}/scripts/eni-eth1-down`;
const plan = (name: string) => examplePlans[name] as NetworkPlan;
const eni = (name: string) => plan(name).enis[0] as EniPlan;
const contents = (name: string) =>
  Object.fromEntries(sles11.render(plan(name).enis, facts).map(f => [f.path, f.content]));
const withMarker = (text: string) => `# ${marker}\n${text}\n`;
const script = (...lines: readonly string[]) =>
  ['#!/bin/sh', `# ${marker}`, 'PATH=/sbin:/usr/sbin:/bin:/usr/bin', ...lines, 'exit 0', ''].join('\n');

const own4 = 'from 10.0.2.0/24 iif lo lookup 28000 priority 28600';
const bound = 'from all oif eth1 lookup 28000 priority 33000';
const own6 = 'from 2001:db8:2::/64 iif lo lookup 28000 priority 28600';
// SLES 11 has Linux 3.0, which has no suppress_prefixlength: the plan leaves tiers 0 to 2 out.
const common = {
  [`${folder}/ifsysctl-eth1`]: withMarker(`net.ipv6.conf.$INTERFACE.accept_ra = 0
net.ipv6.conf.$INTERFACE.autoconf = 0
net.ipv6.conf.$INTERFACE.accept_dad = 0`),
  [down]: script(
    `ip -6 rule del ${bound} 2>/dev/null || true`,
    `ip -4 rule del ${bound} 2>/dev/null || true`,
    `ip -6 rule del ${own6} 2>/dev/null || true`,
    `ip -4 rule del ${own4} 2>/dev/null || true`,
    'ip -4 route flush table 28000 dev eth1 2>/dev/null || true',
    'ip -6 route flush table 28000 dev eth1 2>/dev/null || true',
  ),
};
const upLines = [
  'ip -4 route replace 10.0.2.0/24 dev eth1 table 28000',
  'ip -4 route replace 10.0.1.0/24 via 10.0.2.253 dev eth1 onlink table 28000',
  'ip -4 route replace default via 10.0.2.253 dev eth1 onlink table 28000',
  'ip -6 route replace 2001:db8:2::/64 dev eth1 table 28000',
  'ip -6 route replace 2001:db8:1::/64 via fe80::1 dev eth1 table 28000',
  'ip -6 route replace default via fe80::1 dev eth1 table 28000',
  `ip -4 rule del ${own4} 2>/dev/null || true; ip -4 rule add ${own4}`,
  `ip -6 rule del ${own6} 2>/dev/null || true; ip -6 rule add ${own6}`,
  `ip -4 rule del ${bound} 2>/dev/null || true; ip -4 rule add ${bound}`,
  `ip -6 rule del ${bound} 2>/dev/null || true; ip -6 rule add ${bound}`,
];
const dropConnected = (subnet: string) =>
  `ip -4 route del ${subnet} dev eth1 proto kernel table 254 2>/dev/null || true`;

test('a static ENI with both families', () => {
  expect(contents('static-no-suppress')).toEqual({
    [`${folder}/ifcfg-eth1`]: withMarker(`BOOTPROTO='static'
STARTMODE='hotplug'
IPADDR='10.0.2.10/32'
IPADDR_1='10.0.2.11/32'
IPADDR_2='10.0.2.12/32'
IPADDR_6_0='2001:db8:2::10/128'
IPADDR_6_1='2001:db8:2::11/128'
LINKLOCAL_INTERFACES=''
POST_UP_SCRIPT='eni-eth1-up'
PRE_DOWN_SCRIPT='eni-eth1-down'`),
    ...common,
    [up]: script(...upLines),
  });
});

test('a leased address with static ones beside it', () => {
  const noSuppress: NetworkPlan = {
    ...plan('dhcp-complete'),
    enis: [{ ...eni('dhcp-complete'), rules: eni('static-no-suppress').rules }],
  };
  const files = Object.fromEntries(sles11.render(noSuppress.enis, facts).map(f => [f.path, f.content]));
  expect(files).toEqual({
    [`${folder}/ifcfg-eth1`]: withMarker(`BOOTPROTO='dhcp4'
STARTMODE='hotplug'
DHCLIENT_PRIMARY_DEVICE='no'
DHCLIENT_SET_DEFAULT_ROUTE='no'
DHCLIENT_SET_HOSTNAME='no'
IPADDR_1='10.0.2.11/32'
IPADDR_2='10.0.2.12/32'
IPADDR_6_0='2001:db8:2::10/128'
IPADDR_6_1='2001:db8:2::11/128'
LINKLOCAL_INTERFACES=''
POST_UP_SCRIPT='eni-eth1-up'
PRE_DOWN_SCRIPT='eni-eth1-down'`),
    ...common,
    // First: until then main sends everything for that subnet by this link.
    [up]: script(dropConnected('10.0.2.0/24'), ...upLines),
  });
});

describe('no ifroute: a default route there is main-s for ifup-route', () => {
  test.each(Object.keys(examplePlans))('%s', name => {
    for (const path of Object.keys(contents(name))) expect(path).not.toContain('/ifroute-');
    for (const one of plan(name).enis)
      expect(parseBack(sles11.render(plan(name).enis, facts), one.link, facts)).toEqual(expectedLines(one));
  });
});

test('every value of the sourced file is quoted, and has no character that a shell would act on', () => {
  for (const name of Object.keys(examplePlans))
    for (const [path, text] of Object.entries(contents(name)))
      if (path.includes('/ifcfg-'))
        for (const line of text.trim().split('\n').slice(1))
          expect(line).toMatch(/^[A-Z0-9_]+='[a-zA-Z0-9_.:/-]*'$/);
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
      expect(contents(name)[up]).toContain('ip -4 route replace');
      expect(contents(name)[up]).not.toMatch(anyDrop);
    },
  );
});

test('where main is to have the subnets, the first address of each has their length, and the gateway needs no onlink', () => {
  const files = contents('static-connected-route');
  const text = files[`${folder}/ifcfg-eth1`] ?? '';
  expect(text).toContain("IPADDR='10.0.2.10/24'\nIPADDR_1='10.0.2.11/32'\n");
  expect(text).toContain("IPADDR_6_0='2001:db8:2::10/64'\nIPADDR_6_1='2001:db8:2::11/128'\n");
  expect(files[up]).toContain('\nip -4 route replace default via 10.0.2.253 dev eth1 table 28000\n');
});

test('without its own LINKLOCAL_INTERFACES the link would take the route to the metadata service', () => {
  const files = sles11.render(plan('static-no-suppress').enis, facts);
  const without = files.map(f => ({ ...f, content: f.content.replace("LINKLOCAL_INTERFACES=''\n", '') }));
  const linkLocal = 'route 254 169.254.0.0/16 dev eth1';
  expect(parseBack(files, 'eth1', facts).routes).not.toContain(linkLocal);
  expect(parseBack(without, 'eth1', facts).routes).toContain(linkLocal);
});

describe('activation', () => {
  const after = eni('static-no-suppress');
  const argvs = (changes: Parameters<typeof sles11.activate>[0]) =>
    sles11.activate(changes, facts).map(c => `${c.phase}${c.mayFail ? '?' : ''} ${c.argv.join(' ')}`);

  test('a new ENI, and a live change', () => {
    expect(argvs([{ kind: 'added', after }])).toEqual(['after-write ifup eth1']);
    const change = { kind: 'changed', before: after, after: { ...after, mtu: 1400 } } as const;
    expect(sles11.travel(change, facts)).toBe('kernel');
    expect(argvs([change])).toEqual(['after-write ip link set dev eth1 mtu 1400']);
  });

  const leftRules = [own4, own6, bound, bound].map((rule, i) => {
    const family = i % 2 === 0 ? 4 : 6;
    return `before-write? ip -${family} rule del ${rule}`;
  });

  test('DHCP that starts is not live', () => {
    const change = { kind: 'changed', before: after, after: eni('dhcp-complete') } as const;
    expect(sles11.travel(change, facts)).toBe('files');
    expect(argvs([change])).toEqual(['before-write ifdown eth1', ...leftRules, 'after-write ifup eth1']);
  });

  test('another length: of static addresses live, of a lease not', () => {
    const addresses = { kind: 'changed', before: after, after: eni('static-connected-route') } as const;
    expect(sles11.travel(addresses, facts)).toBe('kernel');
    const leased = eni('dhcp-complete');
    const lease = { kind: 'changed', before: leased, after: { ...leased, connectedRoute: true } } as const;
    expect(sles11.travel(lease, facts)).toBe('files');
    expect(argvs([lease]).filter(c => c.includes(' if'))).toEqual([
      'before-write ifdown eth1',
      'after-write ifup eth1',
    ]);
  });

  test('a removal, with the link and without', () => {
    const removed = { kind: 'removed', before: after, linkPresent: true } as const;
    expect(argvs([removed])).toEqual(['before-write ifdown eth1', ...leftRules]);
    expect(argvs([{ ...removed, linkPresent: false }])).toEqual([
      'before-write? ifdown eth1 -o hotplug',
      ...leftRules,
    ]);
  });
});
