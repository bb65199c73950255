import { describe, expect, test } from 'vitest';
import {
  lossesOf,
  overtaken,
  type PrimarySnapshot,
  restorePrimary,
  returningOf,
  snapshotPrimary,
  stillAway,
} from '../../../agent/apply/primary/guard.ts';
import type { KernelState } from '../../../agent/model/kernel-state.ts';
import { parseRoutes } from '../../../agent/system/kernel/ip-routes.ts';
import { standardTables } from '../../../agent/system/kernel/ip-words.ts';
import type { System } from '../../../agent/system/system.ts';
import { examplePlans, ip } from '../../support/example-plans.ts';
import { addressOn, emptyKernel, macOf, nic } from '../../support/plan-parts.ts';

const routes = (text: string) => parseRoutes(text, 4, standardTables);
const kernel: KernelState = {
  ...emptyKernel,
  addresses: [
    addressOn('eth0', '10.0.1.10/24', { dynamic: true }),
    addressOn('eth0', '2001:db8:1::10/64'),
    addressOn('eth0', 'fe80::1/64', { scope: 'link' }),
    addressOn('eth1', '10.0.2.10/24'),
  ],
  routes: routes(
    [
      'default via 10.0.1.1 dev eth0 proto dhcp metric 100',
      'default via 10.0.2.1 dev eth1 metric 20000',
      'default via 10.50.0.1 dev wg0 metric 50',
      'default via 10.0.2.1 dev eth1 table 28000',
      '10.0.1.0/24 dev eth0 proto kernel scope link src 10.0.1.10',
    ].join('\n'),
  ),
};

const answer = (stdout: string, exitCode = 0) =>
  ({ run: async () => ({ exitCode, stdout, stderr: '' }) }) as unknown as System;
const view = { link: 'eth0', ourLinks: new Set(['eth1']), metadataAddress: ip('192.0.2.254') };
const path = '192.0.2.254 via 10.0.1.1 dev eth0 src 10.0.1.10 uid 0 \n    cache \n';
const snapshot = (state = kernel, stdout = path, exitCode = 0) =>
  snapshotPrimary(answer(stdout, exitCode), state, view);

test('what is photographed: global addresses of the primary, defaults of main that are not ours, the path', async () => {
  expect(await snapshot()).toEqual({
    link: 'eth0',
    addresses: [
      { family: 4, text: '10.0.1.10/24' },
      { family: 6, text: '2001:db8:1::10/64' },
    ],
    defaultRoutes: [
      { family: 4, text: 'default via 10.0.1.1 dev eth0 proto dhcp metric 100' },
      { family: 4, text: 'default via 10.50.0.1 dev wg0 metric 50' },
    ],
    metadataAddress: '192.0.2.254',
    metadataPath: 'via 10.0.1.1 dev eth0 src 10.0.1.10',
    metadataTies: ['eth0'],
  } satisfies Record<Exclude<keyof PrimarySnapshot, 'returning'>, unknown>);
});

