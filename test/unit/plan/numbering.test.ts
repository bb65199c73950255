import { describe, expect, test } from 'vitest';
import type { Mac } from '../../../agent/model/address.ts';
import type { KernelState } from '../../../agent/model/kernel-state.ts';
import {
  assignSlots,
  bandWidth,
  priorityOf,
  slotCount,
  tableOf,
  tiers,
} from '../../../agent/plan/numbering.ts';
import { occupiedSlots, recoverSlots } from '../../../agent/plan/occupied-slots.ts';
import { mac } from '../../support/example-plans.ts';
import { emptyKernel, macOf, nic, routeBy, ruleOf } from '../../support/plan-parts.ts';

const [a, b, c] = [1, 2, 3].map(macOf) as [Mac, Mac, Mac];
const many = (from: number, count: number): Mac[] =>
  Array.from({ length: count }, (_, i) =>
    mac(`02:01:00:00:0${Math.floor((from + i) / 256)}:${((from + i) % 256).toString(16).padStart(2, '0')}`),
  );
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

interface Row {
  readonly name: string;
  readonly wanted: readonly Mac[];
  readonly kept?: readonly (readonly [Mac, number])[];
  readonly occupied?: readonly number[];
  readonly slots: readonly (readonly [Mac, number])[];
}

const rows: readonly Row[] = [
  {
    name: 'new ENIs choose in order',
    wanted: [a, b],
    slots: [
      [a, 0],
      [b, 1],
    ],
  },
  {
    name: 'a kept slot stays, a new one fills the gap',
    wanted: [a, b],
    kept: [[b, 1]],
    slots: [
      [a, 0],
      [b, 1],
    ],
  },
  {
    name: 'an ENI that has gone keeps its slot',
    wanted: [a, c],
    kept: [[b, 0]],
    slots: [
      [a, 1],
      [c, 2],
    ],
  },
  {
    name: 'a re-attached ENI finds its slot',
    wanted: [b],
    kept: [
      [a, 0],
      [b, 7],
    ],
    slots: [[b, 7]],
  },
  { name: 'occupied slots are passed over', wanted: [a], occupied: [0, 1, 3], slots: [[a, 2]] },
  {
    name: 'a kept slot is ours even if it looks occupied',
    wanted: [a],
    kept: [[a, 5]],
    occupied: [5],
    slots: [[a, 5]],
  },
  {
    name: 'two MACs with one number in the state file: the first has it',
    wanted: [a, b],
    kept: [
      [a, 4],
      [b, 4],
    ],
    slots: [
      [a, 4],
      [b, 0],
    ],
  },
  ...[-1, 256, 1.5, Number.NaN].map(number => ({
    name: `the number ${number} in the state file is not kept`,
    wanted: [a],
    kept: [[a, number] as const],
    slots: [[a, 0] as const],
  })),
  {
    name: 'all 256 remembered: an ENI that has gone gives its slot away',
    wanted: [a, many(0, 1)[0]!],
    kept: many(0, 256).map((m, i) => [m, i] as const),
    slots: [
      [a, 1],
      [many(0, 1)[0]!, 0],
    ],
  },
  {
    name: 'all but one occupied: the second finds none',
    wanted: [a, b],
    occupied: range(0, 255),
    slots: [[a, 255]],
  },
];

describe('assignSlots', () => {
  test.each(rows)('$name', ({ wanted, kept, occupied, slots }) => {
    const result = assignSlots(wanted, new Map(kept), new Set(occupied));
    expect(new Map([...result].sort())).toEqual(new Map([...slots].sort()));
  });

  test('257 attached ENIs: 256 find a slot', () => {
    const result = assignSlots(many(0, 257), new Map(), new Set());
    expect([...result.values()].sort((x, y) => x - y)).toEqual(range(0, 256));
  });
});

