// Backend networkd: the exact text of two plans, and one row per trap of systemd-networkd.
import { describe, expect, test } from 'vitest';
import type { HostFacts } from '../../../agent/model/host.ts';
import type { EniPlan } from '../../../agent/model/network-plan.ts';
import { networkd } from '../../../renderers/networkd/renderer.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { marker } from '../../../renderers/renderer.ts';
import { examplePlans } from '../../support/example-plans.ts';
import { expectedLines } from '../../support/parse-back/kernel-lines.ts';
import { parseBack } from '../../support/parse-back/networkd.ts';

const stock = factsForBackend('networkd', 'amzn-2023');
/** Our file for eth1, as networkd has loaded it. */
const loaded = { '/etc/systemd/network/07-eni-eth1.network': `# ${marker}\n` };
const withSystemd = (systemd: string, more: Partial<HostFacts> = {}): HostFacts => ({
  ...stock,
  versions: { ...stock.versions, systemd },
  ...more,
});
const contentOf = (plan: string, facts = stock) =>
  networkd.render(examplePlans[plan]!.enis, facts)[0]!.content;
const eni = (plan: string, index = 0): EniPlan => examplePlans[plan]!.enis[index]!;

describe('files', () => {
  test('static, both families', () => {
    const files = networkd.render(examplePlans['static-dual-stack']!.enis, stock);
    expect(files.map(f => [f.path, f.mode])).toEqual([['/etc/systemd/network/07-eni-eth1.network', 0o644]]);
    expect(files[0]!.content).toBe(`# ${marker}

[Match]
MACAddress=00:16:3e:00:00:02
Type=ether

[Link]
RequiredForOnline=no

[Network]
DHCP=no
IPv6AcceptRA=no
LinkLocalAddressing=ipv6

[Address]
Address=10.0.2.10/32

[Address]
Address=10.0.2.11/32

[Address]
Address=10.0.2.12/32

[Address]
Address=2001:db8:2::10/128
DuplicateAddressDetection=none

[Address]
Address=2001:db8:2::11/128
DuplicateAddressDetection=none

[Route]
Destination=10.0.2.0/24
Scope=link
Table=28000

[Route]
Destination=10.0.1.0/24
Gateway=10.0.2.253
GatewayOnLink=yes
Table=28000

[Route]
Gateway=10.0.2.253
GatewayOnLink=yes
Table=28000

[Route]
Destination=2001:db8:2::/64
Table=28000

[Route]
Destination=2001:db8:1::/64
Gateway=fe80::1
Table=28000

[Route]
Gateway=fe80::1
Table=28000

[RoutingPolicyRule]
From=10.0.2.0/24
IncomingInterface=lo
Table=28000
SuppressPrefixLength=0
Priority=28000

[RoutingPolicyRule]
From=2001:db8:2::/64
IncomingInterface=lo
Table=28000
SuppressPrefixLength=0
Priority=28000

[RoutingPolicyRule]
From=10.0.2.0/24
Table=254
SuppressPrefixLength=0
SuppressInterfaceGroup=28000
Priority=28300

[RoutingPolicyRule]
From=2001:db8:2::/64
Table=254
SuppressPrefixLength=0
SuppressInterfaceGroup=28000
Priority=28300

[RoutingPolicyRule]
From=10.0.2.0/24
IncomingInterface=lo
Table=28000
Priority=28600

[RoutingPolicyRule]
From=2001:db8:2::/64
IncomingInterface=lo
Table=28000
Priority=28600

[RoutingPolicyRule]
From=0.0.0.0/0
OutgoingInterface=eth1
Table=28000
Priority=33000

[RoutingPolicyRule]
From=::/0
OutgoingInterface=eth1
Table=28000
Priority=33000
`);
  });

  test('DHCP: the lease brings an address and nothing else', () => {
    const content = contentOf('dhcp-complete');
    expect(content).toContain(`[DHCPv4]
UseGateway=no
UseRoutes=no
UseDNS=no
UseDomains=no
UseNTP=no
UseHostname=no
UseMTU=yes
RouteTable=28000

[Address]
Address=10.0.2.11/32
`);
    expect(content).toContain('DHCP=ipv4\n');
    expect(content).not.toContain('10.0.2.10');
    expect(content).toContain('Gateway=10.0.2.253\nGatewayOnLink=yes\nTable=28000\n');
  });

  test.each([
    ['static-ipv4-mtu', 'MTUBytes=8500'],
    ['static-ipv4-mtu', 'IPv6AcceptRA=no'],
    [
      'static-shares-primary-subnet',
      'From=10.0.1.21/32\nTable=28000\nSuppressPrefixLength=0\nPriority=28000\n',
    ],
    ['static-shares-primary-subnet', 'Gateway=10.0.1.253\nGatewayOnLink=yes\nTable=28000\n'],
    ['dhcp-shares-primary-subnet', 'RouteTable=28000\n'],
    ['dhcp-awaiting-lease', 'RouteTable=28000\n'],
    ['static-main-default', 'Gateway=10.0.2.253\nGatewayOnLink=yes\nTable=254\nMetric=20000\n'],
    // The gateway is in a connected route here, and the address has a broadcast address.
    ['static-connected-route', 'Gateway=10.0.2.253\nTable=28000\n'],
    ['static-connected-route', '[Address]\nAddress=10.0.2.10/24\nBroadcast=10.0.2.255\n'],
    ['static-connected-route', '[Address]\nAddress=10.0.2.11/32\n\n'],
    // IPv6 never: the kernel would look for the gateway in main, where the primary has a shared subnet.
    ['static-dual-stack', 'Gateway=fe80::1\nTable=28000\n'],
    ['static-prefixes-and-outside-address', 'From=10.0.2.64/28\nTable=28000\nPriority=28600\n'],
  ])('%s has %s', (plan, text) => {
    expect(contentOf(plan)).toContain(text);
  });

  test.each([
    ['static-dual-stack', 'MTUBytes', 'no MTU that nobody asked for'],
    ['static-dual-stack', 'Table=main', '247 ignores the name'],
    ['static-dual-stack', 'Name=', 'a match by name breaks when names change'],
    ['dhcp-connected-route', 'RouteTable', 'main would lose the connected route'],
    ['dhcp-complete', 'RouteMetric', 'behind the primary is not enough: main must not have the route'],
    ['static-dual-stack', 'RouteTable', 'nothing is leased'],
    ['static-dual-stack', 'Broadcast=', 'a /32 has none'],
  ])('%s has no %s: %s', (plan, text) => {
    expect(contentOf(plan)).not.toContain(text);
  });

  test.each([
    ['241', 'Type=ether', 'Name=eth1'],
    ['241', 'DuplicateAddressDetection=', 'Address=2001:db8:2::10/128'],
    ['241', 'SuppressPrefixLength=', 'Priority=28600'],
    ['244', 'SuppressPrefixLength=', 'DuplicateAddressDetection=none'],
    ['244', 'GatewayOnLink=', 'GatewayOnlink=yes'],
    ['245', 'GatewayOnlink=', 'GatewayOnLink=yes'],
  ])('systemd %s has no %s, but %s', (version, without, having) => {
    const content = contentOf('static-dual-stack', withSystemd(version));
    expect(content).not.toContain(without);
    expect(content).toContain(having);
  });

  test('DHCP before 243 and 246', () => {
    const old = contentOf('dhcp-complete', withSystemd('241'));
    expect(old).toContain('[DHCP]\nUseRoutes=no\n');
    expect(old).not.toContain('[DHCPv4]');
    expect(old).toContain('\nRouteTable=28000\n');
    expect(contentOf('dhcp-complete', withSystemd('245'))).toContain('[DHCPv4]\nUseRoutes=no\n');
  });
});

