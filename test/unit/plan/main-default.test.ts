// The default route of an ENI in main: behind the primary's whatever its metric becomes, or not at all; and reachable for IPv6.
import { describe, expect, test } from 'vitest';
import type { Family } from '../../../agent/model/address.ts';
import type { EniOptions } from '../../../agent/model/settings.ts';
import type { MainDefaults } from '../../../agent/plan/main-default.ts';
import { parseRoutes } from '../../../agent/system/kernel/ip-routes.ts';
import { standardTables } from '../../../agent/system/kernel/ip-words.ts';
import { alone, primary, resultOf, settingsWith } from '../../support/plan-machine.ts';
import { eniOf, familyOf, macOf } from '../../support/plan-parts.ts';

const v4 = 'default via 10.0.1.1 dev eth0 proto dhcp metric 100';
const v6 = 'default via fe80::1 dev eth0 proto ra metric 1024 pref medium';
const dual = { ...alone, ipv6: familyOf(['2001:db8:2::10'], ['2001:db8:2::/64'], 'fe80::2') };

function machine(
  routes: Partial<Record<Family, readonly string[]>>,
  more: Partial<MainDefaults> = {},
): MainDefaults {
  const parsed = ([4, 6] as const).flatMap(family =>
    parseRoutes((routes[family] ?? []).join('\n'), family, standardTables),
  );
  return { routes: parsed, penalty: 0, earlier: new Map(), noIpv6OnLink: undefined, ...more };
}

function inMain(options: Partial<EniOptions>, mainDefaults: MainDefaults, eni = dual) {
  const settings = settingsWith(1, { defaultRoute: true, ...options });
  const { plan, refusals } = resultOf([primary, eni], { settings, mainDefaults });
  const [planned] = plan.enis;
  const routes = planned!.routes.filter(r => r.table === 254);
  return {
    routes: routes.map(r => `IPv${r.family} via ${r.gateway}${r.onLink ? ' onlink' : ''} metric ${r.metric}`),
    notes: planned!.notes,
    refusals,
  };
}

const both = (metric: number) => ({
  routes: [`IPv4 via 10.0.2.1 onlink metric ${metric}`, `IPv6 via fe80::2 metric ${metric}`],
  notes: [],
  refusals: [],
});
const refused = (because: string) => {
  const text = `default-route is left out, because ${because}, or take the key "metric" out of [eni "${macOf(1)}"]`;
  return { routes: [], notes: [text], refusals: [`eni-1: ${text}`] };
};

describe('behind the primary', () => {
  const networkmanager = { penalty: 20000 };
  const earlier = new Map([
    [macOf(1), [{ family: 4, metric: 150 } as const, { family: 6, metric: 150 } as const]],
  ]);
  test.each<readonly [string, Partial<EniOptions>, MainDefaults, object]>([
    ['by default, far above all', {}, machine({ 4: [v4], 6: [v6] }), both(2_000_000_000)],
    [
      'by default, with a connectivity check that fails',
      {},
      machine({ 4: [v4.replace('100', '20100')] }, networkmanager),
      both(2_000_000_000),
    ],
    ['with a metric above both families', { metric: 1025 }, machine({ 4: [v4], 6: [v6] }), both(1025)],
    [
      'not with the same metric, which would be one route of both in IPv6',
      { metric: 1024 },
      machine({ 4: [v4], 6: [v6] }),
      refused(
        'metric 1024 is not above 1024, which the default route of the primary (eth0) has in IPv6: set a metric above 1024',
      ),
    ],
    [
      'not with a lower one',
      { metric: 7 },
      machine({ 4: [v4], 6: [v6] }),
      refused(
        'metric 7 is not above 100, which the default route of the primary (eth0) has in IPv4: set a metric above 100',
      ),
    ],
    [
      'not with one that is only above it while the connectivity check succeeds',
      { metric: 20000 },
      machine({ 4: [v4] }, networkmanager),
      refused(
        'metric 20000 is not above 100, which the default route of the primary (eth0) has in IPv4, and 20000, which NetworkManager adds while its connectivity check fails: set a metric above 20100',
      ),
    ],
    [
      'the same while the check fails',
      { metric: 20000 },
      machine({ 4: [v4.replace('100', '20100')] }, networkmanager),
      refused(
        'metric 20000 is not above 20100, which the default route of the primary (eth0) has in IPv4: set a metric above 20100',
      ),
    ],
    [
      'with one above that, whether it fails or not',
      { metric: 25000 },
      machine({ 4: [v4.replace('100', '20100')] }, networkmanager),
      both(25000),
    ],
    [
      'above all of several',
      { metric: 150 },
      machine({ 4: [v4, v4.replace('100', '200')] }),
      refused(
        'metric 150 is not above 200, which the default route of the primary (eth0) has in IPv4: set a metric above 200',
      ),
    ],
    [
      'one of its next hops counts as well',
      { metric: 50 },
      machine({
        4: [
          'default proto static metric 60 nexthop via 10.0.1.1 dev eth0 weight 1 nexthop via 10.9.0.1 dev wg0 weight 1',
        ],
      }),
      refused(
        'metric 50 is not above 60, which the default route of the primary (eth0) has in IPv4: set a metric above 60',
      ),
    ],
    [
      'a default route of no metric is one of 0; those of ENIs and of the kernel do not count',
      { metric: 1 },
      machine({
        4: ['default via 10.0.1.1 dev eth0', 'default via 10.0.2.1 dev eth1 metric 500'],
        6: [
          'default via fe80::1 dev eth0 metric 0',
          'unreachable default dev lo metric 4294967295 error -101',
        ],
      }),
      both(1),
    ],
    [
      'where the primary is a port, the bridge has it',
      { metric: 100 },
      machine({ 4: ['default via 10.0.1.1 dev br0 metric 425'] }),
      refused(
        'metric 100 is not above 425, which the default route of the primary (eth0) has in IPv4: set a metric above 425',
      ),
    ],
    [
      'while the primary has none, a new metric has to be above what it may come back with',
      { metric: 150 },
      machine({}),
      refused(
        'metric 150 is not above 1024, which a default route of the primary may have in IPv4: set a metric above 1024',
      ),
    ],
    [
      'while the primary has none, what was there stays: for that it is there',
      { metric: 150 },
      machine({}, { earlier }),
      both(150),
    ],
    [
      'but not once it has come back',
      { metric: 150 },
      machine({ 4: [v4.replace('100', '150')] }, { earlier }),
      refused(
        'metric 150 is not above 150, which the default route of the primary (eth0) has in IPv4: set a metric above 150',
      ),
    ],
  ])('%s', (_name, options, mainDefaults, wanted) => {
    expect(inMain(options, mainDefaults)).toEqual(wanted);
  });

  test('a metric of a family that the ENI has not does not matter', () => {
    expect(inMain({ metric: 200 }, machine({ 4: [v4], 6: [v6] }), alone)).toEqual({
      ...both(200),
      routes: ['IPv4 via 10.0.2.1 onlink metric 200'],
    });
  });

  test('the other ENIs, and the ENI itself, are as without', () => {
    const other = eniOf(2, familyOf(['10.0.3.20'], ['10.0.3.0/24'], '10.0.3.1'));
    const plain = resultOf([primary, dual, other]).plan.enis;
    const { plan } = resultOf([primary, dual, other], {
      settings: settingsWith(1, { defaultRoute: true, metric: 7 }),
      mainDefaults: machine({ 4: [v4] }),
    });
    expect(plan.enis.map(e => ({ ...e, notes: [] }))).toEqual(plain);
  });
});

