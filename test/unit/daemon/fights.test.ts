import { describe, expect, test } from 'vitest';
import {
  afterCalm,
  afterLinks,
  afterLook,
  afterRepairs,
  begun,
  braked,
  contestedMacs,
  type Fight,
  hasTrial,
  uncontested,
  undoneIn,
} from '../../../agent/daemon/fights.ts';
import type { Drift } from '../../../agent/pass/glance.ts';
import { macA, macB } from './made-up-pass.ts';

const ofA: Drift = { mac: macA, lines: ['missing: a'], byService: false };
const ofB: Drift = { mac: macB, lines: ['missing: b'], byService: false };
const shared: Drift = { mac: macA, lines: ['x was changed'], byService: false, isShared: true };
const nobody = () => false;

/** What was repaired at these seconds. */
function repairs(seconds: readonly number[], drift: readonly Drift[], from: readonly Fight[] = []) {
  return seconds.reduce((fights, second) => afterRepairs(fights, drift, second * 1000, false), from);
}

const five = [0, 1, 2, 3, 4];
const fought = repairs(five, [ofA]);

test('the repairs of each ENI count for its own brake', () => {
  const mixed = repairs([5, 6, 7, 8], [ofB], fought);
  expect([...contestedMacs(mixed, 8000)]).toEqual([macA]);
  expect(uncontested(mixed, [ofA, ofB], 8000)).toEqual([ofB]);
  const both = repairs([9], [ofB], mixed);
  expect(undoneIn(braked(both, 9000))).toEqual([ofA, ofB]);
  expect(undoneIn(begun(mixed, both, 9000))).toEqual([ofB]);
  // Each ends at its own time.
  expect([...contestedMacs(both, 65_000)]).toEqual([macB]);
});

test('a trial of one that is undone says nothing of another', () => {
  const trial = repairs([70, 71], [ofA], fought);
  expect([...contestedMacs(repairs([72, 73], [ofB], trial), 73_000)]).toEqual([macA]);
});

test('several lines of one ENI are one repair of it', () => {
  const file: Drift = { ...ofA, lines: ['/etc/a is missing'] };
  const fights = repairs([0, 1, 2], [ofA, file]);
  expect(braked(fights, 2000)).toEqual([]);
  expect(undoneIn(fights)).toEqual([{ ...file, lines: ['missing: a', '/etc/a is missing'] }]);
});

test('a repair that failed counts twice, and is said to have failed', () => {
  let fights: readonly Fight[] = [];
  for (const second of [0, 10, 20]) fights = afterRepairs(fights, [ofA], second * 1000, true);
  expect(braked(fights, 20_000)).toMatchObject([{ mac: macA, failed: true }]);
});

test('a shared file has a brake, and no ENI is left alone for it', () => {
  const fights = repairs(five, [shared]);
  expect(contestedMacs(fights, 5000).size).toBe(0);
  expect(uncontested(fights, [shared, ofA], 5000)).toEqual([ofA]);
  expect(undoneIn(braked(fights, 5000))).toEqual([shared]);
});

describe('the trial', () => {
  test('is due when the brake is off, and not before or after a pass', () => {
    expect([63_000, 64_000].map(now => hasTrial(fought, now))).toEqual([false, true]);
    expect(hasTrial(afterLook(fought, 64_000, nobody, false), 64_000)).toBe(false);
    expect(hasTrial(repairs([0, 1], [ofA]), 64_000)).toBe(false);
  });

  test('is still due after a pass that has left the ENI alone, and in which the brake ended', () => {
    const left = afterLook(fought, 64_000, mac => mac === macA, false);
    expect(hasTrial(left, 64_000)).toBe(true);
    expect(braked(left, 64_000, new Set([macA]))).toHaveLength(1);
  });
});

test('a minute of peace ends it, for that ENI', () => {
  const both = repairs([30, 31, 32, 33, 34], [ofB], fought);
  expect(afterCalm(both, 124_000).map(({ mac }) => mac)).toEqual([macB]);
  expect(afterLook(both, 124_000, nobody, false).map(({ mac }) => mac)).toEqual([macB]);
});

test.each([
  ['the same', `2 eth1 ${macA} \n3 eth2 ${macB} `, 2],
  ['another index', `9 eth1 ${macA} \n3 eth2 ${macB} `, 1],
  ['gone', `3 eth2 ${macB} `, 1],
])('its link is %s', (_name, now, count) => {
  const both = repairs(five, [ofB], fought);
  expect(afterLinks(both, `2 eth1 ${macA} \n3 eth2 ${macB} `, now)).toHaveLength(count);
});

test('a look that somebody asked for ends the pause of those that it served, and what is undone again is a relapse', () => {
  const asked = afterLook(fought, 10_000, nobody, true);
  expect(braked(asked, 10_000)).toEqual([]);
  expect(undoneIn(asked)).toEqual([]);
  expect(braked(repairs([11], [ofA], asked), 11_000)).toEqual([]);
  expect(braked(repairs([11, 12], [ofA], asked), 12_000)).toMatchObject([{ brake: { until: 132_000 } }]);
  // One that the look has left alone, or that failed, stays.
  expect(
    braked(
      afterLook(fought, 10_000, mac => mac === macA, true),
      10_000,
    ),
  ).toHaveLength(1);
});