describe('lossesOf', () => {
  const changed = (more: Partial<KernelState>) => ({ ...kernel, ...more });
  const rows: readonly (readonly [string, KernelState, string, readonly string[]])[] = [
    ['nothing', kernel, path, []],
    [
      'an address',
      changed({ addresses: kernel.addresses.slice(1) }),
      path,
      ['the primary link eth0 lost the address 10.0.1.10/24'],
    ],
    [
      'the length of an address',
      changed({ addresses: [addressOn('eth0', '10.0.1.10/32'), ...kernel.addresses.slice(1)] }),
      path,
      ['the primary link eth0 lost the address 10.0.1.10/24'],
    ],
    [
      'the default route',
      changed({ routes: kernel.routes.slice(1) }),
      path,
      ['the main table lost the route "default via 10.0.1.1 dev eth0 proto dhcp metric 100"'],
    ],
    [
      'its metric',
      changed({
        routes: [...routes('default via 10.0.1.1 dev eth0 proto dhcp metric 200'), ...kernel.routes.slice(1)],
      }),
      path,
      ['the main table lost the route "default via 10.0.1.1 dev eth0 proto dhcp metric 100"'],
    ],
    [
      'its metric, by what NetworkManager adds where its connectivity check begins to fail: nothing',
      changed({
        routes: [
          ...routes('default via 10.0.1.1 dev eth0 proto dhcp metric 20100'),
          ...kernel.routes.slice(1),
        ],
      }),
      path,
      [],
    ],
    [
      'the default route of a VPN',
      changed({ routes: kernel.routes.filter(r => r.link !== 'wg0') }),
      path,
      ['the main table lost the route "default via 10.50.0.1 dev wg0 metric 50"'],
    ],
    [
      'a default route of ours is none',
      changed({ routes: kernel.routes.filter(r => r.link !== 'eth1') }),
      path,
      [],
    ],
    [
      'a link-local address is none',
      changed({ addresses: kernel.addresses.filter(a => a.scope !== 'link') }),
      path,
      [],
    ],
    [
      'what is new is none',
      changed({
        addresses: [...kernel.addresses, addressOn('eth0', '10.0.1.77/32')],
        routes: [...kernel.routes, ...routes('default via 10.0.1.2 dev eth0 metric 500')],
      }),
      path,
      [],
    ],
    [
      'the link of the default route went down, the route is still there',
      changed({
        routes: [
          ...routes('default via 10.0.1.1 dev eth0 proto dhcp metric 100 linkdown'),
          ...kernel.routes.slice(1),
        ],
      }),
      path,
      [],
    ],
    [
      'the path to the metadata service',
      kernel,
      '192.0.2.254 via 10.0.2.1 dev eth1 src 10.0.2.10 uid 0',
      [
        'the route to the metadata service was "via 10.0.1.1 dev eth0 src 10.0.1.10" and is now "via 10.0.2.1 dev eth1 src 10.0.2.10"',
      ],
    ],
  ];
  test.each(rows)('%s', async (_name, state, stdout, wanted) => {
    expect(lossesOf(await snapshot(), await snapshot(state, stdout))).toEqual(wanted);
  });

  test('the path was by a secondary ENI, whose default route had no business in main: by the primary is no loss', async () => {
    const before = await snapshot(kernel, '192.0.2.254 via 10.0.2.1 dev eth1 src 10.0.2.10 uid 0');
    expect(lossesOf(before, await snapshot())).toEqual([]);
  });

  test('of equal default routes of a catch-all the kernel takes another one: no loss, unless it was by the primary', async () => {
    const equal = ['eth0', 'eth2', 'eth3'].map(
      link => `default via 10.0.9.1 dev ${link} proto dhcp metric 1024`,
    );
    const state = changed({ routes: routes(equal.join('\n')) });
    const by = (link: string) => snapshot(state, `192.0.2.254 via 10.0.9.1 dev ${link} src 10.0.9.10 uid 0`);
    expect(lossesOf(await by('eth3'), await by('eth2'))).toEqual([]);
    expect(lossesOf(await by('eth3'), await by('wg0'))).toHaveLength(1);
    expect(lossesOf(await by('eth0'), await by('eth2'))).toHaveLength(1);
    expect(lossesOf(await by('eth3'), await snapshot(state, '', 2))).toHaveLength(1);
  });

  test('the default route of an ENI that stood beside the primary’s, in one line of "ip", is nobody’s loss', async () => {
    const six = (text: string) => parseRoutes(text, 6, standardTables);
    // As 247 and 252 leave it while a catch-all obeys router advertisements (kernel 6.18); the protocol is that of either.
    const both = String.raw`default proto ra metric 1024 mtu 1500 pref medium \	nexthop via fe80::1 dev eth1 weight 1 \	nexthop via fe80::1 dev eth0 weight 1 `;
    const alone = 'default via fe80::1 dev eth0 proto static metric 1024 pref medium';
    const before = await snapshot(changed({ routes: six(both) }));
    expect(before.defaultRoutes).toHaveLength(1);
    expect(lossesOf(before, await snapshot(changed({ routes: six(alone) })))).toEqual([]);
    expect(lossesOf(before, await snapshot(changed({ routes: [] })))).toHaveLength(1);
    const other = six(alone.replace('fe80::1', 'fe80::2'));
    expect(lossesOf(before, await snapshot(changed({ routes: other })))).toHaveLength(1);
  });

  test('a service that cannot be reached any more', async () => {
    expect(lossesOf(await snapshot(), await snapshot(kernel, '', 2))).toEqual([
      'the route to the metadata service was "via 10.0.1.1 dev eth0 src 10.0.1.10" and is now "unreachable"',
    ]);
  });

  test('nobody asked for the path, before or after', async () => {
    const unasked = { ...view, metadataAddress: undefined };
    const before = await snapshotPrimary(answer(''), kernel, unasked);
    expect(before.metadataPath).toBeUndefined();
    expect(lossesOf(before, await snapshotPrimary(answer(''), kernel, unasked))).toEqual([]);
  });
});

