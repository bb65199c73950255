// ifupdown: the exact text of two plans, and each trap of interfaces(5), ifup and the DHCP clients as a table.
import { describe, expect, test } from 'vitest';
import type { HostFacts } from '../../../agent/model/host.ts';
import type { EniPlan, NetworkPlan } from '../../../agent/model/network-plan.ts';
import { mappingScript } from '../../../renderers/ifupdown/mapping.ts';
import { ifupdown } from '../../../renderers/ifupdown/renderer.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { marker } from '../../../renderers/renderer.ts';
import { examplePlans } from '../../support/example-plans.ts';
import { parseBack } from '../../support/parse-back/ifupdown.ts';
import { expectedLines } from '../../support/parse-back/kernel-lines.ts';

const debian11 = factsForBackend('ifupdown', 'debian-11');
const plan = (name: string) => examplePlans[name] as NetworkPlan;
const eni = (name: string, index = 0) => plan(name).enis[index] as EniPlan;
const withFiles = (files: Record<string, string>, more: Partial<HostFacts> = {}): HostFacts => ({
  ...debian11,
  ...more,
  files,
});
const contents = (name: string, facts: HostFacts) =>
  Object.fromEntries(ifupdown.render(plan(name).enis, facts).map(f => [f.path, f.content]));

test('a static ENI with both families', () => {
  expect(contents('static-dual-stack', debian11)).toEqual({
    '/etc/network/eni-agent-stanza': mappingScript.content,
    '/etc/network/interfaces.d/60-eni-eth1': `# ${marker}
auto eth1
mapping eth1
    script /etc/network/eni-agent-stanza
    map 00:16:3e:00:00:02 60-eni-eth1
iface 60-eni-eth1 inet static
    address 10.0.2.10/32
    pre-up sysctl -q -e -w net/ipv6/conf/eth1/accept_ra=0 net/ipv6/conf/eth1/autoconf=0 2>/dev/null || true
    up ip -4 route replace 10.0.2.0/24 dev eth1 table 28000
    up ip -4 route replace 10.0.1.0/24 via 10.0.2.253 dev eth1 onlink table 28000
    up ip -4 route replace default via 10.0.2.253 dev eth1 onlink table 28000
    up ip -4 rule del from 10.0.2.0/24 iif lo lookup 28000 suppress_prefixlength 0 priority 28000 2>/dev/null || true; ip -4 rule add from 10.0.2.0/24 iif lo lookup 28000 suppress_prefixlength 0 priority 28000
    up ip -4 rule del from 10.0.2.0/24 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300 2>/dev/null || true; ip -4 rule add from 10.0.2.0/24 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300
    up ip -4 rule del from 10.0.2.0/24 iif lo lookup 28000 priority 28600 2>/dev/null || true; ip -4 rule add from 10.0.2.0/24 iif lo lookup 28000 priority 28600
    up ip -4 rule del from all oif eth1 lookup 28000 priority 33000 2>/dev/null || true; ip -4 rule add from all oif eth1 lookup 28000 priority 33000
    down ip -6 rule del from all oif eth1 lookup 28000 priority 33000 2>/dev/null || true
    down ip -4 rule del from all oif eth1 lookup 28000 priority 33000 2>/dev/null || true
    down ip -6 rule del from 2001:db8:2::/64 iif lo lookup 28000 priority 28600 2>/dev/null || true
    down ip -4 rule del from 10.0.2.0/24 iif lo lookup 28000 priority 28600 2>/dev/null || true
    down ip -6 rule del from 2001:db8:2::/64 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300 2>/dev/null || true
    down ip -4 rule del from 10.0.2.0/24 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300 2>/dev/null || true
    down ip -6 rule del from 2001:db8:2::/64 iif lo lookup 28000 suppress_prefixlength 0 priority 28000 2>/dev/null || true
    down ip -4 rule del from 10.0.2.0/24 iif lo lookup 28000 suppress_prefixlength 0 priority 28000 2>/dev/null || true
    down ip -4 route flush table 28000 dev eth1 2>/dev/null || true
    down ip -6 route flush table 28000 dev eth1 2>/dev/null || true
iface 60-eni-eth1 inet static
    address 10.0.2.11/32
iface 60-eni-eth1 inet static
    address 10.0.2.12/32
iface 60-eni-eth1 inet6 static
    address 2001:db8:2::10/128
    accept_ra 0
    autoconf 0
    dad-attempts 0
    up ip -6 route replace 2001:db8:2::/64 dev eth1 table 28000
    up ip -6 route replace 2001:db8:1::/64 via fe80::1 dev eth1 table 28000
    up ip -6 route replace default via fe80::1 dev eth1 table 28000
    up ip -6 rule del from 2001:db8:2::/64 iif lo lookup 28000 suppress_prefixlength 0 priority 28000 2>/dev/null || true; ip -6 rule add from 2001:db8:2::/64 iif lo lookup 28000 suppress_prefixlength 0 priority 28000
    up ip -6 rule del from 2001:db8:2::/64 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300 2>/dev/null || true; ip -6 rule add from 2001:db8:2::/64 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300
    up ip -6 rule del from 2001:db8:2::/64 iif lo lookup 28000 priority 28600 2>/dev/null || true; ip -6 rule add from 2001:db8:2::/64 iif lo lookup 28000 priority 28600
    up ip -6 rule del from all oif eth1 lookup 28000 priority 33000 2>/dev/null || true; ip -6 rule add from all oif eth1 lookup 28000 priority 33000
iface 60-eni-eth1 inet6 static
    address 2001:db8:2::11/128
    accept_ra 0
    autoconf 0
    dad-attempts 0
`,
  });
});

