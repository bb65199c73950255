// The normal form of plan and kernel: a kernel made of the plan has exactly its lines, each deviation shows as exactly its own line,
// and what is left out is left out for what it is and not for where it stands.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffNormalForms, normalFormOfKernel, normalFormOfPlan } from '../../../agent/apply/normal-form.ts';
import type { KernelState } from '../../../agent/model/kernel-state.ts';
import type { NetworkPlan } from '../../../agent/model/network-plan.ts';
import { arbitraryPlan } from '../../support/arbitrary-plans.ts';
import { allWords, cidr, examplePlans, ip } from '../../support/example-plans.ts';
import { kernelOf } from '../../support/kernel-of.ts';
import { addressOn, emptyKernel, nic, routeBy, ruleOf } from '../../support/plan-parts.ts';

const plan = examplePlans['static-dual-stack']!;
const leased = examplePlans['dhcp-complete']!;
const awaiting = examplePlans['dhcp-awaiting-lease']!;
const connected = examplePlans['static-connected-route']!;
const empty = examplePlans.empty!;
const kernel = kernelOf(plan.enis);

function differences(state: KernelState, wanted: NetworkPlan = plan, before?: NetworkPlan) {
  const found = normalFormOfKernel(state, wanted, before === undefined ? {} : { before });
  return diffNormalForms(normalFormOfPlan(wanted), found);
}

const plus = (state: KernelState, more: Partial<KernelState>): KernelState => ({
  ...state,
  addresses: [...state.addresses, ...(more.addresses ?? [])],
  routes: [...state.routes, ...(more.routes ?? [])],
  rules: [...state.rules, ...(more.rules ?? [])],
});
const six = { destination: cidr('::/0') } as const;
const private28000 = { table: 28000 } as const;

test('the lines of a plan', () => {
  expect(normalFormOfPlan(examplePlans['static-ipv4-mtu']!)).toEqual([
    'address eth1 10.0.2.10/32',
    'address eth1 10.0.2.11/32',
    'address eth1 10.0.2.12/32',
    'link eth1 up',
    'mtu eth1 8500',
    'route 28000 0.0.0.0/0 via 10.0.2.253 dev eth1',
    'route 28000 10.0.1.0/24 via 10.0.2.253 dev eth1',
    'route 28000 10.0.2.0/24 dev eth1',
    'rule 4 28000 from 10.0.2.0/24 iif lo lookup 28000 suppress_prefixlength 0',
    'rule 4 28300 from 10.0.2.0/24 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000',
    'rule 4 28600 from 10.0.2.0/24 iif lo lookup 28000',
    'rule 4 33000 from all oif eth1 lookup 28000',
    'sysctl net.ipv6.conf.eth1.accept_ra 0',
  ]);
});

describe('left out', () => {
  const rows: readonly (readonly [string, KernelState, NetworkPlan?])[] = [
    [
      'the rules of the kernel',
      plus(kernel, { rules: [ruleOf(0, '::/0', 255), ruleOf(32766, '10.0.0.0/8', 254)].map(anySource) }),
    ],
    [
      'a link-local address',
      plus(kernel, { addresses: [addressOn('eth1', 'fe80::5/64', { scope: 'link' })] }),
    ],
    ['the route of link-local addresses', plus(kernel, { routes: [routeBy('eth1', 'fe80::/64')] })],
    ['the same in our table', plus(kernel, { routes: [routeBy('eth1', 'fe80::/64', private28000)] })],
    ['multicast', plus(kernel, { routes: [routeBy('eth1', 'ff00::/8', private28000)] })],
    [
      'the route of an IPv6 address to itself',
      plus(kernel, { routes: [routeBy('eth1', '2001:db8:2::10/128', { protocol: 'kernel', metric: 256 })] }),
    ],
    [
      'the host route to a link-local gateway',
      plus(kernel, { routes: [routeBy('eth1', 'fe80::1/128', { ...private28000, metric: 100 })] }),
    ],
    ['metrics in our table', { ...kernel, routes: kernel.routes.map((r, metric) => ({ ...r, metric })) }],
    [
      'the same route with two metrics',
      plus(kernel, { routes: kernel.routes.map(r => ({ ...r, metric: 7 })) }),
    ],
    [
      'the connected route of a lease whose subnet nobody knows yet',
      plus(kernelOf(awaiting.enis), {
        routes: [routeBy('eth1', '10.0.2.0/24', { ...private28000, protocol: 'dhcp' })],
      }),
      awaiting,
    ],
    [
      'the length of a leased address',
      {
        ...kernelOf(leased.enis),
        addresses: kernelOf(leased.enis).addresses.map(a => (a.dynamic ? { ...a, prefixLength: 24 } : a)),
      },
      leased,
    ],
    [
      'other links',
      plus(kernel, { addresses: [addressOn('eth0', '10.0.1.10/24')], routes: [routeBy('eth0', 'default')] }),
    ],
    ['tables of others', plus(kernel, { routes: [routeBy('wg0', '10.9.0.0/16', { table: 51820 })] })],
    [
      'whose hand put a planned route there',
      {
        ...kernelOf(leased.enis),
        routes: kernelOf(leased.enis).routes.map(r => ({ ...r, protocol: 'dhcp' })),
      },
      leased,
    ],
    [
      'the subnets that addresses bring into main where the administrator wants that',
      plus(kernelOf(connected.enis), {
        routes: [routeBy('eth1', '10.0.2.0/24'), routeBy('eth1', '2001:db8:2::/64', { metric: 256 })],
      }),
      connected,
    ],
    ['IPv6 is off', { ...kernel, acceptRa: new Map() }],
  ];
  test.each(rows.map(([name, state, wanted = plan]) => [name, state, wanted] as const))(
    '%s',
    (_name, state, wanted) => expect(differences(state, wanted)).toEqual([]),
  );
});

