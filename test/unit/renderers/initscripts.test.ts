// initscripts: the exact text of two plans, and the traps of ifup-eth, ifup-aliases, ifup-routes and dhclient as tables.
import { describe, expect, test } from 'vitest';
import type { HostFacts } from '../../../agent/model/host.ts';
import type { EniPlan, NetworkPlan } from '../../../agent/model/network-plan.ts';
import { initscripts } from '../../../renderers/initscripts/renderer.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { marker } from '../../../renderers/renderer.ts';
import { examplePlans, ip } from '../../support/example-plans.ts';
import { parseBack } from '../../support/parse-back/initscripts.ts';

const facts = factsForBackend('initscripts');
const folder = '/etc/sysconfig/network-scripts';
const plan = (name: string) => examplePlans[name] as NetworkPlan;
const eni = (name: string) => plan(name).enis[0] as EniPlan;
const contents = (name: string) =>
  Object.fromEntries(initscripts.render(plan(name).enis, facts).map(f => [f.path, f.content]));
const withMarker = (text: string) => `# ${marker}\n${text}\n`;

const keys =
  withMarker(`# ifup reads this before the link is up: no router is heard on it. Another NIC may have the name by now.
if [ "$(cat "/sys/class/net/eth1/address" 2> /dev/null)" = 00:16:3e:00:00:02 ]; then
  sysctl -q -e -w net/ipv6/conf/eth1/accept_ra=0 net/ipv6/conf/eth1/autoconf=0 net/ipv6/conf/eth1/accept_dad=0 2> /dev/null
fi`);
const routeFiles = {
  [`${folder}/route-eth1`]: withMarker(`10.0.2.0/24 dev eth1 table 28000
10.0.1.0/24 via 10.0.2.253 dev eth1 onlink table 28000
default via 10.0.2.253 dev eth1 onlink table 28000`),
  [`${folder}/route6-eth1`]: withMarker(`2001:db8:2::/64 dev eth1 table 28000
2001:db8:1::/64 via fe80::1 dev eth1 table 28000
default via fe80::1 dev eth1 table 28000`),
  [`${folder}/rule-eth1`]:
    withMarker(`from 10.0.2.0/24 iif lo lookup 28000 suppress_prefixlength 0 priority 28000
from 10.0.2.0/24 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300
from 10.0.2.0/24 iif lo lookup 28000 priority 28600
from all oif eth1 lookup 28000 priority 33000`),
  [`${folder}/rule6-eth1`]:
    withMarker(`from 2001:db8:2::/64 iif lo lookup 28000 suppress_prefixlength 0 priority 28000
from 2001:db8:2::/64 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300
from 2001:db8:2::/64 iif lo lookup 28000 priority 28600
from all oif eth1 lookup 28000 priority 33000`),
};

test('a static ENI with both families', () => {
  expect(contents('static-dual-stack')).toEqual({
    [`${folder}/ifcfg-eth1`]: withMarker(`DEVICE=eth1
HWADDR=00:16:3E:00:00:02
TYPE=Ethernet
ONBOOT=yes
NM_CONTROLLED=no
EC2SYNC=no
BOOTPROTO=none
IPADDR=10.0.2.10
PREFIX=32
ARPCHECK=no
ARPUPDATE=no
IPADDR1=10.0.2.11
PREFIX1=32
ARPCHECK1=no
ARPUPDATE1=no
IPADDR2=10.0.2.12
PREFIX2=32
ARPCHECK2=no
ARPUPDATE2=no
DEFROUTE=no
NO_ALIASROUTING=yes
PEERDNS=no
PEERNTP=no
NOZEROCONF=yes
IPV6INIT=yes
IPV6_AUTOCONF=no
IPV6ADDR=2001:db8:2::10/128
IPV6ADDR_SECONDARIES=2001:db8:2::11/128`),
    ...routeFiles,
    [`${folder}/keys-eth1`]: keys,
  });
});

