// What is wrong with an ENI beside missing and stale objects: its link, its leased address, routes in main that nobody planned.
import { describe, expect, test } from 'vitest';
import {
  type CompareOptions,
  compareEni,
  describeDifference,
  isServicesDoing,
  newLeaks,
} from '../../../agent/apply/compare.ts';
import { planObjects } from '../../../agent/apply/kernel-objects.ts';
import { additions, removals } from '../../../agent/apply/live.ts';
import { linkLocalNetwork } from '../../../agent/model/address.ts';
import type { KernelState } from '../../../agent/model/kernel-state.ts';
import type { EniPlan } from '../../../agent/model/network-plan.ts';
import { examplePlans, ip } from '../../support/example-plans.ts';
import { kernelOf } from '../../support/kernel-of.ts';
import { routeBy } from '../../support/plan-parts.ts';

const options: CompareOptions = { base: 28000, ruleProtocol: true };
const planNamed = (name: string) => examplePlans[name]!.enis;
const plan = planNamed('static-dual-stack')[0]!;
const kernel = kernelOf([plan]);

test('a default route in main to whose metric NetworkManager has added is the planned one', () => {
  const [main] = planNamed('static-main-default-ipv6');
  const state = kernelOf([main!]);
  const plus = (n: number) => ({
    ...state,
    routes: state.routes.map(r => (r.table === 254 ? { ...r, metric: (r.metric ?? 0) + n } : r)),
  });
  const linesFor = (n: number) => describeDifference(compareEni(plus(n), main, undefined, options));
  expect(linesFor(0)).toEqual([]);
  expect(linesFor(20000)).toEqual([]);
  expect(newLeaks(plus(20000), main!, [])).toEqual([]);
  expect(linesFor(1)).toHaveLength(4);
  expect(newLeaks(plus(1), main!, [])).toHaveLength(2);
});

test('the kernel’s own fe80::/64 in main is never left over, also by a plan that has that network in its table', () => {
  const own = plan.routes.find(r => r.family === 6 && r.gateway === undefined)!;
  const earlier = { ...plan, routes: [...plan.routes, { ...own, destination: linkLocalNetwork }] };
  const state = kernelOf([earlier]);
  const inMain = routeBy('eth1', linkLocalNetwork, {
    protocol: 'kernel',
    text: 'fe80::/64 dev eth1 proto kernel',
  });
  const found = compareEni({ ...state, routes: [...state.routes, inMain] }, earlier, undefined, options);
  expect(describeDifference(found)).toEqual([]);
});

test('a planned IPv6 address with another prefix length makes room for it', () => {
  const wanted = plan.addresses.find(a => a.family === 6)!;
  const changed = (prefixLength: number, ofIp: string = wanted.ip) => ({
    ...kernel,
    addresses: kernel.addresses.map(a => (a.ip === ofIp ? { ...a, prefixLength } : a)),
  });
  const difference = compareEni(changed(112), plan, plan, options);
  expect(describeDifference(difference)).toEqual([
    `missing: address eth1 ${wanted.ip}/${wanted.prefixLength}`,
    `left over: address eth1 ${wanted.ip}/112`,
  ]);
  expect(additions([difference]).flatMap(b => b.lines)).toEqual([
    `addr del ${wanted.ip}/112 dev eth1`,
    `addr add ${wanted.ip}/${wanted.prefixLength} dev eth1 nodad`,
  ]);
  expect(removals([difference])).toEqual([]);
  // The kernel takes an IPv4 address with several.
  const four = plan.addresses.find(a => a.family === 4)!;
  expect(compareEni(changed(16, four.ip), plan, plan, options).stale).toEqual([]);
});