test('a leased address with static ones beside it', () => {
  const files = contents('dhcp-complete', debian11);
  const stanzas = files['/etc/network/interfaces.d/60-eni-eth1'] ?? '';
  expect(stanzas.split('\n').slice(0, 10)).toEqual([
    `# ${marker}`,
    'auto eth1',
    'mapping eth1',
    '    script /etc/network/eni-agent-stanza',
    '    map 00:16:3e:00:00:02 60-eni-eth1',
    'iface 60-eni-eth1 inet dhcp',
    '    pre-up sysctl -q -e -w net/ipv6/conf/eth1/accept_ra=0 net/ipv6/conf/eth1/autoconf=0 2>/dev/null || true',
    '    up ip -4 route replace 10.0.2.0/24 dev eth1 table 28000',
    '    up ip -4 route replace 10.0.1.0/24 via 10.0.2.253 dev eth1 onlink table 28000',
    '    up ip -4 route replace default via 10.0.2.253 dev eth1 onlink table 28000',
  ]);
  expect(stanzas).not.toContain('address 10.0.2.10');
  expect(stanzas).toContain('iface 60-eni-eth1 inet static\n    address 10.0.2.11/32\n');
  expect(files['/etc/dhcp/dhclient-enter-hooks.d/zz-eni-agent']).toBe(`# ${marker}
# No default route, DNS, NTP or host name from the DHCP server of a secondary ENI.
eni_agent_link="$interface $(cat "/sys/class/net/$interface/address" 2> /dev/null)"
case "$eni_agent_link" in
"eth1 00:16:3e:00:00:02")
  unset new_routers old_routers
  unset new_static_routes old_static_routes
  unset new_rfc3442_classless_static_routes old_rfc3442_classless_static_routes
  unset new_ms_classless_static_routes old_ms_classless_static_routes
  unset new_domain_name old_domain_name
  unset new_domain_name_servers old_domain_name_servers
  unset new_domain_search old_domain_search
  unset new_dhcp6_name_servers old_dhcp6_name_servers
  unset new_dhcp6_domain_search old_dhcp6_domain_search
  unset new_host_name old_host_name
  unset new_ntp_servers old_ntp_servers
  unset new_netbios_name_servers old_netbios_name_servers
  make_resolv_conf() { :; }
  ;;
esac
case "$eni_agent_link" in
"eth1 00:16:3e:00:00:02")
  [ -z "$new_subnet_mask" ] || new_subnet_mask=255.255.255.255
  [ -z "$old_subnet_mask" ] || old_subnet_mask=255.255.255.255
  unset new_broadcast_address old_broadcast_address
  ;;
esac
unset eni_agent_link
`);
});