describe('the reader of the tests sees what networkd would do', () => {
  const after = eni('dhcp-complete');
  const file = networkd.render(examplePlans['dhcp-complete']!.enis, stock)[0]!;
  const read = (from: string, to: string, facts = stock) =>
    parseBack([{ ...file, content: file.content.replace(from, to) }], 'eth1', facts);

  test('the file as it is', () => {
    expect(read('', '')).toEqual(expectedLines(after));
  });

  test.each([
    ['UseRoutes=no', 'UseRoutes=yes', 'a default route of DHCP in main'],
    ['IPv6AcceptRA=no', 'IPv6AcceptRA=yes', 'a default route of a router'],
    ['IPv6AcceptRA=no\n', '', 'the default is yes'],
    ['Table=254', 'Table=main', '247 drops the rule'],
    ['IncomingInterface=lo\n', '', 'forwarded packets'],
    ['SuppressPrefixLength=0\n', '', 'everything to main'],
    ['Scope=link\nTable=28000\n', 'Scope=link\n', 'a route in main'],
    ['Address=10.0.2.11/32', 'Address=10.0.2.11/24', 'a second connected route'],
  ])('%s -> %s: %s', (from, to) => {
    expect(file.content).toContain(from);
    expect(read(from, to)).not.toEqual(expectedLines(after));
  });

  test.each([
    ['MACAddress=00:16:3e:00:00:02\n', '', 'fits every NIC'],
    ['Type=ether', 'Type=', 'fits a VLAN on the NIC'],
  ])('%s -> %s: %s', (from, to) => {
    expect(() => read(from, to)).toThrow(/Match/);
  });
});

