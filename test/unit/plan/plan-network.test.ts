// Whole instances to whole plans: what one ENI gets, who is left alone and why, what is remembered.
import { describe, expect, test } from 'vitest';
import { defaultSettings } from '../../../agent/config/read-settings.ts';
import { type Eni, unknown } from '../../../agent/model/instance.ts';
import type { EniOptions } from '../../../agent/model/settings.ts';
import type { PlanInput } from '../../../agent/plan/plan-input.ts';
import { cidr, ip, mac } from '../../support/example-plans.ts';
import {
  alone,
  inSubnet,
  primary,
  resultOf,
  settingsWith,
  skips,
  summary,
} from '../../support/plan-machine.ts';
import { addressOn, eniOf, familyOf, instanceOf, macOf, nic, noFamily } from '../../support/plan-parts.ts';

describe('one secondary ENI', () => {
  test('is planned whole', () => {
    const { plan } = resultOf([primary, alone]);
    expect(plan.primaryLink).toBe('eth0');
    expect(plan.skipped).toEqual([
      {
        mac: macOf(0),
        eniId: 'eni-0',
        reason: 'primary',
        text: 'eni-agent does not configure the primary ENI',
        degraded: false,
      },
    ]);
    expect(plan.enis).toHaveLength(1);
    expect(plan.enis[0]).toMatchObject({
      mac: macOf(1),
      link: 'eth1',
      eniId: 'eni-1',
      slot: 0,
      table: 28000,
      addressing: 'static',
      mtu: undefined,
      connectedRoute: false,
      awaiting: undefined,
      notes: [],
      addresses: [
        { ip: '10.0.2.10', prefixLength: 32, family: 4, dynamic: false },
        { ip: '10.0.2.11', prefixLength: 32, family: 4, dynamic: false },
      ],
      routes: [
        { destination: '10.0.2.0/24', gateway: undefined, onLink: false, table: 28000, metric: undefined },
        { destination: '10.0.1.0/24', gateway: '10.0.2.1', onLink: true, table: 28000, metric: undefined },
        { destination: '0.0.0.0/0', gateway: '10.0.2.1', onLink: true, table: 28000, metric: undefined },
      ],
    });
  });

  test('an address outside of every subnet is a host address; a gateway outside is told to be on the link', () => {
    const eni = eniOf(1, familyOf(['10.0.2.10', '192.0.2.7'], ['10.0.2.0/24'], '100.64.0.1'));
    const [planned] = resultOf([primary, eni]).plan.enis;
    expect(planned!.addresses.map(a => a.prefixLength)).toEqual([32, 32]);
    expect(planned!.routes.at(-1)).toMatchObject({ gateway: '100.64.0.1', onLink: true });
  });

  test('two VPCs of nested networks: a gateway that is an address of another ENI must not be told to be on the link', () => {
    const outer = eniOf(1, familyOf(['10.0.2.17'], ['10.0.2.0/24'], '10.0.2.1'));
    const inner = eniOf(2, familyOf(['10.0.2.20'], ['10.0.2.16/28'], '10.0.2.17'));
    const defaults = resultOf([primary, outer, inner]).plan.enis.map(e => e.routes.at(-1));
    expect(defaults).toMatchObject([
      { gateway: '10.0.2.1', onLink: true },
      { gateway: '10.0.2.17', onLink: false },
    ]);
  });

  test.each([
    ['aws', []],
    [
      'alibaba',
      [
        'eni-1 invalid-metadata (degraded): prefix 100.100.100.192/28 contains 100.100.100.200, a service of the cloud',
      ],
    ],
  ] as const)('on %s, with a prefix that holds the service of Alibaba Cloud', (provider, skipped) => {
    const eni = eniOf(1, familyOf(['10.0.2.10'], ['10.0.2.0/24'], '10.0.2.1', ['100.100.100.192/28']));
    const instance = { ...instanceOf(primary, eni), provider };
    expect(skips(resultOf([primary, eni], { instance }))).toEqual(skipped);
  });

  test('IPv6 only, with a link-local gateway, which needs no help', () => {
    const ipv6 = familyOf(['2001:db8:2::10'], ['2001:db8:2::/64'], 'fe80:ec2::1');
    const [planned] = resultOf([primary, eniOf(1, noFamily, { ipv6 })]).plan.enis;
    expect(planned!.addresses).toMatchObject([{ ip: '2001:db8:2::10', prefixLength: 128, family: 6 }]);
    expect(planned!.routes).toMatchObject([
      { destination: '2001:db8:2::/64' },
      { destination: '::/0', gateway: 'fe80:ec2::1', onLink: false },
    ]);
    expect(planned!.rules.every(r => r.family === 6)).toBe(true);
  });

  test('with DHCP, before and after the lease', () => {
    const jd = eniOf(1, familyOf(['10.0.2.10']), { needsDhcp: true });
    const before = resultOf([primary, jd]);
    expect(before.plan.enis[0]).toMatchObject({ awaiting: 'dhcp-lease', routes: [], rules: [] });
    const leased = [addressOn('eth1', '10.0.2.10/24', { dynamic: true })];
    const after = resultOf([primary, jd], { addresses: leased });
    expect(after.plan.enis[0]).toMatchObject({
      awaiting: undefined,
      addresses: [{ ip: '10.0.2.10', dynamic: true }],
      notes: ['IPv4 gateway 10.0.2.1 is inferred (first address of 10.0.2.0/24)'],
    });
    expect([...after.learnedSubnets]).toEqual([[macOf(1), '10.0.2.0/24']]);
    // Known from the start, so that the link need not go down again when the lease has come.
    for (const wanted of [false, true]) {
      const settings = settingsWith(1, { connectedRoute: wanted });
      for (const addresses of [[], leased])
        expect(resultOf([primary, jd], { addresses, settings }).plan.enis[0]!.connectedRoute).toBe(wanted);
    }
    // The link is down at the next boot; what was learned still stands.
    const again = resultOf([primary, jd], { addresses: [], learnedSubnets: after.learnedSubnets });
    expect(again.plan.enis).toEqual(after.plan.enis);
  });

  test.each<readonly [string, Partial<EniOptions>, object]>([
    ['mtu', { mtu: 1400 }, { mtu: 1400 }],
    ['table', { table: 5000 }, { table: 5000, slot: 0 }],
    [
      'connected-route = yes',
      { connectedRoute: true },
      { connectedRoute: true, addresses: [{ prefixLength: 24 }, { prefixLength: 32 }] },
    ],
    ['mode = dhcp', { mode: 'dhcp' }, { addressing: 'dhcp', awaiting: undefined }],
  ])('the option %s', (_name, options, wanted) => {
    expect(
      resultOf([primary, { ...alone, mtu: 9001 }], { settings: settingsWith(1, options) }).plan.enis[0],
    ).toMatchObject(wanted);
  });

  test('the option default-route: the only way into main, behind every default of a distribution', () => {
    const inMain = (options: Partial<EniOptions>) =>
      resultOf([primary, alone], {
        settings: settingsWith(1, options),
        keptSlots: new Map([[macOf(1), 3]]),
      }).plan.enis[0]!.routes.filter(r => r.table === 254);
    expect(inMain({})).toEqual([]);
    expect(inMain({ metric: 7 })).toEqual([]);
    expect(inMain({ defaultRoute: true })).toMatchObject([
      { destination: '0.0.0.0/0', gateway: '10.0.2.1', metric: 2_000_000_003 },
    ]);
    expect(inMain({ defaultRoute: true, metric: 7 })).toMatchObject([{ metric: 7 }]);
  });
});

