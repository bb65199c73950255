// Backend NetworkManager with keyfiles: the exact text of two plans, and one row per trap of NetworkManager.
import { describe, expect, test } from 'vitest';
import type { HostFacts } from '../../../agent/model/host.ts';
import type { EniPlan } from '../../../agent/model/network-plan.ts';
import { networkmanagerKeyfile as renderer } from '../../../renderers/networkmanager/keyfile.ts';
import { uuidOf } from '../../../renderers/networkmanager/uuid.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { marker, type RenderedFile } from '../../../renderers/renderer.ts';
import { examplePlans, mac } from '../../support/example-plans.ts';
import { expectedLines } from '../../support/parse-back/kernel-lines.ts';
import { parseBack, readNetworkManagerRule } from '../../support/parse-back/networkmanager-keyfile.ts';

const stock = factsForBackend('networkmanager-keyfile', 'rhel-9');
const withVersion = (networkmanager: string): HostFacts => ({ ...stock, versions: { networkmanager } });
const eni = (plan: string, index = 0): EniPlan => examplePlans[plan]!.enis[index]!;
const contentOf = (plan: string, facts = stock) =>
  renderer.render(examplePlans[plan]!.enis, facts)[0]!.content;
const path = '/etc/NetworkManager/system-connections/eni-eth1.nmconnection';
const script = '/etc/NetworkManager/dispatcher.d/pre-up.d/60-eni-eth1';
const uuid = 'df351f5c-62c4-510d-9d80-682a9c7936db';

