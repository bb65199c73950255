import { expect, test } from 'vitest';
import { afterCheck, nextAllowed, type Spacing, unspaced } from '../../../agent/daemon/timing/spacing.ts';

/** Looks that find nothing, each as early as allowed, from 0 on: the waits between them. */
function waitsOfNoise(count: number): readonly number[] {
  const waits: number[] = [];
  let spacing = afterCheck(unspaced, 0, true);
  for (let i = 0; i < count; i += 1) {
    const next = nextAllowed(spacing);
    waits.push(next - spacing.at);
    spacing = afterCheck(spacing, next, true);
  }
  return waits;
}

test('the first event is looked at at once', () => {
  expect(nextAllowed(unspaced)).toBeLessThan(0);
});

test('noise: 100, 200, 400, then 800 ms, which leaves time for a repair within a second', () => {
  expect(waitsOfNoise(6)).toEqual([100, 200, 400, 800, 800, 800]);
});

test.each<[string, Spacing, number, boolean, number]>([
  ['something was found: at once', { idle: 5, at: 1000 }, 1800, false, 0],
  ['nothing, soon after the last', { idle: 2, at: 1000 }, 1400, true, 3],
  ['nothing, after a silence', { idle: 5, at: 1000 }, 6000, true, 1],
])('%s', (_name, before, now, nothing, idle) => {
  expect(afterCheck(before, now, nothing)).toEqual({ idle, at: now });
});