describe('who is left alone', () => {
  const efaOnly = eniOf(1, noFamily, { carriesIp: false });
  const rows: readonly (readonly [string, Eni, Partial<PlanInput>, string])[] = [
    ['EFA-only', efaOnly, { links: [nic(0)] }, 'no-ip: EFA-only: it has no addresses and no link'],
    [
      'ignored',
      alone,
      { settings: settingsWith(1, { ignore: true }) },
      'ignored: the configuration says ignore = yes',
    ],
    [
      'not listed',
      alone,
      { settings: { ...defaultSettings, agent: { ...defaultSettings.agent, manage: 'listed' } } },
      'ignored: the configuration says manage = listed, and has no section [eni "02:00:00:00:00:01"]',
    ],
    ['no link', alone, { links: [nic(0)] }, 'no-link (degraded): no link has this MAC'],
    [
      'two links',
      alone,
      { links: [nic(0), nic(1), nic(1, { name: 'eth9' })] },
      'ambiguous-link (degraded): several links have this MAC: eth1, eth9',
    ],
    [
      'a port of a bond',
      alone,
      { links: [nic(0), nic(1, { master: 'bond0' })] },
      'port: eth1 is a port of bond0, and waits until it is free again',
    ],
    [
      'an unread gateway',
      { ...alone, ipv4: { ...alone.ipv4, gateway: unknown('HTTP 500') } },
      {},
      'incomplete-metadata (degraded): IPv4 gateway: HTTP 500',
    ],
    [
      'an address of the primary',
      eniOf(1, familyOf(['10.0.1.10'], ['10.0.1.0/24'])),
      {},
      'invalid-metadata (degraded): address 10.0.1.10 belongs to another ENI already',
    ],
    [
      'an address that only the primary link has',
      alone,
      { addresses: [addressOn('eth0', '10.0.2.11/32')] },
      'invalid-metadata (degraded): address 10.0.2.11 belongs to another ENI already',
    ],
    [
      'the gateway of the primary, as the metadata has it',
      eniOf(1, familyOf(['10.0.1.1'], ['10.0.1.0/24'])),
      {},
      'invalid-metadata (degraded): address 10.0.1.1 is the gateway of the primary ENI',
    ],
    [
      'the gateway of the primary, as main has it',
      alone,
      { defaultGateways: [{ link: 'eth0', gateway: ip('10.0.2.11') }] },
      'invalid-metadata (degraded): address 10.0.2.11 is the gateway of the primary ENI',
    ],
    ['no address', eniOf(1, familyOf([], ['10.0.2.0/24'], '10.0.2.1')), {}, 'no-ip: has no address'],
    [
      'configured elsewhere',
      alone,
      { claims: new Map([['eth1', '/etc/network/interfaces: iface eth1 inet dhcp']]) },
      'configured-elsewhere (degraded): /etc/network/interfaces: iface eth1 inet dhcp',
    ],
    [
      'no free slot',
      alone,
      { occupiedSlots: new Set(Array.from({ length: 256 }, (_, i) => i)) },
      'no-free-slot (degraded): all 256 slots are in use; "eni-agent doctor" lists foreign routes and rules that occupy some: remove those',
    ],
  ];
  test.each(rows)('%s', (_name, eni, more, wanted) => {
    const result = resultOf([primary, eni], more);
    expect(skips(result)).toEqual([`eni-1 ${wanted}`]);
    expect(result.plan.enis).toEqual([]);
  });

  test('the second of two ENIs with one address; the first goes on', () => {
    const twin = eniOf(2, familyOf(['10.0.2.11'], ['10.0.2.0/24'], '10.0.2.1'));
    const result = resultOf([primary, alone, twin]);
    expect(result.plan.enis.map(e => e.link)).toEqual(['eth1']);
    expect(skips(result)).toEqual([
      'eni-2 invalid-metadata (degraded): address 10.0.2.11 belongs to another ENI already',
    ]);
  });

  test('an ENI that claims the MAC of the primary', () => {
    const result = resultOf([primary, { ...alone, mac: macOf(0) }]);
    expect(skips(result)).toEqual(['eni-1 invalid-metadata (degraded): has the MAC of the primary ENI']);
  });

  test('whose MAC is claimed is still known: the others keep away from its subnet', () => {
    const liar = { ...alone, mac: macOf(0) };
    const [planned] = resultOf([primary, liar, inSubnet(2, 1)], { addresses: [] }).plan.enis;
    expect(planned).toMatchObject({ link: 'eth2', addresses: [{ ip: '10.0.1.20', prefixLength: 32 }] });
    expect(planned!.rules.map(r => r.from)).toContain('10.0.1.20/32');
  });

  test('the second of two ENIs with one delegated prefix, or a part of it', () => {
    const first = eniOf(1, familyOf(['10.0.2.10'], ['10.0.2.0/24'], '10.0.2.1', ['10.0.2.64/27']));
    const second = eniOf(2, familyOf(['10.0.2.20'], ['10.0.2.0/24'], '10.0.2.1', ['10.0.2.80/28']));
    expect(skips(resultOf([primary, first, second]))).toEqual([
      'eni-2 invalid-metadata (degraded): prefix 10.0.2.80/28 overlaps 10.0.2.64/27, which is delegated to another ENI',
    ]);
  });

  test('everything, if nobody is the primary', () => {
    const result = resultOf([{ ...primary, primary: false }, alone]);
    expect(result.plan.enis).toEqual([]);
    expect(skips(result)[1]).toBe(
      'eni-1 incomplete-metadata (degraded): the metadata does not say which ENI is the primary',
    );
  });
});