describe('activation', () => {
  const waiting = '/lib/systemd/systemd-networkd-wait-online --quiet --timeout=5';
  const keptTime = [
    'cp --attributes-only --preserve=timestamps /etc/systemd/network/07-eni-eth1.network /run/eni-agent/time-of-eth1-0',
    'touch --no-create --reference=/run/eni-agent/time-of-eth1-0 /etc/systemd/network/07-eni-eth1.network',
  ];
  const reload = ['networkctl reload', `${waiting} --interface=eth1`];
  const after = eni('static-dual-stack');
  const changed = { kind: 'changed', before: after, after: { ...after, mtu: 1400 } } as const;
  const argv = (changes: Parameters<typeof networkd.activate>[0], facts = stock) =>
    networkd.activate(changes, facts).map(c => c.argv.join(' '));

  test('several changes are one reload', () => {
    const second = { kind: 'added', after: eni('static-two-enis', 1) } as const;
    expect(argv([{ kind: 'added', after }, second, changed])).toEqual([
      'networkctl reload',
      `${waiting} --interface=eth1 --interface=eth2 --interface=eth1`,
    ]);
  });

  test('a link that was renamed: the rules of its new name are not taken away again', () => {
    const before = eni('static-dual-stack');
    const renamed = { ...before, link: 'eth11' as EniPlan['link'] };
    expect(before.rules.length).toBeGreaterThan(0);
    const changes = [
      { kind: 'removed', before, linkPresent: false },
      { kind: 'added', after: renamed },
    ] as const;
    expect(argv(changes).filter(line => line.includes(' rule del '))).toEqual([]);
    expect(argv(changes.slice(0, 1)).filter(line => line.includes(' rule del '))).toHaveLength(
      before.rules.length,
    );
  });

  test('a removed ENI is cleaned up by name: 247 leaves everything behind', () => {
    expect(argv([{ kind: 'removed', before: eni('static-ipv4-mtu'), linkPresent: true }])).toEqual([
      'networkctl reload',
      'ip -4 rule del from 10.0.2.0/24 iif lo lookup 28000 suppress_prefixlength 0 priority 28000',
      'ip -4 rule del from 10.0.2.0/24 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300',
      'ip -4 rule del from 10.0.2.0/24 iif lo lookup 28000 priority 28600',
      'ip -4 rule del from all oif eth1 lookup 28000 priority 33000',
      'ip -4 route flush table 28000 dev eth1',
      'ip -6 route flush table 28000 dev eth1',
    ]);
    // The address of a lease stays as well before 257, and no later pass knows it any more.
    const last = { kind: 'removed', before: eni('dhcp-complete'), linkPresent: true } as const;
    const flush = 'ip -4 address flush dev eth1 to 10.0.2.10/32';
    expect(argv([last], withSystemd('247')).at(-1)).toBe(flush);
    expect(argv([last], withSystemd('252')).at(-1)).toBe(flush);
    expect(argv([last], withSystemd('257')).at(-1)).toBe('ip -6 route flush table 28000 dev eth1');
    const commands = networkd.activate([{ kind: 'removed', before: after, linkPresent: false }], stock);
    expect(commands.filter(c => c.argv[0] === 'ip').every(c => c.mayFail === true)).toBe(true);
    expect(commands.some(c => c.argv.includes('dev'))).toBe(false);
  });

  test.each([
    ['243', true, true, []],
    ['244', false, true, []],
    ['247.3', false, true, [...keptTime, 'ip link set dev eth1 mtu 1400']],
    // From 248 on networkd deletes a rule that no loaded file has.
    ['248', false, false, reload],
    ['249.11', false, false, reload],
    ['252.38', false, false, reload],
    ['257', false, false, reload],
  ])('systemd %s: added live %s, changed live %s', (version, added, change, commands) => {
    const facts = withSystemd(version, { files: loaded });
    expect(networkd.travel({ kind: 'added', after }, facts) === 'kernel').toBe(added);
    expect(networkd.travel(changed, facts) === 'kernel').toBe(change);
    if (commands.length > 0) expect(argv([changed], facts)).toEqual(commands);
    expect(networkd.travel({ kind: 'removed', before: after, linkPresent: true }, facts)).toBe('files');
  });

  test('before 244 there is no reload: the link is brought up by ip, with the address that the lease will bring', () => {
    const onKernel = (kernel: string) => {
      const facts = withSystemd('237');
      return { ...facts, versions: { ...facts.versions, kernel } };
    };
    const facts = onKernel('4.15.0');
    const early = ['sysctl -q -e -w net/ipv6/conf/eth1/accept_ra=0 net/ipv6/conf/eth1/autoconf=0'];
    const up = [...early, 'ip link set dev eth1 up'];
    const leased = eni('dhcp-complete');
    const address = [
      'ip -4 address replace 10.0.2.10/24 dev eth1 noprefixroute',
      'ip -4 route del 10.0.2.0/24 dev eth1 proto kernel table 254',
    ];
    expect(argv([{ kind: 'added', after }], facts)).toEqual(up);
    expect(argv([{ kind: 'added', after: leased }], facts)).toEqual([...up, ...address]);
    expect(argv([{ kind: 'changed', before: after, after: leased }], facts)).toEqual([...up, ...address]);
    expect(argv([{ kind: 'added', after: leased }], onKernel('5.4.0'))).toEqual([...up, address[0]]);
    expect(argv([{ kind: 'added', after: eni('dhcp-connected-route') }], facts).at(-1)).toBe(
      'ip -4 address replace 10.0.2.10/24 dev eth1',
    );
    expect(argv([{ kind: 'changed', before: leased, after: { ...leased, mtu: 1400 } }], facts)).toEqual([
      ...up,
      'ip link set dev eth1 mtu 1400',
    ]);
    const commands = networkd.activate([{ kind: 'added', after: leased }], facts);
    expect(commands.every(c => c.phase === 'before-write')).toBe(true);
    expect(argv([{ kind: 'removed', before: after, linkPresent: true }], facts).join()).not.toContain(' up');
    expect(argv([{ kind: 'added', after: leased }], withSystemd('244')).join()).not.toContain('ip link set');
  });

  test('before 247 a rule with neither source nor destination is added behind the reload: networkd may have forgotten that it went', () => {
    const add = [
      'ip -4 rule add from all oif eth1 lookup 28000 priority 33000',
      'ip -6 rule add from all oif eth1 lookup 28000 priority 33000',
    ];
    const added = { kind: 'added', after } as const;
    expect(argv([added], withSystemd('245'))).toEqual([...reload, ...add]);
    expect(argv([added], withSystemd('246'))).toEqual([...reload, ...add]);
    expect(argv([added], withSystemd('247'))).toEqual(reload);
    expect(networkd.activate([added], withSystemd('245')).filter(c => c.argv[0] === 'ip')).toEqual([
      expect.objectContaining({ phase: 'after-write', mayFail: true, does: 'kernel' }),
      expect.objectContaining({ phase: 'after-write', mayFail: true, does: 'kernel' }),
    ]);
    // Where it goes on as before, the rule is there.
    expect(argv([changed], withSystemd('245', { files: loaded })).join()).not.toContain(' rule add ');
  });

  test('a link that networkd has by another file (a catch-all with DHCP) is reloaded on each version: only it can end that', () => {
    for (const version of ['247', '249', '252', '257']) {
      expect(argv([changed], withSystemd(version))).toEqual(reload);
      expect(networkd.travel(changed, withSystemd(version))).toBe('files');
    }
  });

  test.each([
    ['243', false],
    ['247', false],
    // A reload takes the addresses as well, so that a second one would only double the gap.
    ['248', false],
    ['249.11', false],
    ['250', true],
    ['252', true],
    ['257', true],
  ])('systemd %s: rules change in two steps: %s', (version, bridges) => {
    const facts = (version: string) => withSystemd(version, { files: loaded });
    expect(networkd.travel(changed, facts(version)) === 'files-in-two-steps').toBe(bridges);
    expect(networkd.travel({ kind: 'added', after }, facts('257'))).toBe('files');
  });

  const leased = eni('dhcp-complete');
  test.each([
    ['who brings the address', after, leased, '249', reload],
    [
      'who brings the address',
      leased,
      after,
      '252',
      ['ip -4 address flush dev eth1 to 10.0.2.10/32', ...reload],
    ],
    ['who brings the address', leased, after, '257', reload],
    ['the table of the lease', leased, { ...leased, connectedRoute: true }, '249', reload],
    [
      'an address beside a lease',
      leased,
      { ...leased, addresses: leased.addresses.slice(0, -1) },
      '247',
      keptTime,
    ],
    ['a rule beside a lease', leased, { ...leased, rules: leased.rules.slice(1) }, '252', reload],
    ['the subnet that the lease told', eni('dhcp-awaiting-lease'), leased, '252', reload],
  ])('a change of %s (%#)', (_what, before, next, version, commands) => {
    const facts = withSystemd(version, { files: loaded });
    const change = { kind: 'changed', before, after: next } as const;
    expect(argv([change], facts).filter(line => commands === keptTime || !keptTime.includes(line))).toEqual(
      commands,
    );
    expect(networkd.travel(change, facts) === 'kernel').toBe(commands === keptTime);
  });

  test('252 keeps a lease over a reload by a key that 257 does not need', () => {
    for (const [version, has] of [
      ['247', false],
      ['252', true],
      ['256', true],
      ['257', false],
    ] as const)
      expect(contentOf('dhcp-complete', withSystemd(version)).includes('KeepConfiguration=dhcp\n')).toBe(has);
    expect(contentOf('static-dual-stack', withSystemd('252'))).not.toContain('KeepConfiguration');
  });
});