describe('shown', () => {
  test.each<readonly [string, KernelState, readonly string[]]>([
    [
      'a default route in main',
      plus(kernel, { routes: [routeBy('eth1', 'default')] }),
      ['+ route 254 0.0.0.0/0 dev eth1'],
    ],
    [
      'one of a router advertisement',
      plus(kernel, {
        routes: [{ ...routeBy('eth1', 'default', { gateway: ip('fe80::9'), metric: 1024 }), ...six }],
      }),
      ['+ route 254 ::/0 via fe80::9 dev eth1 metric 1024'],
    ],
    [
      'a subnet in main',
      plus(kernel, { routes: [routeBy('eth1', '10.0.2.0/24')] }),
      ['+ route 254 10.0.2.0/24 dev eth1'],
    ],
    [
      'a route to an IPv6 host that is not us',
      plus(kernel, { routes: [routeBy('eth1', '2001:db8:2::77/128')] }),
      ['+ route 254 2001:db8:2::77/128 dev eth1'],
    ],
    [
      'a route to our own IPv6 address where the kernel does not put it',
      plus(kernel, { routes: [routeBy('eth1', '2001:db8:2::10/128', private28000)] }),
      ['+ route 28000 2001:db8:2::10/128 dev eth1'],
    ],
    [
      'the route of another link in our table',
      plus(kernel, { routes: [routeBy('eth0', '10.7.0.0/16', private28000)] }),
      ['+ route 28000 10.7.0.0/16 dev eth0'],
    ],
    [
      'a multipath route in our table',
      plus(kernel, {
        routes: [routeBy('eth1', '10.7.0.0/16', { ...private28000, opaque: 'unicast nexthop' })],
      }),
      ['+ route 28000 10.7.0.0/16 dev eth1 (unicast nexthop)'],
    ],
    [
      'an address of nobody',
      plus(kernel, { addresses: [addressOn('eth1', '169.254.3.4/16', { scope: 'link' })] }),
      ['+ address eth1 169.254.3.4/16'],
    ],
    [
      'an address with another length',
      {
        ...kernel,
        addresses: kernel.addresses.map(a => (a.ip === '10.0.2.11' ? { ...a, prefixLength: 24 } : a)),
      },
      ['- address eth1 10.0.2.11/32', '+ address eth1 10.0.2.11/24'],
    ],
    [
      'an address that is not usable',
      {
        ...kernel,
        addresses: kernel.addresses.map(a => (a.ip === '2001:db8:2::11' ? { ...a, tentative: true } : a)),
      },
      ['- address eth1 2001:db8:2::11/128', '+ address eth1 2001:db8:2::11/128 tentative'],
    ],
    [
      'a rule that stands there twice',
      plus(kernel, { rules: kernel.rules.slice(0, 1) }),
      ['+ rule 4 28000 from 10.0.2.0/24 iif lo lookup 28000 suppress_prefixlength 0'],
    ],
    [
      'a rule of somebody',
      plus(kernel, { rules: [ruleOf(32766, '10.0.2.0/24', 254, { opaque: 'fwmark 0x1' })] }),
      ['+ rule 4 32766 from 10.0.2.0/24 lookup 254 (fwmark 0x1)'],
    ],
    [
      'a link that is down',
      { ...kernel, links: [nic(1, { up: false })] },
      ['- link eth1 up', '+ link eth1 down'],
    ],
    [
      'advertisements are heard',
      { ...kernel, acceptRa: new Map([['eth1', '2']]) },
      ['- sysctl net.ipv6.conf.eth1.accept_ra 0', '+ sysctl net.ipv6.conf.eth1.accept_ra 2'],
    ],
  ])('%s', (_name, state, lines) => expect(differences(state)).toEqual(lines));

  test('another MTU, where the plan has one', () => {
    const wanted = examplePlans['static-ipv4-mtu']!;
    const state = { ...kernelOf(wanted.enis), links: [nic(1, { mtu: 1500 })] };
    expect(differences(state, wanted)).toEqual(['- mtu eth1 8500', '+ mtu eth1 1500']);
  });

  test('a kernel in which nobody has looked for advertisements', () => {
    const { acceptRa: _unknown, ...state } = kernel;
    expect(differences(state)).toEqual(['- sysctl net.ipv6.conf.eth1.accept_ra 0']);
  });

  test('lines of others are left out only where they are named', () => {
    const state = plus(kernel, { rules: [ruleOf(100, '172.17.0.0/16', 100)] });
    const foreign = new Set(['rule 4 100 from 172.17.0.0/16 lookup 100']);
    expect(differences(state)).toHaveLength(1);
    expect(normalFormOfKernel(state, plan, { foreign })).toEqual(normalFormOfPlan(plan));
  });
});