describe('the primary link', () => {
  const bridge = nic(0, { name: 'br0', index: 9, kind: 'bridge', physical: false });
  const vlan = nic(0, { name: 'eth0.5', index: 1, kind: 'vlan', physical: false });
  test.each([
    ['the NIC', [nic(0)], 'eth0'],
    ['the NIC, though a VLAN with its MAC is listed first', [vlan, nic(0)], 'eth0'],
    ['the bridge in front of it', [nic(0, { master: 'br0' }), bridge], 'br0'],
    ['unknown', [nic(5)], undefined],
  ])('is %s', (_name, links, wanted) => {
    expect(resultOf([primary], { links }).plan.primaryLink).toBe(wanted);
  });

  test('its addresses are protected on the bridge as well', () => {
    const links = [nic(0, { master: 'br0' }), bridge, nic(1)];
    const addresses = [addressOn('br0', '10.0.2.99/24')];
    expect(summary(resultOf([primary, alone], { links, addresses }))).toEqual([
      'eth1 slot 0: 10.0.2.10/32 10.0.2.11/32 by address',
    ]);
  });
});

describe('what is remembered', () => {
  test('the slots of ENIs that have gone; a number that was given away is forgotten', () => {
    const gone = macOf(7);
    const kept = resultOf([primary, alone], { keptSlots: new Map([[gone, 0]]) });
    expect([...kept.slots]).toEqual([
      [gone, 0],
      [macOf(1), 1],
    ]);
    const full = new Map(
      Array.from(
        { length: 256 },
        (_, i) => [mac(`02:09:00:00:00:${i.toString(16).padStart(2, '0')}`), i] as const,
      ),
    );
    const result = resultOf([primary, alone], { keptSlots: full });
    expect(result.slots.size).toBe(256);
    expect(result.slots.get(macOf(1))).toBe(0);
  });

  test('a learned subnet of an ENI that is away', () => {
    const learnedSubnets = new Map([[macOf(7), cidr('10.7.0.0/24')]]);
    expect(resultOf([primary, alone], { learnedSubnets }).learnedSubnets).toEqual(learnedSubnets);
  });
});

test('a default route by the ENI’s own link makes no gateway of the primary', () => {
  const defaultGateways = [{ link: 'eth1', gateway: ip('10.0.2.11') }];
  expect(resultOf([primary, alone], { defaultGateways }).plan.enis).toHaveLength(1);
});