test('one hook for all leased links, with a host mask except where main is to have the subnet', () => {
  const connected = { ...eni('dhcp-connected-route'), link: 'eth2', mtu: 1400 };
  const files = ifupdown.render([connected, eni('dhcp-shares-primary-subnet')], debian11);
  const hooks = files.filter(f => f.path.startsWith('/etc/dhcp/'));
  expect(hooks).toHaveLength(1);
  const blocks = hooks[0]!.content.split('case "$eni_agent_link" in\n').slice(1);
  const [first, second] = ['"eth1 00:16:3e:00:00:02"', '"eth2 00:16:3e:00:00:02"'];
  expect(blocks.map(b => b.split('\n')[0])).toEqual([`${first}|${second})`, `${first})`, `${second})`]);
  expect(blocks[1]).toContain('new_subnet_mask=255.255.255.255');
  expect(blocks[2]).toContain('unset new_interface_mtu');
});

describe('the forms of older versions', () => {
  const old = (version?: string): HostFacts => ({
    ...debian11,
    versions: version === undefined ? {} : { ifupdown: version },
  });
  test.each([['0.7.47'], ['0.7.53'], [undefined]])('ifupdown %s: netmask lines', version => {
    const text =
      contents('static-connected-route', old(version))['/etc/network/interfaces.d/60-eni-eth1'] ?? '';
    expect(text).toContain('    address 10.0.2.10\n    netmask 255.255.255.0\n');
    expect(text).toContain('    address 2001:db8:2::10\n    netmask 64\n');
    expect(text).toContain('    address 10.0.2.11\n    netmask 255.255.255.255\n');
    expect(text).toContain('    address 2001:db8:2::11\n    netmask 128\n');
    expect(text).not.toMatch(/address \S+\//);
  });

  test.each(Object.keys(examplePlans))('0.7.47 reads the same plan: %s', name => {
    const facts = old('0.7.47');
    for (const one of plan(name).enis)
      expect(parseBack(ifupdown.render(plan(name).enis, facts), one.link, facts)).toEqual(expectedLines(one));
  });
});

describe('activation', () => {
  const added = { kind: 'added', after: eni('static-dual-stack') } as const;
  const fewer: EniPlan = { ...added.after, addresses: added.after.addresses.slice(0, 2) };
  const argvs = (...args: Parameters<typeof ifupdown.activate>) =>
    ifupdown.activate(...args).map(c => `${c.phase}${c.mayFail ? '?' : ''} ${c.argv.join(' ')}`);

  test('a new ENI: ifup --force, for the ifstate that an unplugged one has left', () => {
    expect(argvs([added], debian11)).toEqual(['after-write ifup --force eth1']);
  });

  test('where the helper of Debian images has started DHCP, that is stopped first', () => {
    const facts = withFiles({ '/run/network/interfaces.d/eth1': 'iface eth1 inet dhcp\n' });
    expect(argvs([added], facts)).toEqual([
      'before-write? ifdown --force eth1',
      'after-write ifup --force eth1',
    ]);
  });

  test('a change of addresses is live, a new MTU is one command', () => {
    const change = { kind: 'changed', before: added.after, after: { ...fewer, mtu: 1400 } } as const;
    expect(ifupdown.travel(change, debian11)).toBe('kernel');
    expect(argvs([change], debian11)).toEqual(['after-write ip link set dev eth1 mtu 1400']);
    expect(argvs([{ ...change, after: fewer }], debian11)).toEqual([]);
  });

  test.each([
    ['static to dhcp', eni('static-dual-stack'), eni('dhcp-complete')],
    ['another length of the lease', eni('dhcp-complete'), { ...eni('dhcp-complete'), connectedRoute: true }],
  ])('%s is not live', (_what, before, after) => {
    const change = { kind: 'changed', before, after } as const;
    expect(ifupdown.travel(change, debian11)).toBe('files');
    expect(argvs([change], debian11)).toEqual([
      'before-write? ifdown --force eth1=60-eni-eth1',
      'after-write ifup --force eth1',
    ]);
  });

  // Also with the link there: somebody may have deleted our file, and ifdown then says "unknown interface".
  test.each([[true], [false]])(
    'a removal runs with the old file still there, and may fail (link: %s)',
    linkPresent => {
      const removed = { kind: 'removed', before: added.after, linkPresent } as const;
      expect(argvs([removed], debian11)).toEqual(['before-write? ifdown --force eth1=60-eni-eth1']);
      expect(ifupdown.travel(removed, debian11)).toBe('files');
    },
  );

  test.each([
    ['dhclient', '/sbin/dhclient', '/var/lib/dhcp/dhclient.eth1.leases'],
    ['dhcpcd', '/usr/sbin/dhcpcd', '/var/lib/dhcpcd/eth1.lease'],
  ])(
    'the lease of an ENI that goes is forgotten, before the next of its name comes: %s',
    (_client, program, lease) => {
      const removed = { kind: 'removed', before: eni('dhcp-complete'), linkPresent: false } as const;
      const next = { kind: 'added', after: eni('dhcp-complete') } as const;
      expect(argvs([next, removed], { ...debian11, paths: [program] })).toEqual([
        'before-write? ifdown --force eth1=60-eni-eth1',
        `before-write? rm -f ${lease}`,
        'after-write ifup --force eth1',
      ]);
    },
  );

  test('several changes: every link goes down before the first file is written', () => {
    const removed = { kind: 'removed', before: { ...added.after, link: 'eth2' }, linkPresent: true } as const;
    expect(argvs([added, removed], debian11)).toEqual([
      'before-write? ifdown --force eth2=60-eni-eth2',
      'after-write ifup --force eth1',
    ]);
  });
});

describe('dhcpcd instead of dhclient', () => {
  const facts: HostFacts = { ...debian11, paths: ['/usr/sbin/dhcpcd'] };
  test('started by the stanza, without a default route and without its own file', () => {
    const files = contents('dhcp-complete', facts);
    expect(Object.keys(files)).toEqual([
      '/etc/network/eni-agent-stanza',
      '/etc/network/interfaces.d/60-eni-eth1',
    ]);
    const text = files['/etc/network/interfaces.d/60-eni-eth1'] ?? '';
    expect(text).toContain('iface 60-eni-eth1 inet manual\n');
    expect(text).not.toContain('inet dhcp');
    expect(text).toMatch(/\n {4}up dhcpcd -4 .*--nogateway .*eth1\n/);
    expect(text).toMatch(/\n {4}down dhcpcd -4 .*eth1 \|\| true\n/);
  });

  // It writes the lease's connected route: that is deleted right behind it, and its high metric helps where the subnet is not known yet.
  test.each([
    ['dhcp-complete', true, '10.0.2.0/24'],
    ['dhcp-shares-primary-subnet', true, '10.0.1.0/24'],
    ['dhcp-awaiting-lease', true, undefined],
    ['dhcp-connected-route', false, undefined],
  ])('%s: high metric %s, then main loses %s', (name, metric, subnet) => {
    const lines = Object.values(contents(name, facts)).join('').split('\n');
    const start = lines.findIndex(l => l.startsWith('    up dhcpcd '));
    expect(lines[start]?.includes(' --metric 20000 ')).toBe(metric);
    const gone = `    up ip -4 route del ${subnet} dev eth1 table 254 2>/dev/null || true`;
    expect(lines.filter(l => l.includes('route del'))).toEqual(subnet === undefined ? [] : [gone]);
    if (subnet !== undefined) expect(lines[start + 1]).toBe(gone);
  });
});
