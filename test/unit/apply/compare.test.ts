// A plan against a kernel: the whole plan in a kernel gives no difference, and each single deviation gives exactly its own.
import { describe, expect, test } from 'vitest';
import { type CompareOptions, compareEni, describeDifference } from '../../../agent/apply/compare.ts';
import { planObjects } from '../../../agent/apply/kernel-objects.ts';
import { type KernelState, ruleKey } from '../../../agent/model/kernel-state.ts';
import type { EniPlan } from '../../../agent/model/network-plan.ts';
import { cidr, examplePlans, ip } from '../../support/example-plans.ts';
import { kernelOf } from '../../support/kernel-of.ts';
import { addressOn, routeBy, ruleOf } from '../../support/plan-parts.ts';

const options: CompareOptions = { base: 28000, ruleProtocol: true };
const planNamed = (name: string) => examplePlans[name]!.enis;
const plan = planNamed('static-dual-stack')[0]!;
const kernel = kernelOf([plan]);

const lines = (state: KernelState, now: EniPlan | undefined = plan, earlier: EniPlan | undefined = plan) =>
  describeDifference(compareEni(state, now, earlier, options));

describe('no difference', () => {
  test.each(Object.entries(examplePlans))('%s in a kernel that has it', (_name, { enis }) => {
    for (const eni of enis)
      expect(describeDifference(compareEni(kernelOf(enis), eni, eni, options))).toEqual([]);
  });

  const route = kernel.routes.find(r => r.table === 28000)!;
  test.each<readonly [string, Partial<KernelState>]>([
    [
      'metrics that a backend chose in the private table',
      { routes: kernel.routes.map(r => ({ ...r, metric: 1024 })) },
    ],
    ['a protocol that a backend chose', { rules: kernel.rules.map(r => ({ ...r, protocol: 'static' })) }],
    [
      'an address that an administrator added',
      { addresses: [...kernel.addresses, addressOn('eth1', '10.0.2.99/32')] },
    ],
    [
      'a rule of somebody else at one of our priorities',
      { rules: [...kernel.rules, ruleOf(28600, '192.168.0.0/16', 77)] },
    ],
    [
      'a rule of ours in every word but one that we do not model',
      { rules: [...kernel.rules, ruleOf(28600, '10.0.2.0/24', 28000, { opaque: 'fwmark 0x1' })] },
    ],
    [
      'a rule from all at our priority',
      { rules: [...kernel.rules, ruleOf(28600, '10.0.2.0/24', 28000, { from: undefined })] },
    ],
    [
      'a rule of ours with a number that is not',
      { rules: [...kernel.rules, ruleOf(100, '10.0.2.0/24', 28000)] },
    ],
    [
      'a route of another link in our table',
      { routes: [...kernel.routes, routeBy('wg0', '10.50.0.0/16', { table: 28000 })] },
    ],
    [
      'a multipath route in our table',
      { routes: [...kernel.routes, { ...route, destination: '10.60.0.0/16' as never, opaque: 'nexthop' }] },
    ],
    [
      "the kernel's own routes in our table",
      { routes: [...kernel.routes, routeBy('eth1', '10.61.0.0/16', { table: 28000, protocol: 'kernel' })] },
    ],
    [
      "NetworkManager's host route to a link-local gateway",
      { routes: [...kernel.routes, routeBy('eth1', 'fe80::1/128', { table: 28000 })] },
    ],
    [
      'the default route of the primary',
      { routes: [...kernel.routes, routeBy('eth0', 'default', { gateway: ip('10.0.1.1') })] },
    ],
    ['a specific route in main by our link', { routes: [...kernel.routes, routeBy('eth1', '10.70.0.0/16')] }],
  ])('%s', (_name, more) => {
    expect(lines({ ...kernel, ...more })).toEqual([]);
  });
});