test('a leased address with static ones beside it: aliases, and a configuration for dhclient', () => {
  const alias = (n: number, address: string) =>
    withMarker(`DEVICE=eth1:${n}
IPADDR=${address}
PREFIX=32
ARPCHECK=no
ARPUPDATE=no
NO_ALIASROUTING=yes
ONPARENT=yes
IPV6INIT=no`);
  expect(contents('dhcp-complete')).toEqual({
    [`${folder}/ifcfg-eth1`]: withMarker(`DEVICE=eth1
HWADDR=00:16:3E:00:00:02
TYPE=Ethernet
ONBOOT=yes
NM_CONTROLLED=no
EC2SYNC=no
BOOTPROTO=dhcp
PERSISTENT_DHCLIENT=yes
DHCLIENTARGS="-cf /etc/dhcp/eni-eth1.conf"
DHCP_SEND_HOSTNAME=no
DEFROUTE=no
NO_ALIASROUTING=yes
PEERDNS=no
PEERNTP=no
NOZEROCONF=yes
IPV6INIT=yes
IPV6_AUTOCONF=no
IPV6ADDR=2001:db8:2::10/128
IPV6ADDR_SECONDARIES=2001:db8:2::11/128`),
    [`${folder}/ifcfg-eth1:1`]: alias(1, '10.0.2.11'),
    [`${folder}/ifcfg-eth1:2`]: alias(2, '10.0.2.12'),
    ...routeFiles,
    '/etc/dhcp/eni-eth1.conf': withMarker(`timeout 30;
request subnet-mask, broadcast-address, routers, interface-mtu;
supersede subnet-mask 255.255.255.255;`),
    [`${folder}/keys-eth1`]: keys,
  });
});

test('where main is to have the subnets, the first address of each has their length, and the gateway needs no onlink', () => {
  const files = contents('static-connected-route');
  const text = files[`${folder}/ifcfg-eth1`] ?? '';
  expect(text).toContain('IPADDR=10.0.2.10\nPREFIX=24\n');
  expect(text).toContain('IPADDR1=10.0.2.11\nPREFIX1=32\n');
  expect(text).toContain('IPV6ADDR=2001:db8:2::10/64\nIPV6ADDR_SECONDARIES=2001:db8:2::11/128\n');
  expect(files[`${folder}/route-eth1`]).toContain('\ndefault via 10.0.2.253 dev eth1 table 28000\n');
});

describe('what goes wrong without a key, as the scripts would do it', () => {
  const files = initscripts.render(plan('dhcp-complete').enis, facts);
  const without = (line: string) =>
    files.map(f => ({ ...f, content: f.content.replace(new RegExp(`^${line}\\n`, 'm'), '') }));
  const defaults = (list: typeof files) =>
    parseBack(list, 'eth1', facts).routes.filter(r => /^route 254 /.test(r)).length;
  test.each([['DEFROUTE=no'], ['NOZEROCONF=yes'], ['IPV6INIT=yes'], ['IPV6_AUTOCONF=no']])('%s', line => {
    expect(defaults(files)).toBe(0);
    expect(defaults(without(line))).toBe(1);
  });
  test('NM_CONTROLLED=no: NetworkManager takes the file and leaves the rules out', () => {
    expect(parseBack(without('NM_CONTROLLED=no'), 'eth1', facts).rules).toEqual([]);
  });
});

test('IPv6 alone: no IPADDR, and the link still comes up', () => {
  const text = contents('static-ipv6-only')[`${folder}/ifcfg-eth1`] ?? '';
  expect(text).toContain('BOOTPROTO=none\nDEFROUTE=no\n');
  expect(text).not.toContain('IPADDR=');
});

test('nothing knows a GATEWAY: not the ENI, not an alias', () => {
  for (const name of Object.keys(examplePlans))
    for (const text of Object.values(contents(name))) expect(text).not.toMatch(/^GATEWAY/m);
});

test.each([
  ['dhcp-complete', /^supersede subnet-mask 255\.255\.255\.255;$/m, true],
  ['dhcp-shares-primary-subnet', /^supersede subnet-mask 255\.255\.255\.255;$/m, true],
  // The first lease already, before the plan knows the subnet.
  ['dhcp-awaiting-lease', /^supersede subnet-mask 255\.255\.255\.255;$/m, true],
  ['dhcp-connected-route', /^supersede subnet-mask/m, false],
  ['dhcp-complete', /classless|static-routes|domain|ntp|host-name/, false],
  // A server that compares it never answers.
  ['dhcp-complete', /server-identifier/, false],
])('%s: dhclient is told %s: %s', (name, pattern, expected) => {
  expect(pattern.test(contents(name)['/etc/dhcp/eni-eth1.conf'] ?? '')).toBe(expected);
});