test('restorePrimary adds what is lost, in the words of the kernel, and nothing else', async () => {
  const calls: string[] = [];
  const system = {
    run: async (argv: readonly string[], options: { readonly input: string }) => {
      calls.push(`${argv.join(' ')}: ${options.input.trim()}`);
      return { exitCode: 0, stdout: '', stderr: '' };
    },
  } as unknown as System;
  const after = { ...kernel, addresses: kernel.addresses.slice(2), routes: kernel.routes.slice(1) };
  await restorePrimary(system, await snapshot(), await snapshot(after));
  expect(calls).toEqual([
    'ip -4 -force -batch -: addr add 10.0.1.10/24 dev eth0',
    'ip -6 -force -batch -: addr add 2001:db8:1::10/64 dev eth0',
    'ip -4 -force -batch -: route add default via 10.0.1.1 dev eth0 proto dhcp metric 100',
  ]);
});

test('a next hop of a default route with several is a loss', async () => {
  const hop = (n: number) => `nexthop via 10.0.1.${n} dev eth0 weight 1`;
  const of = (...hops: readonly number[]) => ({
    ...kernel,
    routes: routes(`default proto static metric 100 ${hops.map(hop).join(' ')}`),
  });
  const before = await snapshot(of(1, 2));
  expect(lossesOf(before, await snapshot(of(1, 2)))).toEqual([]);
  expect(lossesOf(before, await snapshot(of(1, 3)))).toEqual([
    `the main table lost the route "default proto static metric 100 ${hop(1)} ${hop(2)}"`,
  ]);
});

describe('a default route of an ENI that is not behind the primary’s', () => {
  const plan = examplePlans['static-main-default-ipv6']!;
  const withMetric = (metric: number) => ({
    ...plan,
    enis: plan.enis.map(eni => ({
      ...eni,
      routes: eni.routes.map(r => (r.metric === undefined ? r : { ...r, metric })),
    })),
  });
  // As `ip` shows it where both have one metric: one route with two next hops.
  const multipath = parseRoutes(
    'default proto ra metric 1024 pref medium nexthop via fe80::1 dev eth0 weight 1 nexthop via fe80::2 dev eth1 weight 1',
    6,
    standardTables,
  );
  const found = (metric: number) =>
    overtaken({ ...kernel, routes: [...kernel.routes, ...multipath] }, withMetric(metric));
  const text = (family: number, metric: number, of: number) =>
    `the IPv${family} default route in main by eth1 has metric ${metric}, and that of the primary has ${of}`;

  test.each<readonly [number, readonly string[]]>([
    [2_000_000_000, []],
    [1025, []],
    [1024, [text(6, 1024, 1024)]],
    [50, [text(4, 50, 100), text(6, 50, 1024)]],
  ])('metric %i', (metric, wanted) => {
    expect(found(metric)).toEqual(wanted);
  });
});

describe('a primary that was taken for an ENI', () => {
  const [example] = examplePlans['static-no-gateway']!.enis;
  const plan = { ...example!, link: 'eth0', mac: macOf(1) };
  const own = plan.addresses[0]!.ip;
  const links = [nic(0, { mac: plan.mac })];
  const at = (addresses: KernelState['addresses'], stdout = path) =>
    snapshotPrimary(answer(stdout), { ...kernel, addresses }, { ...view, returning: [own] });
  const planned = addressOn('eth0', `${own}/32`);
  const leased = addressOn('eth0', `${own}/24`, { dynamic: true });

  test('is known by the plan for its link and its MAC', () => {
    expect(returningOf({ links }, 'eth0', [plan])).toEqual(plan.addresses.map(a => a.ip));
    expect(returningOf({ links }, 'eth1', [plan])).toBeUndefined();
    expect(returningOf({ links }, 'eth0', [{ ...plan, mac: macOf(2) }])).toBeUndefined();
  });

  test('what it was given then is no part of the picture; what its service has given it is', async () => {
    const before = await at([planned, leased]);
    expect(before.addresses.map(a => a.text)).toEqual([`${own}/24`]);
    expect(lossesOf(before, await at([leased]))).toEqual([]);
    expect(lossesOf(before, await at([planned]))).toHaveLength(1);
  });

  test('is waited for until its service has given it an address and the way to the metadata', async () => {
    const before = await at([planned], '192.0.2.254 via 10.0.2.1 dev eth1 src 10.0.2.10 uid 0');
    const noWay = await at([leased], 'unreachable');
    expect(stillAway(before, await at([planned]))[0]).toContain('eth0 has no address');
    expect(stillAway(before, noWay)[0]).toContain('the route to the metadata service');
    expect(lossesOf(before, noWay)).toEqual([]);
    expect(stillAway(before, await at([leased]))).toEqual([]);
    expect(stillAway({ ...before, returning: undefined }, await at([planned]))).toEqual([]);
  });
});