describe('missing', () => {
  test('each single object', () => {
    for (const object of planObjects(plan, options)) {
      const without: KernelState = {
        ...kernel,
        addresses: kernel.addresses.filter(
          a => !object.key.includes(`${a.ip}/${a.prefixLength}`) || object.kind !== 'address',
        ),
        routes: kernel.routes.filter(
          r => object.kind !== 'route' || !object.key.startsWith(`route ${r.table} ${r.destination} `),
        ),
        rules: kernel.rules.filter(r => object.kind !== 'rule' || object.key !== ruleKey(r)),
      };
      expect(lines(without)).toEqual([`missing: ${object.key}`]);
    }
  });

  test.each<readonly [string, Partial<KernelState>, readonly string[]]>([
    [
      'suppress_prefixlength that a backend lost: the rule that would leak to the default route is left over',
      {
        rules: kernel.rules.map(r =>
          r.priority === 28300 && r.family === 4 ? { ...r, suppressPrefixLength: undefined } : r,
        ),
      },
      ['missing: rule 4 28300 from 10.0.2.0/24 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000'],
    ],
    [
      'iif lo that a backend lost',
      {
        rules: kernel.rules.map(r => (r.priority === 28600 && r.family === 4 ? { ...r, iif: undefined } : r)),
      },
      [
        'missing: rule 4 28600 from 10.0.2.0/24 iif lo lookup 28000',
        'left over: rule 4 28600 from 10.0.2.0/24 lookup 28000',
      ],
    ],
    [
      'another prefix length',
      { addresses: kernel.addresses.map(a => (a.ip === '10.0.2.10' ? { ...a, prefixLength: 24 } : a)) },
      ['missing: address eth1 10.0.2.10/32'],
    ],
    [
      'another gateway',
      {
        routes: kernel.routes.map(r => (r.gateway === '10.0.2.253' ? { ...r, gateway: ip('10.0.2.1') } : r)),
      },
      [
        'missing: route 28000 10.0.1.0/24 via 10.0.2.253 dev eth1',
        'missing: route 28000 0.0.0.0/0 via 10.0.2.253 dev eth1',
        'left over: route 28000 10.0.1.0/24 via 10.0.2.1 dev eth1',
        'left over: route 28000 0.0.0.0/0 via 10.0.2.1 dev eth1',
      ],
    ],
  ])('%s', (_name, more, wanted) => {
    expect(lines({ ...kernel, ...more })).toEqual(wanted);
  });
});

test('the route that networkd makes of a lease is not left over while the subnet is unknown, and for a static ENI it is', () => {
  const [awaiting] = planNamed('dhcp-awaiting-lease');
  const route = { ...routeBy('eth1', '10.0.2.0/24', { table: 28000 }), protocol: 'dhcp' };
  const now = kernelOf([awaiting!]);
  expect(lines({ ...now, routes: [...now.routes, route] }, awaiting, awaiting)).toEqual([]);
  expect(
    lines({ ...kernel, routes: [...kernel.routes, { ...route, destination: cidr('10.9.0.0/16') }] }),
  ).toEqual(['left over: route 28000 10.9.0.0/16 dev eth1']);
});

test('an address that was static and comes from DHCP now is not left over, whatever its length', () => {
  const [leased] = planNamed('dhcp-complete');
  const [fixed] = planNamed('static-dual-stack');
  for (const prefixLength of [24, 32]) {
    const now = kernelOf([leased!]);
    const addresses = now.addresses.map(a => (a.ip === '10.0.2.10' ? { ...a, prefixLength } : a));
    expect(lines({ ...now, addresses }, leased, fixed)).toEqual([]);
  }
});

