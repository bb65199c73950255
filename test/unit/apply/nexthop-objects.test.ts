// Routes by a nexthop object, as networkd 257 and later makes of router advertisements: the primary's and the ENI's differ in the object alone,
// and the kernel takes the first of them where a removal does not name it.
import { expect, test } from 'vitest';
import { compareEni, compareOptions, newLeaks } from '../../../agent/apply/compare.ts';
import { additionOf } from '../../../agent/apply/kernel-objects.ts';
import { removals } from '../../../agent/apply/live.ts';
import { defaultSettings } from '../../../agent/config/read-settings.ts';
import type { KernelRoute, KernelState } from '../../../agent/model/kernel-state.ts';
import { parseRoutes } from '../../../agent/system/kernel/ip-routes.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { examplePlans } from '../../support/example-plans.ts';
import { kernelOf } from '../../support/kernel-of.ts';

const shown = `default nhid 511 via fe80:ec2::1 dev eth0 proto ra metric 100 pref medium
default nhid 622 via fe80:ec2::1 dev eth1 proto ra metric 100 pref medium
2001:db8:3::/64 nhid 733 dev eth1 proto ra metric 100 pref medium
`;
const routes = parseRoutes(shown, 6, new Map());
const [plan] = examplePlans['static-dual-stack']!.enis;
const state: KernelState = { ...kernelOf([plan!]), routes: [...kernelOf([plan!]).routes, ...routes] };
const options = compareOptions(defaultSettings, factsForBackend('netplan', 'debian-13'), undefined);

test('they are read as plain routes, with the number of the object', () => {
  const [first] = routes;
  expect(first).toMatchObject({
    gateway: 'fe80:ec2::1',
    link: 'eth0',
    metric: 100,
    nexthopId: 511,
    opaque: undefined,
  });
});

test('the routes of a catch-all on the ENI are taken away by their objects, never the primary’s', () => {
  const difference = compareEni(state, plan, undefined, { ...options, takesCaught: true });
  expect(difference.faults).toEqual([]);
  expect(removals([difference])).toEqual([
    {
      family: 6,
      lines: [
        'route del ::/0 nhid 622 table 254 metric 100',
        'route del 2001:db8:3::/64 nhid 733 table 254 metric 100',
      ],
    },
  ]);
});

test('so is one that came during an apply that is rolled back', () => {
  expect(newLeaks(state, plan!, [])).toEqual([
    { family: 6, lines: ['route del ::/0 nhid 622 table 254 metric 100'] },
  ]);
});

test('added again by its object alone: ip refuses gateway and link beside it', () => {
  const foreign = routes.find(r => r.nexthopId === 733) as KernelRoute;
  expect(additionOf(foreign)).toBe('route add 2001:db8:3::/64 nhid 733 proto ra metric 100 pref medium');
  expect(additionOf({ ...foreign, nexthopId: undefined, text: '10.0.0.0/8 via 10.0.2.9 dev eth1' })).toBe(
    'route add 10.0.0.0/8 via 10.0.2.9 dev eth1',
  );
});

test('a group of objects is no plain route, and stays one', () => {
  const group = String.raw`default nhid 9 proto static metric 100 pref medium \	nexthop via fe80::1 dev eth0 weight 1 \	nexthop via fe80::1 dev eth1 weight 1 `;
  const parsed = parseRoutes(group, 6, new Map());
  expect(parsed).toHaveLength(1);
  expect(parsed[0]?.opaque).toContain('nexthop');
});
