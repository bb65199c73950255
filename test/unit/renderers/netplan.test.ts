// Backend netplan: the exact text of two plans, and one row per trap of netplan and of networkd behind it.
import { describe, expect, test } from 'vitest';
import type { HostFacts } from '../../../agent/model/host.ts';
import type { EniPlan } from '../../../agent/model/network-plan.ts';
import { netplan } from '../../../renderers/netplan/renderer.ts';
import { factsForBackend, releaseNames } from '../../../renderers/releases/lookup.ts';
import { marker } from '../../../renderers/renderer.ts';
import { examplePlans } from '../../support/example-plans.ts';
import { generate } from '../../support/parse-back/netplan.ts';
import { examplePlanFor } from '../../support/recorded-proofs.ts';

const stock = factsForBackend('netplan', 'debian-12');
const withVersions = (
  versions: Readonly<Record<string, string>>,
  more: Partial<HostFacts> = {},
): HostFacts => ({
  ...stock,
  versions,
  ...more,
});
const eni = (plan: string, index = 0): EniPlan => examplePlans[plan]!.enis[index]!;
const yamlOf = (plan: string, facts = stock) => netplan.render(examplePlans[plan]!.enis, facts)[0]!.content;
const dropInOf = (plan: string, facts = stock) => netplan.render(examplePlans[plan]!.enis, facts)[1]!.content;

const yamlPath = '/etc/netplan/60-eni-eth1.yaml';
const dropInPath = '/etc/systemd/network/10-netplan-00-eni-eth1.network.d/50-eni-agent.conf';