describe('left over', () => {
  const specificMain = kernel.rules.find(r => r.priority === 28300 && r.family === 4)!;

  test.each<readonly [string, Partial<KernelState>, readonly string[]]>([
    [
      'a route in our table by our link',
      { routes: [...kernel.routes, routeBy('eth1', '10.62.0.0/16', { table: 28000 })] },
      ['left over: route 28000 10.62.0.0/16 dev eth1'],
    ],
    [
      'a rule with our numbers to our table',
      { rules: [...kernel.rules, ruleOf(28600, '10.0.9.0/24', 28000)] },
      ['left over: rule 4 28600 from 10.0.9.0/24 lookup 28000'],
    ],
    [
      'a rule with our numbers to main without its default',
      { rules: [...kernel.rules, ruleOf(28300, '10.0.9.0/24', 254, { suppressPrefixLength: 0 })] },
      ['left over: rule 4 28300 from 10.0.9.0/24 lookup 254 suppress_prefixlength 0'],
    ],
    [
      'the rule of tier 2 as the first edition has it, without the group',
      { rules: [...kernel.rules, ruleOf(28300, '10.0.2.0/24', 254, { suppressPrefixLength: 0 })] },
      ['left over: rule 4 28300 from 10.0.2.0/24 lookup 254 suppress_prefixlength 0'],
    ],
    [
      'the rule of tier 1 as the first edition has it',
      {
        rules: [...kernel.rules, ruleOf(28000, '10.0.2.0/24', 28000, { to: cidr('10.0.1.0/24'), iif: 'lo' })],
      },
      ['left over: rule 4 28000 from 10.0.2.0/24 to 10.0.1.0/24 iif lo lookup 28000'],
    ],
    [
      'a rule by a name that the link no longer has',
      { rules: [...kernel.rules, ruleOf(33000, '::/0', 28000, { from: undefined, oif: 'eth9' })] },
      ['left over: rule 6 33000 from all oif eth9 lookup 28000'],
    ],
    [
      'the third of three equal rules twice over',
      { rules: [...kernel.rules, specificMain, specificMain] },
      [
        'left over: rule 4 28300 from 10.0.2.0/24 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000',
        'left over: rule 4 28300 from 10.0.2.0/24 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000',
      ],
    ],
  ])('%s', (_name, more, wanted) => {
    expect(lines({ ...kernel, ...more })).toEqual(wanted);
  });

  test('what the earlier plan had and this one has not', () => {
    const before: EniPlan = {
      ...plan,
      addresses: [...plan.addresses, { ...plan.addresses[1]!, ip: ip('10.0.2.77') }],
    };
    const state = kernelOf([before]);
    expect(lines(state, plan, before)).toEqual(['left over: address eth1 10.0.2.77/32']);
    expect(lines(kernel, plan, before)).toEqual([]);
    // Without an earlier plan it is somebody's own.
    expect(describeDifference(compareEni(state, plan, undefined, options))).toEqual([]);
  });

  test('of a removed ENI everything that is there, and nothing else', () => {
    const foreign = [addressOn('eth1', '10.0.2.99/32')];
    const state = { ...kernel, addresses: [...kernel.addresses, ...foreign] };
    const { stale, missing, faults } = compareEni(state, undefined, plan, options);
    expect([missing, faults]).toEqual([[], []]);
    expect(stale.map(o => o.key).sort()).toEqual(
      planObjects(plan, options)
        .map(o => o.key)
        .sort(),
    );
  });

  test('an MTU is never left over: what it was before is not known', () => {
    const withMtu: EniPlan = { ...plan, mtu: 1400 };
    expect(lines(kernelOf([withMtu]), plan, withMtu)).toEqual([]);
  });

  test('in an exclusive subnet that becomes shared: rules by address come, those by subnet go', () => {
    const [first, second] = planNamed('static-two-enis-one-subnet') as [EniPlan, EniPlan];
    const before = planNamed('static-dual-stack')[0]!;
    const { stale } = compareEni(
      kernelOf([before]),
      { ...first, addresses: before.addresses },
      before,
      options,
    );
    expect(stale.filter(o => o.family === 4).map(o => o.key)).toEqual([
      'rule 4 28000 from 10.0.2.0/24 iif lo lookup 28000 suppress_prefixlength 0',
      'rule 4 28600 from 10.0.2.0/24 iif lo lookup 28000',
    ]);
    expect(second.table).not.toBe(first.table);
  });
});
