import { describe, expect, test } from 'vitest';
import type { Mood } from '../../../agent/daemon/report.ts';
import { nextCheckMs, retrySeconds, triesGoOn, triesOf } from '../../../agent/daemon/timing/schedule.ts';

const periodMs = 60_000;
const identity = 'i-0af01c0123456789a';
const fleet = Array.from({ length: 1000 }, (_, i) => `i-0${(i * 2654435761).toString(16).padStart(16, '0')}`);

function waits(mood: Mood, count: number, more: { tookBack?: boolean } = {}): readonly number[] {
  return Array.from(
    { length: count },
    (_, tries) => nextCheckMs({ mood, tries, ...more }, periodMs, identity) / 1000,
  );
}

function expectNear(found: readonly number[], seconds: readonly number[]): void {
  for (const [index, second] of seconds.entries()) {
    expect(found[index]).toBeGreaterThanOrEqual(second * 0.85);
    expect(found[index]).toBeLessThanOrEqual(second * 1.15);
  }
}

describe('the waits of each mood', () => {
  test('lagging: to the millisecond, then the period', () => {
    const found = waits('lagging', 9);
    expect(found.slice(0, 7)).toEqual([0.2, 0.5, 1, 2, 5, 10, 30]);
    expectNear(found.slice(7), [60, 60]);
  });
  test.each<[Mood, readonly number[], boolean]>([
    ['watchful', [2, 3, 5, 5, 10, 10, 15, 30], false],
    ['failing', [1, 2, 5, 10, 30, 60, 120, 300, 300, 300], false],
    ['failing', [...retrySeconds, 240, 240], true],
    ['quiet', [60, 60, 60], false],
    ['braked', [60, 60], false],
  ])('%s: %j', (mood, seconds, tookBack) => {
    expectNear(waits(mood, seconds.length, { tookBack }), seconds);
  });

  test('a short period is never exceeded by watching', () => {
    for (let tries = 0; tries < 10; tries += 1)
      expect(nextCheckMs({ mood: 'watchful', tries }, 10_000, identity)).toBeLessThanOrEqual(11_500);
  });
});

describe('a fleet of a thousand', () => {
  const first = fleet.map(id => nextCheckMs({ mood: 'quiet', tries: 0 }, periodMs, id));

  test('stays within the bounds and is spread evenly over them', () => {
    expect(Math.min(...first)).toBeGreaterThanOrEqual(51_000);
    expect(Math.max(...first)).toBeLessThanOrEqual(69_000);
    const tenths = Array.from(
      { length: 10 },
      (_, i) => first.filter(ms => ms >= 51_000 + i * 1800 && ms < 51_000 + (i + 1) * 1800).length,
    );
    for (const count of tenths) {
      expect(count, `${tenths}`).toBeGreaterThan(65);
      expect(count, `${tenths}`).toBeLessThan(140);
    }
    expect(new Set(first).size).toBeGreaterThan(990);
  });

  test('is not in step later either: no second of an hour has more than a few of them', () => {
    const perSecond = new Map<number, number>();
    for (const id of fleet) {
      let at = 0;
      for (let tries = 0; tries < 60; tries += 1) {
        at += nextCheckMs({ mood: 'quiet', tries }, periodMs, id);
        const second = Math.floor(at / 1000);
        perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
      }
    }
    // The first round is spread over 18 s; in step it would be a thousand at once.
    expect(Math.max(...perSecond.values())).toBeLessThan(100);
    const late = [...perSecond].filter(([second]) => second > 1800 && second < 3000).map(([, n]) => n);
    expect(Math.max(...late)).toBeLessThan(40);
  });

  test('the same machine always has the same waits', () => {
    expect(fleet.map(id => nextCheckMs({ mood: 'quiet', tries: 0 }, periodMs, id))).toEqual(first);
  });

  test('instance ids that differ in their last digit alone differ', () => {
    const near = Array.from({ length: 16 }, (_, i) => `i-0af01c012345678${i.toString(16)}`);
    const found = near.map(id => nextCheckMs({ mood: 'quiet', tries: 0 }, periodMs, id));
    expect(Math.max(...found) - Math.min(...found)).toBeGreaterThan(9000);
  });
});

test('watching ends by itself, the rest does not', () => {
  expect(triesOf('watchful')).toBe(8);
  expect(triesOf('lagging')).toBe(Number.POSITIVE_INFINITY);
});

describe('triesGoOn: to and fro between no answer and one with holes', () => {
  test.each<[Mood, number, boolean, 'lagging' | 'failing', number]>([
    // The same mood goes on; others that are no trouble begin anew.
    ['lagging', 3, false, 'lagging', 4],
    ['failing', 3, false, 'failing', 4],
    ['quiet', 9, false, 'lagging', 0],
    ['watchful', 5, false, 'failing', 0],
    ['braked', 5, false, 'failing', 0],
    // 2 s, then 5 s; 5 s, then 10 s.
    ['lagging', 3, false, 'failing', 2],
    ['failing', 2, false, 'lagging', 5],
    // The first failure is asked again after a second at the earliest.
    ['lagging', 0, false, 'failing', 0],
    // At the end of both lists.
    ['lagging', 20, false, 'failing', 8],
    ['failing', 7, false, 'lagging', 7],
    // A failed apply says nothing about the service.
    ['failing', 4, true, 'lagging', 0],
  ])('%s %i (took back: %s) to %s: %i', (mood, tries, tookBack, to, expected) => {
    expect(triesGoOn({ mood, tries, tookBack }, to)).toBe(expected);
  });

  test('the waits never get shorter on the way', () => {
    let before: Parameters<typeof triesGoOn>[0] = { mood: 'quiet', tries: 0 };
    let last = 0;
    for (let i = 0; i < 20; i += 1) {
      const mood = i % 2 === 0 ? 'lagging' : 'failing';
      before = { mood, tries: triesGoOn(before, mood) };
      const wait = nextCheckMs(before as Parameters<typeof nextCheckMs>[0], periodMs, identity);
      expect(wait).toBeGreaterThanOrEqual(Math.min(last, 40_000) * 0.85);
      last = wait;
    }
    expect(last).toBeGreaterThan(200_000);
  });
});