describe('after a removal', () => {
  test('nothing, though the link may stay up and whatever its MTU', () => {
    expect(differences({ ...emptyKernel, links: kernel.links }, empty, plan)).toEqual([]);
  });

  test('everything else that stayed is shown', () => {
    const stayed = normalFormOfPlan(plan).filter(line => !/^(link|sysctl|mtu) /.test(line));
    expect(differences(kernel, empty, plan)).toEqual(stayed.map(line => `+ ${line}`));
  });
});

describe('every plan', () => {
  test.each(Object.entries(examplePlans))('%s', (_name, example) => {
    expect(differences(kernelOf(example.enis), example)).toEqual([]);
  });

  test('a kernel made of it has exactly its lines', () => {
    fc.assert(
      fc.property(arbitraryPlan(allWords), any => {
        expect(differences(kernelOf(any.enis), any)).toEqual([]);
      }),
    );
  });

  test('what is missing shows as its own line', () => {
    fc.assert(
      fc.property(arbitraryPlan(allWords), fc.nat(), (any, choice) => {
        const state = kernelOf(any.enis);
        const lists = ['links', 'addresses', 'routes', 'rules'] as const;
        const objects = lists.flatMap(list => state[list].map((_object, index) => ({ list, index })));
        fc.pre(objects.length > 0);
        const { list, index } = objects[choice % objects.length]!;
        const less = { ...state, [list]: state[list].toSpliced(index, 1) };
        const found = differences(less, any);
        expect(found.every(line => line.startsWith('- '))).toBe(true);
        // A link takes its MTU and its sysctl along.
        const lines = {
          links: /^- (link|sysctl|mtu) /,
          addresses: /^- address /,
          routes: /^- route /,
          rules: /^- rule /,
        };
        for (const line of found) expect(line).toMatch(lines[list]);
        if (list === 'links') expect(found.length).toBeGreaterThanOrEqual(2);
        else expect(found).toHaveLength(1);
      }),
    );
  });

  test('what is too much shows as its own line', () => {
    fc.assert(
      fc.property(arbitraryPlan(allWords), fc.nat(), fc.nat(3), (any, choice, kind) => {
        fc.pre(any.enis.length > 0);
        const eni = any.enis[choice % any.enis.length]!;
        const more: readonly (readonly [Partial<KernelState>, string])[] = [
          [{ addresses: [addressOn(eni.link, '203.0.113.77/32')] }, `+ address ${eni.link} 203.0.113.77/32`],
          [{ routes: [routeBy(eni.link, '203.0.113.0/24')] }, `+ route 254 203.0.113.0/24 dev ${eni.link}`],
          [
            { routes: [routeBy('wg0', '203.0.113.0/24', { table: eni.table })] },
            `+ route ${eni.table} 203.0.113.0/24 dev wg0`,
          ],
          [{ rules: [ruleOf(77, '203.0.113.0/24', 254)] }, '+ rule 4 77 from 203.0.113.0/24 lookup 254'],
        ];
        const [objects, line] = more[kind]!;
        expect(differences(plus(kernelOf(any.enis), objects), any)).toEqual([line]);
      }),
    );
  });
});

test('a diff counts lines that are repeated', () => {
  expect(diffNormalForms(['a', 'b', 'b'], ['b', 'c', 'c'])).toEqual(['- a', '- b', '+ c', '+ c']);
});

function anySource<T>(rule: T) {
  return { ...rule, from: undefined };
}