describe('files', () => {
  test('static, both families', () => {
    const files = renderer.render(examplePlans['static-dual-stack']!.enis, stock);
    expect(files.map(f => [f.path, f.mode])).toEqual([
      [path, 0o600],
      [script, 0o755],
    ]);
    expect(files[0]!.content).toBe(`# ${marker}

[connection]
id=eni-eth1
uuid=${uuid}
type=ethernet
autoconnect-priority=200

[ethernet]
mac-address=00:16:3E:00:00:02

[ipv4]
method=manual
never-default=true
dad-timeout=0
address1=10.0.2.10/32
address2=10.0.2.11/32
address3=10.0.2.12/32
route1=10.0.2.0/24,0.0.0.0,0
route1_options=table=28000
route2=10.0.1.0/24,10.0.2.253,0
route2_options=table=28000,onlink=true
route3=0.0.0.0/0,10.0.2.253,0
route3_options=table=28000,onlink=true
routing-rule1=priority 28000 from 10.0.2.0/24 iif lo table 28000 suppress_prefixlength 0
routing-rule2=priority 28600 from 10.0.2.0/24 iif lo table 28000
routing-rule3=priority 33000 from all oif eth1 table 28000

[ipv6]
method=manual
addr-gen-mode=eui64
never-default=true
address1=2001:db8:2::10/128
address2=2001:db8:2::11/128
route1=2001:db8:2::/64,::,1024
route1_options=table=28000
route2=2001:db8:1::/64,fe80::1,1024
route2_options=table=28000
route3=::/0,fe80::1,1024
route3_options=table=28000
routing-rule1=priority 28000 from 2001:db8:2::/64 iif lo table 28000 suppress_prefixlength 0
routing-rule2=priority 28600 from 2001:db8:2::/64 iif lo table 28000
routing-rule3=priority 33000 from all oif eth1 table 28000
`);
  });

  test('DHCP: the lease brings an address and nothing else', () => {
    expect(contentOf('dhcp-complete')).toContain(`[ipv4]
method=auto
never-default=true
ignore-auto-dns=true
ignore-auto-routes=true
dhcp-timeout=2147483647
route-table=28000
dad-timeout=0
address1=10.0.2.11/32
address2=10.0.2.12/32
route1=10.0.2.0/24,0.0.0.0,0
route1_options=table=28000
route2=10.0.1.0/24,10.0.2.253,0
route2_options=table=28000,onlink=true
route3=0.0.0.0/0,10.0.2.253,0
route3_options=table=28000,onlink=true
`);
  });

  test.each([
    ['static-ipv4-mtu', 'mtu=8500\n'],
    ['static-ipv4-mtu', '[ipv6]\nmethod=link-local\naddr-gen-mode=eui64\n'],
    ['static-ipv6-only', '[ipv4]\nmethod=disabled\n\n'],
    // Without its table it would go where route-table says.
    ['static-main-default', 'route4=0.0.0.0/0,10.0.2.253,20000\nroute4_options=table=254,onlink=true\n'],
    // The gateway is in a connected route here.
    ['static-connected-route', 'address1=10.0.2.10/24\naddress2=10.0.2.11/32\n'],
    ['static-connected-route', 'route3=0.0.0.0/0,10.0.2.253,0\nroute3_options=table=28000\n'],
    ['static-shares-primary-subnet', 'route2_options=table=28000,onlink=true\n'],
    ['dhcp-shares-primary-subnet', 'route-table=28000\n'],
    ['dhcp-awaiting-lease', 'route-table=28000\n'],
    ['static-prefixes-and-outside-address', 'routing-rule5=priority 28600 from 10.0.2.64/28 table 28000\n'],
  ])('%s has %s', (plan, text) => {
    expect(contentOf(plan)).toContain(text);
  });

  test.each([
    ['interface-name', 'the kernel may hand out its names in another order'],
    ['suppress-prefixlength', 'with a hyphen the rule is dropped'],
    ['gateway=', 'a default route in main'],
    ['src=', 'the address may not be there yet'],
    ['may-fail', 'the other family must stay'],
  ])('no profile has %s: %s', word => {
    for (const plan of Object.keys(examplePlans).filter(p => p !== 'empty'))
      expect(contentOf(plan)).not.toContain(word);
  });

  test.each([
    ['dhcp-connected-route', 'route-table', 'main would lose the connected route'],
    ['dhcp-complete', 'route-metric', 'behind the primary is not enough: main must not have the route'],
    ['static-dual-stack', 'route-table', 'nothing is leased'],
  ])('%s has no %s: %s', (plan, text) => {
    expect(contentOf(plan)).not.toContain(text);
  });

  test.each([
    // No version has a word for suppress_ifgroup.
    [
      '1.20',
      ['rule add from 10.0.2.0/24 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300'],
    ],
    [
      '1.18.8',
      [
        'rule add from 10.0.2.0/24 iif lo lookup 28000 suppress_prefixlength 0 priority 28000',
        'rule add from 10.0.2.0/24 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300',
      ],
    ],
    [
      '1.14.0',
      [
        'rule add from 10.0.2.0/24 iif lo lookup 28000 suppress_prefixlength 0 priority 28000',
        'rule add from 10.0.2.0/24 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300',
        'rule add from 10.0.2.0/24 iif lo lookup 28000 priority 28600',
        'rule add from all oif eth1 lookup 28000 priority 33000',
      ],
    ],
  ])('NetworkManager %s: rules that it cannot say are in a dispatcher script', (version, rules) => {
    const [profile, file] = renderer.render(examplePlans['static-ipv4-mtu']!.enis, withVersion(version));
    expect(profile!.content.split('routing-rule').length - 1).toBe(4 - rules.length);
    expect(file!.content.match(/rule add .*/g)).toEqual(rules);
    expect(file).toMatchObject({ path: script, mode: 0o755 });
    expect(file!.content.startsWith(`#!/bin/sh\n# ${marker}\n`)).toBe(true);
    expect(file!.content).toMatch(
      /\[ "\$1" = eth1 \] \|\| exit 0\n#.*\n\[ .* = 00:16:3e:00:00:02 \] \|\| exit 0\nip -4 /,
    );
  });

  test('the UUID is of version 5, the same for a MAC and another for another', () => {
    expect(uuidOf(mac('00:16:3e:00:00:02'))).toBe(uuid);
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uuidOf(mac('00:16:3e:00:00:03'))).not.toBe(uuid);
  });

  test('the reader of the tests drops what NetworkManager drops', () => {
    const read = (text: string, version = '1.40') => readNetworkManagerRule(text, 4, version).length;
    expect(read('priority 1 from 10.0.0.0/8 table 5')).toBe(1);
    expect(read('from 10.0.0.0/8 table 5')).toBe(0);
    expect(read('priority 1 from 10.0.0.0/8 table 254 suppress-prefixlength 0')).toBe(0);
    expect(read('priority 1 from 10.0.0.0/8 table 254 suppress_prefixlength 0', '1.18')).toBe(0);
  });
});

describe('the reader of the tests sees what NetworkManager would do', () => {
  const after = eni('dhcp-complete');
  const [file, other] = renderer.render(examplePlans['dhcp-complete']!.enis, stock) as [
    RenderedFile,
    RenderedFile,
  ];
  const read = (from: string, to: string) =>
    parseBack([{ ...file, content: file.content.replace(from, to) }, other], 'eth1', stock);

  test('the file as it is', () => {
    expect(read('', '')).toEqual(expectedLines(after));
  });

  test.each([
    ['ignore-auto-routes=true\n', '', 'option 121 in main'],
    ['10.0.2.253,0', '10.0.2.253', 'the metric of the device'],
    ['suppress_prefixlength', 'suppress-prefixlength', 'the rule is dropped'],
    ['priority 28600 ', '', 'the rule is dropped'],
    ['route3_options=table=28000,onlink=true', 'route3_options=table=254,onlink=true', 'a default in main'],
    ['address2=10.0.2.12/32\n', '', 'an address less'],
  ])('%s -> %s: %s', (from, to) => {
    expect(file.content).toContain(from);
    expect(read(from, to)).not.toEqual(expectedLines(after));
  });

  test('a profile that others can read is refused', () => {
    expect(() => parseBack([{ ...file, mode: 0o644 }], 'eth1', stock)).toThrow(/mode/);
  });
});