test("the plan's MTU is not up to the lease", () => {
  const files = initscripts.render([{ ...eni('dhcp-complete'), mtu: 1400 }], facts);
  const text = files.map(f => f.content).join('');
  expect(text).toContain('MTU=1400\n');
  expect(text).not.toContain('interface-mtu');
});

describe('activation', () => {
  const after = eni('static-dual-stack');
  const argvs = (changes: Parameters<typeof initscripts.activate>[0], on: HostFacts = facts) =>
    initscripts.activate(changes, on).map(c => `${c.phase}${c.mayFail ? '?' : ''} ${c.argv.join(' ')}`);
  const sysctls =
    'after-write? sysctl -q -e -w net/ipv6/conf/eth1/accept_ra=0 net/ipv6/conf/eth1/autoconf=0 net/ipv6/conf/eth1/accept_dad=0';

  test('a new ENI', () => {
    expect(argvs([{ kind: 'added', after }])).toEqual([sysctls, 'after-write ifup eth1']);
  });

  test('with NetworkManager beside the service, it lets go of the link first', () => {
    const both: HostFacts = { ...facts, services: { ...facts.services, NetworkManager: 'active' } };
    expect(argvs([{ kind: 'added', after }], both)).toEqual([
      sysctls,
      `after-write? nmcli connection load ${folder}/ifcfg-eth1`,
      'after-write ifup eth1',
    ]);
  });

  test('a removal: ifdown reads the rules from the old files, and what it may have left is deleted by its whole text', () => {
    const rules = [
      'before-write? ip -4 rule del from 10.0.2.0/24 iif lo lookup 28000 suppress_prefixlength 0 priority 28000',
      'before-write? ip -6 rule del from 2001:db8:2::/64 iif lo lookup 28000 suppress_prefixlength 0 priority 28000',
      'before-write? ip -4 rule del from 10.0.2.0/24 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300',
      'before-write? ip -6 rule del from 2001:db8:2::/64 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300',
      'before-write? ip -4 rule del from 10.0.2.0/24 iif lo lookup 28000 priority 28600',
      'before-write? ip -6 rule del from 2001:db8:2::/64 iif lo lookup 28000 priority 28600',
      'before-write? ip -4 rule del from all oif eth1 lookup 28000 priority 33000',
      'before-write? ip -6 rule del from all oif eth1 lookup 28000 priority 33000',
    ];
    const removed = { kind: 'removed', before: after, linkPresent: true } as const;
    // ifdown ends with 1 if dhclient has died, or if the files are gone: that must not keep the ENI from being removed.
    expect(argvs([removed])).toEqual(['before-write? ifdown eth1', ...rules]);
    expect(argvs([{ ...removed, linkPresent: false }])).toEqual(['before-write? ifdown eth1', ...rules]);
    expect(argvs([{ ...removed, before: eni('dhcp-complete') }]).at(-1)).toBe(
      'after-write? rm -f /var/lib/dhclient/dhclient-eth1.leases /var/lib/dhclient/dhclient--eth1.lease',
    );
  });

  test('a change of static addresses is live, their length included', () => {
    const more = {
      ...after,
      addresses: [...after.addresses, { ...after.addresses[1]!, ip: ip('10.0.2.13') }],
    };
    const change = { kind: 'changed', before: after, after: more } as const;
    expect(initscripts.travel(change, facts)).toBe('kernel');
    expect(argvs([change])).toEqual([]);
    const connected = { kind: 'changed', before: after, after: eni('static-connected-route') } as const;
    expect(initscripts.travel(connected, facts)).toBe('kernel');
  });

  test.each([
    ['the DHCP client starts', after, eni('dhcp-complete')],
    ['the DHCP client stops', eni('dhcp-complete'), after],
    [
      'the lease gets another length',
      eni('dhcp-complete'),
      { ...eni('dhcp-complete'), connectedRoute: true },
    ],
  ])('%s: not live', (_what, before, next) => {
    const change = { kind: 'changed', before, after: next } as const;
    expect(initscripts.travel(change, facts)).toBe('files');
    expect(argvs([change]).filter(c => c.includes(' if'))).toEqual([
      'before-write? ifdown eth1',
      'after-write ifup eth1',
    ]);
  });
});