describe('faults', () => {
  const dhcp = planNamed('dhcp-complete')[0]!;
  const main = planNamed('static-main-default')[0]!;
  const without = (state: KernelState, address: string) => ({
    ...state,
    addresses: state.addresses.filter(a => a.ip !== address),
  });
  const leak = routeBy('eth1', 'default', {
    gateway: ip('10.0.2.1'),
    text: 'default via 10.0.2.1 dev eth1 proto dhcp',
  });
  const words =
    'default route in main by eth1: default via 10.0.2.1 dev eth1 proto dhcp (something else configures this link)';

  const onLink = routeBy('eth1', '10.0.2.0/24', {
    protocol: 'kernel',
    text: '10.0.2.0/24 dev eth1 proto kernel',
  });
  const leased = routeBy('eth1', '169.254.169.254/32', {
    gateway: ip('10.0.2.1'),
    protocol: 'dhcp',
    metric: 28000,
    text: '169.254.169.254 via 10.0.2.1 dev eth1 proto dhcp metric 28000',
  });
  const wanted: EniPlan = {
    ...plan,
    addresses: plan.addresses.map((a, i) => (i === 0 ? { ...a, prefixLength: 24 } : a)),
  };

  test.each<readonly [string, EniPlan, KernelState, readonly string[]]>([
    [
      'a connected route in main',
      plan,
      { ...kernel, routes: [...kernel.routes, onLink] },
      ['left over: route 254 10.0.2.0/24 dev eth1'],
    ],
    [
      'a connected route in main with the metric of a DHCP client',
      plan,
      {
        ...kernel,
        routes: [...kernel.routes, { ...onLink, metric: 20000, text: `${onLink.text} src 10.0.2.10` }],
      },
      ['left over: route 254 10.0.2.0/24 dev eth1 metric 20000'],
    ],
    [
      'the connected route of an address of the administrator',
      plan,
      { ...kernel, routes: [...kernel.routes, { ...onLink, text: `${onLink.text} src 10.0.2.99` }] },
      [],
    ],
    [
      'a connected route that was asked for',
      wanted,
      { ...kernelOf([wanted]), routes: [...kernelOf([wanted]).routes, onLink] },
      [],
    ],
    [
      'the connected route of the primary in a shared subnet',
      plan,
      { ...kernel, routes: [...kernel.routes, { ...onLink, link: 'eth0' }] },
      [],
    ],
    [
      'a route of a lease that wicked has marked',
      dhcp,
      { ...kernelOf([dhcp]), routes: [...kernelOf([dhcp]).routes, leased] },
      ['left over: route 254 169.254.169.254/32 via 10.0.2.1 dev eth1 metric 28000'],
    ],
    [
      'a route of a lease that somebody else has asked for',
      dhcp,
      {
        ...kernelOf([dhcp]),
        routes: [...kernelOf([dhcp]).routes, { ...leased, metric: 100 }, { ...leased, protocol: 'boot' }],
      },
      [],
    ],
    [
      'the same on a static ENI, and on the primary',
      plan,
      { ...kernel, routes: [...kernel.routes, leased, { ...leased, link: 'eth0' }] },
      [],
    ],
    [
      'the link is down',
      plan,
      { ...kernel, links: kernel.links.map(l => ({ ...l, up: false })) },
      ['link eth1 is down'],
    ],
    [
      'the address of DHCP is not there',
      dhcp,
      without(kernelOf([dhcp]), '10.0.2.10'),
      ['missing: address eth1 10.0.2.10 (dhcp)'],
    ],
    [
      'it is there with another length',
      dhcp,
      {
        ...kernelOf([dhcp]),
        addresses: kernelOf([dhcp]).addresses.map(a => ({
          ...a,
          prefixLength: a.ip === '10.0.2.10' ? 20 : a.prefixLength,
        })),
      },
      [],
    ],
    [
      'a tentative address',
      plan,
      {
        ...kernel,
        addresses: kernel.addresses.map(a => (a.ip === '2001:db8:2::10' ? { ...a, tentative: true } : a)),
      },
      ['address 2001:db8:2::10 on eth1 is not usable (duplicate address detection)'],
    ],
    ['a leaked default route', plan, { ...kernel, routes: [...kernel.routes, leak] }, [words]],
    [
      'a leaked multipath default route',
      plan,
      { ...kernel, routes: [...kernel.routes, { ...leak, opaque: 'nexthop' }] },
      [words],
    ],
    ['a default route that was asked for', main, kernelOf([main]), []],
    [
      'the same with another metric',
      main,
      { ...kernelOf([main]), routes: [...kernelOf([main]).routes, leak] },
      [words],
    ],
  ])('%s', (_name, eni, state, wanted) => {
    expect(describeDifference(compareEni(state, eni, eni, options))).toEqual(wanted);
  });

  const caught = { ...options, takesCaught: true };
  const dhcpLeak = { ...leak, protocol: 'dhcp', metric: 100 };
  test.each<readonly [string, Partial<typeof leak>, CompareOptions, readonly string[]]>([
    ['of a catch-all that the service can be told to end', dhcpLeak, options, [words]],
    [
      'of one that it cannot be told to end: ours to take away',
      dhcpLeak,
      { ...options, takesCaught: true },
      ['left over: route 254 0.0.0.0/0 via 10.0.2.1 dev eth1 metric 100'],
    ],
    ['that somebody has added by hand', leak, { ...options, takesCaught: true }, [words]],
  ])('a default route in main %s', (_name, route, how, wanted) => {
    const state = { ...kernel, routes: [...kernel.routes, { ...leak, ...route }] };
    expect(describeDifference(compareEni(state, plan, plan, how))).toEqual(wanted);
  });

  test.each<readonly [string, Partial<KernelState>, CompareOptions, boolean]>([
    ['a lost rule, under a hazard', { rules: kernel.rules.slice(1) }, caught, true],
    ['a renewed default, under a hazard', { routes: [...kernel.routes, dhcpLeak] }, caught, true],
    ['a lost rule, else', { rules: kernel.rules.slice(1) }, options, false],
    ['a lost address', { addresses: kernel.addresses.slice(1) }, caught, false],
    ['a default by hand', { routes: [...kernel.routes, leak] }, caught, false],
  ])('%s: the service’s doing or not', (_name, part, how, isTheirs) => {
    expect(isServicesDoing(compareEni({ ...kernel, ...part }, plan, plan, how), how)).toBe(isTheirs);
  });

  test('the link does not exist: said once, in front of all that is missing', () => {
    const result = compareEni({ links: [], addresses: [], routes: [], rules: [] }, plan, undefined, options);
    expect(result.faults).toEqual(['link eth1 does not exist']);
    expect(result.missing).toEqual(planObjects(plan, options));
  });

  test('another MTU', () => {
    const withMtu: EniPlan = { ...plan, mtu: 8500 };
    expect(describeDifference(compareEni(kernel, withMtu, withMtu, options))).toEqual([
      'missing: mtu eth1 8500',
      'mtu of eth1 is 1500, planned 8500',
    ]);
  });
});