describe('activation', () => {
  const after = eni('static-dual-stack');
  const second = eni('static-two-enis', 1);
  const ours = [path, path.replace('eth1', 'eth2')];
  const files = Object.fromEntries(ours.map(p => [p, `# ${marker}\n`]));
  /** With our profiles loaded. */
  const argv = (changes: Parameters<typeof renderer.activate>[0], facts = stock) =>
    renderer.activate(changes, { ...facts, files }).map(c => c.argv.join(' '));

  test('added and changed: each link by itself', () => {
    const changes = [
      { kind: 'added', after } as const,
      { kind: 'changed', before: second, after: { ...second, mtu: 1400 } } as const,
    ];
    expect(argv(changes)).toEqual([
      `nmcli connection load ${path}`,
      `nmcli connection load ${path.replace('eth1', 'eth2')}`,
      `nmcli --wait 20 connection up uuid ${uuid} ifname eth1`,
      'nmcli --wait 20 device reapply eth2',
      `${script} eth1 pre-up`,
      `${script.replace('eth1', 'eth2')} eth2 pre-up`,
    ]);
    expect(changes.map(change => renderer.travel(change, stock))).not.toContain('kernel');
  });

  test('on a link that works by another profile, such as "Wired connection 1", ours has to come up: reapply takes the active one', () => {
    const change = { kind: 'changed', before: after, after: { ...after, mtu: 1400 } } as const;
    expect(renderer.activate([change], stock).map(c => c.argv.join(' '))).toEqual([
      `nmcli connection load ${path}`,
      `nmcli --wait 20 connection up uuid ${uuid} ifname eth1`,
      `${script} eth1 pre-up`,
    ]);
  });

  const leased = eni('dhcp-complete');
  test.each([
    ['the same lease', leased, { ...leased, mtu: 1400 }, false],
    ['a lease for a static address', after, leased, true],
    ['a static address for a lease', leased, after, true],
    ['the connected route to main', leased, eni('dhcp-connected-route'), true],
    ['a lease in main for a static address', after, eni('dhcp-connected-route'), false],
    ['another table', leased, { ...leased, table: 5001 }, true],
  ])(
    'before 1.20 another route-table is refused by reapply, and comes up anew: %s',
    (_what, before, next, anew) => {
      const change = { kind: 'changed', before, after: next } as const;
      expect(argv([change])[1]).toBe('nmcli --wait 20 device reapply eth1');
      expect(argv([change], withVersion('1.18.8'))[1]).toBe(
        anew
          ? `nmcli --wait 20 connection up uuid ${uuid} ifname eth1`
          : 'nmcli --wait 20 device reapply eth1',
      );
    },
  );

  test('the new rules of a profile that is reapplied are added before', () => {
    const changed = { kind: 'changed', before: after, after: { ...after, mtu: 1400 } } as const;
    expect(renderer.travel(changed, { ...stock, files })).toBe('rules-first');
    expect(renderer.travel({ kind: 'added', after }, { ...stock, files })).toBe('files');
    expect(renderer.travel(changed, stock)).toBe('files');
  });

  test('removed: only the missing file is loaded, and the rules of the script go one by one', () => {
    const commands = renderer.activate([{ kind: 'removed', before: after, linkPresent: true }], stock);
    const rule = 'lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300';
    expect(commands.map(c => [c.phase, c.mayFail, c.argv.join(' ')])).toEqual([
      ['after-write', true, `nmcli connection load ${path}`],
      ['after-write', true, `ip -4 rule del from 10.0.2.0/24 ${rule}`],
      ['after-write', true, `ip -6 rule del from 2001:db8:2::/64 ${rule}`],
    ]);
  });

  test('under another name the profile comes up anew: reapply knows the old one only', () => {
    const change = { kind: 'changed', before: after, after: { ...after, link: 'eth9' } } as const;
    expect(argv([change])).toEqual([
      `nmcli connection load ${path}`,
      `nmcli connection load ${path.replace('eth1', 'eth9')}`,
      `nmcli --wait 20 connection up uuid ${uuid} ifname eth9`,
      `${script.replace('eth1', 'eth9')} eth9 pre-up`,
    ]);
  });
});