describe('files', () => {
  test('static, both families', () => {
    const files = netplan.render(examplePlans['static-dual-stack']!.enis, stock);
    expect(files.map(f => [f.path, f.mode])).toEqual([
      [yamlPath, 0o600],
      [dropInPath, 0o644],
    ]);
    expect(files[0]!.content).toBe(`# ${marker}
# The rest is in ${dropInPath}.
network:
  version: 2
  ethernets:
    00-eni-eth1:
      match:
        macaddress: "00:16:3e:00:00:02"
      optional: true
      dhcp4: false
      dhcp6: false
      accept-ra: false
      addresses:
        - "10.0.2.10/32"
        - "10.0.2.11/32"
        - "10.0.2.12/32"
        - "2001:db8:2::10/128"
        - "2001:db8:2::11/128"
      routes:
        - to: "10.0.2.0/24"
          scope: "link"
          table: 28000
        - to: "10.0.1.0/24"
          via: "10.0.2.253"
          on-link: true
          table: 28000
        - to: "0.0.0.0/0"
          via: "10.0.2.253"
          on-link: true
          table: 28000
        - to: "2001:db8:1::/64"
          via: "fe80::1"
          table: 28000
        - to: "::/0"
          via: "fe80::1"
          table: 28000
`);
    expect(files[1]!.content).toBe(`# ${marker}
# Belongs to ${yamlPath}: what netplan cannot say.

# The MAC that the NIC has now: not each driver tells a permanent one.
[Match]
PermanentMACAddress=
MACAddress=00:16:3e:00:00:02
Type=ether

[Network]
IPv6DuplicateAddressDetection=0

[Route]
Destination=2001:db8:2::/64
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

  test('DHCP: the overrides are in the drop-in, where an unknown key is only a warning', () => {
    expect(yamlOf('dhcp-complete')).toContain('dhcp4: true\n');
    expect(yamlOf('dhcp-complete')).toContain(
      '- to: "0.0.0.0/0"\n          via: "10.0.2.253"\n          on-link: true\n',
    );
    expect(yamlOf('dhcp-complete')).not.toMatch(/overrides|10\.0\.2\.10\//);
    expect(dropInOf('dhcp-complete')).toContain(`[DHCPv4]
UseGateway=no
UseRoutes=no
UseDNS=no
UseDomains=no
UseNTP=no
UseHostname=no
UseMTU=yes
RouteTable=28000
`);
    expect(dropInOf('dhcp-shares-primary-subnet')).toContain('RouteTable=28000\n');
    expect(dropInOf('dhcp-connected-route')).not.toContain('RouteTable');
  });

  test('the MTU is in the drop-in: up to 0.96 netplan writes it to a .link file alone', () => {
    expect(yamlOf('static-ipv4-mtu')).not.toContain('mtu');
    expect(dropInOf('static-ipv4-mtu')).toContain('[Link]\nMTUBytes=8500\n');
  });

  test.each([
    ['set-name', 'it would rename the link, and write a .link file'],
    ['gateway4', 'deprecated since 0.104, and it would be a default route in main'],
    ['default', '0.99 fails on it as a destination'],
    ['routing-policy', 'it has neither suppress_prefixlength nor iif'],
  ])('no YAML has %s: %s', word => {
    for (const plan of Object.keys(examplePlans).filter(p => p !== 'empty'))
      expect(yamlOf(plan).replace(marker, '')).not.toContain(word);
  });

  test('every release of netplan takes every YAML', () => {
    for (const release of releaseNames('netplan'))
      for (const plan of Object.values(examplePlans))
        for (const file of netplan.render(plan.enis, factsForBackend('netplan', release)))
          if (file.path.endsWith('.yaml'))
            expect(generate(file.content, factsForBackend('netplan', release))).toHaveLength(1);
  });

  test('before 0.40 a route without a gateway is in the drop-in', () => {
    for (const netplanVersion of ['0.36.1', undefined]) {
      const facts = withVersions({
        systemd: '237',
        ...(netplanVersion === undefined ? {} : { netplan: netplanVersion }),
      });
      expect(yamlOf('static-dual-stack', facts)).not.toContain('scope');
      expect(dropInOf('static-dual-stack', facts)).toContain(
        '[Route]\nDestination=10.0.2.0/24\nScope=link\nTable=28000\n\n[Route]\nDestination=2001:db8:2::/64\nTable=28000\n',
      );
    }
  });

  test('systemd 237: what asks main by networkd-dispatcher, the match by name, DHCP in the old section', () => {
    const facts = withVersions(
      { systemd: '237', netplan: '0.99' },
      { paths: ['/usr/bin/networkd-dispatcher'] },
    );
    const files = netplan.render(examplePlanFor('dhcp-complete', 'netplan', facts)!.enis, facts);
    expect(files.map(f => f.path)).toEqual([
      yamlPath,
      dropInPath,
      '/etc/networkd-dispatcher/routable.d/60-eni-eth1',
    ]);
    expect(files[1]!.content).toContain('[Match]\nName=eth1\n');
    expect(files[1]!.content).toContain('[DHCP]\nUseRoutes=no\n');
    expect(files[1]!.content).not.toMatch(/Suppress|Interface=/);
    expect(files[2]!.content).not.toMatch(/\b[io]if\b/);
    expect(files[2]!.content).toContain(
      'lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300',
    );
    expect(files[2]!.content).toContain('ip -4 route del 10.0.2.0/24 dev eth1 proto kernel table 254');
  });

  test.each([
    ['247', 'static-connected-route', false],
    ['252', 'static-connected-route', true],
    ['255', 'static-connected-route', true],
    ['257', 'static-connected-route', false],
    // A /32 has no broadcast address that networkd could miss.
    ['252', 'static-dual-stack', false],
  ])('systemd %s, %s: the broadcast address is written: %s', (systemd, plan, written) => {
    const facts = withVersions({ netplan: '1.1.2', systemd });
    const text = '[Address]\nAddress=10.0.2.10/24\nBroadcast=10.0.2.255\n';
    expect(dropInOf(plan, facts).includes(text)).toBe(written);
    expect(dropInOf(plan, facts).includes('Broadcast')).toBe(written);
  });

  test('our id sorts before the catch-alls of cloud images', () => {
    const id = /ethernets:\n {4}(\S+):/.exec(yamlOf('static-dual-stack'))?.[1];
    expect(id).toBe('00-eni-eth1');
    for (const other of ['all-en', 'all-eth', 'eth0', 'ens5', 'id0', 'alleths', 'a'])
      expect(id! < other).toBe(true);
  });
});

describe('activation', () => {
  const after = eni('static-dual-stack');
  const argv = (changes: Parameters<typeof netplan.activate>[0], facts = stock, hazard?: string) =>
    netplan.activate(changes, facts, hazard).map(c => [c.phase, c.argv.join(' ')]);

  test('added: the generator on a private root, one reload', () => {
    const changes = [
      { kind: 'added', after } as const,
      { kind: 'added', after: eni('static-two-enis', 1) } as const,
    ];
    expect(argv(changes).slice(0, 2)).toEqual([
      ['validate', '/usr/libexec/netplan/generate --root-dir /run/eni-agent/netplan-root'],
      ['after-write', 'networkctl reload'],
    ]);
  });

  test('a reload that would reach the primary is left out, and everything is live', () => {
    const hazard = 'somebody has written his files anew';
    const removed = { kind: 'removed', before: after, linkPresent: true } as const;
    for (const change of [{ kind: 'added', after } as const, removed]) {
      expect(netplan.travel(change, stock, hazard)).toBe('kernel');
      const lines = argv([change], stock, hazard).map(([, line]) => line);
      expect(lines[0]).toContain('/netplan/generate --root-dir');
      expect(lines.filter(line => /networkctl|wait-online/.test(line!))).toEqual([]);
    }
    expect(argv([removed], stock, hazard).map(([, line]) => line)).toContain(
      'ip -4 route flush table 28000 dev eth1',
    );
  });

  test('removed: the folder of the drop-in goes before the reload', () => {
    const lines = argv([{ kind: 'removed', before: after, linkPresent: false }]).map(([, line]) => line);
    expect(lines.slice(1, 3)).toEqual([
      'rmdir /etc/systemd/network/10-netplan-00-eni-eth1.network.d',
      'networkctl reload',
    ]);
  });

  test('a link with another name leaves no folder behind', () => {
    const renamed = { kind: 'changed', before: after, after: { ...after, link: 'eth9' } } as const;
    expect(argv([renamed])[1]).toEqual([
      'after-write',
      'rmdir /etc/systemd/network/10-netplan-00-eni-eth1.network.d',
    ]);
  });

  const split = ['/usr/libexec/netplan/generate', '/usr/libexec/netplan/configure'];
  test.each([
    [{ netplan: '0.99' }, [], '/lib/netplan/generate'],
    [{ netplan: '1.1.2' }, [], '/usr/libexec/netplan/generate'],
    [{}, ['/lib/netplan/generate'], '/lib/netplan/generate'],
    [{ netplan: '1.2.2' }, [], '/usr/libexec/netplan/configure'],
    // Both are there: `generate` of 1.2 is a systemd generator only and aborts.
    [{ netplan: '1.2.2' }, split, '/usr/libexec/netplan/configure'],
    // The split in an older version; and a newer one without it.
    [{ netplan: '1.1.2' }, split, '/usr/libexec/netplan/configure'],
    [{ netplan: '1.2' }, ['/usr/libexec/netplan/generate'], '/usr/libexec/netplan/generate'],
  ])('the generator of %j with %j is %s', (versions, paths, path) => {
    const facts = withVersions({ ...versions }, { paths });
    expect(netplan.activate([{ kind: 'added', after }], facts)[0]!.argv[0]).toBe(path);
  });

  test('Ubuntu 18.04 has no reload: everything but a removal is live', () => {
    const facts = factsForBackend('netplan', 'ubuntu-18.04');
    expect(netplan.travel({ kind: 'added', after }, facts)).toBe('kernel');
    expect(argv([{ kind: 'added', after }], facts)).toEqual([
      ['validate', '/lib/netplan/generate --root-dir /run/eni-agent/netplan-root'],
      ['before-write', 'sysctl -q -e -w net/ipv6/conf/eth1/accept_ra=0 net/ipv6/conf/eth1/autoconf=0'],
      ['before-write', 'ip link set dev eth1 up'],
    ]);
  });
});