test('a gateway that is an address of another ENI, in another VPC: main cannot have it', () => {
  const other = eniOf(2, familyOf(['10.0.2.1'], ['10.0.2.0/28'], '10.0.2.2'));
  const settings = settingsWith(1, { defaultRoute: true });
  const [planned] = resultOf([primary, alone, other], { settings, mainDefaults: machine({ 4: [v4] }) }).plan
    .enis;
  expect(planned!.routes.filter(r => r.table === 254)).toEqual([]);
  expect(planned!.notes).toContain(
    'no IPv4 default route in main: its gateway 10.0.2.1 is an address of this machine on another link',
  );
});

describe('a gateway that is not link-local (Alibaba Cloud)', () => {
  const gateway = '2408:4005:325:a201:ffff:ffff:ffff:fff7';
  const ofPrimary = familyOf(
    ['2408:4005:325:a200::19'],
    ['2408:4005:325:a200::/64'],
    gateway.replace('a201', 'a200'),
  );
  const dualPrimary = { ...primary, ipv6: ofPrimary };
  const eni = (subnet: string) => ({
    ...alone,
    ipv6: familyOf(
      [`2408:4005:325:${subnet}::12`],
      [`2408:4005:325:${subnet}::/64`],
      gateway.replace('a201', subnet),
    ),
  });
  const plan = (subnet: string, mainDefaults: MainDefaults, options: Partial<EniOptions> = {}) => {
    const settings = settingsWith(1, { defaultRoute: true, ...options });
    const { plan, refusals } = resultOf([dualPrimary, eni(subnet)], { settings, mainDefaults });
    expect(refusals).toEqual([]);
    const [planned] = plan.enis;
    const own = planned!.routes.find(r => r.family === 6 && r.table === 28000 && r.gateway !== undefined);
    expect(own).toMatchObject({ onLink: false });
    const { onLink } = planned!.routes.find(r => r.family === 6 && r.table === 254) ?? {};
    return { onLink, notes: planned!.notes };
  };

  test('is said to be on the link, since main does not have the subnet', () => {
    expect(plan('a201', machine({ 6: [v6] }))).toEqual({ onLink: true, notes: [] });
  });

  test('not with connected-route: main has the subnet then', () => {
    expect(plan('a201', machine({ 6: [v6] }), { connectedRoute: true })).toEqual({
      onLink: false,
      notes: [],
    });
  });

  test.each<readonly [string, string, MainDefaults, string]>([
    [
      'in the subnet of the primary',
      'a200',
      machine({ 6: [v6] }),
      'its gateway 2408:4005:325:a200:ffff:ffff:ffff:fff7 is in 2408:4005:325:a200::/64, which main has by another link, and the kernel refuses it on eth1 then',
    ],
    [
      'where main has it by a VPN',
      'a201',
      machine({ 6: [v6, '2408:4005::/32 dev wg0 metric 1024'] }),
      `main has its gateway ${gateway} by wg0 (2408:4005::/32), so that the kernel takes it on no other link`,
    ],
    [
      'on a kernel that does not know the flag',
      'a201',
      machine({}, { noIpv6OnLink: 'the kernel is old' }),
      'the kernel is old',
    ],
  ])('%s: IPv4 only, and a note', (_name, subnet, mainDefaults, why) => {
    expect(plan(subnet, mainDefaults)).toEqual({
      onLink: undefined,
      notes: [`no IPv6 default route in main: ${why}`],
    });
  });
});