test('tables and the tiers stay in the band and apart', () => {
  const ends = tiers.flatMap(tier => [priorityOf(28000, tier, 0), priorityOf(28000, tier, slotCount - 1)]);
  expect(ends).toEqual([
    27700, 27955, 28000, 28255, 28300, 28555, 28600, 28855, 28900, 29155, 29200, 29455, 33000, 33255,
  ]);
  expect([tableOf(28000, 0), tableOf(28000, 255)]).toEqual([28000, 28255]);
  expect(bandWidth).toBe(1456);
});

describe('occupiedSlots', () => {
  const kernel: KernelState = {
    ...emptyKernel,
    routes: [
      routeBy('wg0', '10.50.0.0/16', { table: 28003 }),
      routeBy('eth1', 'default', { table: 28001 }),
      routeBy('eth0', 'default'),
    ],
    rules: [
      ruleOf(28007, '10.60.0.0/16', 500),
      ruleOf(28308, '10.60.0.0/16', 254),
      ruleOf(28609, '10.60.0.0/16', 500),
      ruleOf(28911, '10.60.0.0/16', 500),
      ruleOf(29212, '10.60.0.0/16', 500),
      ruleOf(33010, '10.60.0.0/16', 500),
      ruleOf(100, '10.60.0.0/16', 28004),
      // Between and behind the tiers nothing is ours.
      ruleOf(28256, '10.60.0.0/16', 500),
      ruleOf(28556, '10.60.0.0/16', 500),
      ruleOf(28856, '10.60.0.0/16', 500),
      ruleOf(29156, '10.60.0.0/16', 500),
      ruleOf(29456, '10.60.0.0/16', 500),
      ruleOf(32766, '0.0.0.0/0', 254),
    ],
  };

  test('by table, by priority of each tier, and by a rule to the table', () => {
    expect([...occupiedSlots(kernel, 28000, new Set())].sort((x, y) => x - y)).toEqual([
      1, 3, 4, 7, 8, 9, 10, 11, 12,
    ]);
  });
  test('what an ENI of ours keeps is not occupied', () => {
    expect([...occupiedSlots(kernel, 28000, new Set([1, 3]))].sort((x, y) => x - y)).toEqual([
      4, 7, 8, 9, 10, 11, 12,
    ]);
  });
  test('another base, other numbers, but behind main', () => {
    expect([...occupiedSlots(kernel, 5000, new Set())]).toEqual([10]);
  });
});

describe('recoverSlots: the state file is lost, the kernel remembers', () => {
  const links = [nic(0), nic(1), nic(2)];
  const ours = new Set([macOf(1), macOf(2)]);
  const recovered = (routes: KernelState['routes']) => [
    ...recoverSlots({ ...emptyKernel, links, routes }, 28000, ours),
  ];
  const inTable = (link: string, table: number) => routeBy(link, '10.0.2.0/24', { table });

  test('a table of the band by one link of ours', () => {
    expect(recovered([inTable('eth2', 28000), inTable('eth1', 28004)])).toEqual([
      [macOf(2), 0],
      [macOf(1), 4],
    ]);
  });
  test('a slot that is remembered for another ENI is not recovered for this one: two would have it', () => {
    const kernel = { ...emptyKernel, links, routes: [inTable('eth1', 28000), inTable('eth2', 28001)] };
    const remembered = new Map([[macOf(9), 0]]);
    expect([...recoverSlots(kernel, 28000, ours, remembered)]).toEqual([[macOf(2), 1]]);
  });

  test.each([
    ['a table by two links', [inTable('eth1', 28000), inTable('eth2', 28000)]],
    ['a table by the primary', [inTable('eth0', 28000)]],
    ['a table by a link that no ENI has', [inTable('wg0', 28000)]],
    ['a blackhole', [routeBy('eth1', 'default', { table: 28000, link: undefined })]],
    ['a table outside of the band', [inTable('eth1', 27999), inTable('eth1', 28256)]],
  ])('not: %s', (_name, routes) => {
    expect(recovered(routes)).toEqual([]);
  });
  test('of two tables by one link the lower is taken', () => {
    expect(recovered([inTable('eth1', 28009), inTable('eth1', 28002)])).toEqual([[macOf(1), 2]]);
  });
});
