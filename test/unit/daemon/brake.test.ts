import { expect, test } from 'vitest';
import { afterPeace, afterRepair, type Brake, isOn, released } from '../../../agent/daemon/timing/brake.ts';

/** Repairs at these seconds. */
function repairs(seconds: readonly number[], from: Brake = released): Brake {
  return seconds.reduce((brake, second) => afterRepair(brake, second * 1000), from);
}

test.each<[string, readonly number[], boolean]>([
  ['one', [0], false],
  ['four in a minute', [0, 10, 20, 30], false],
  ['five in a minute', [0, 10, 20, 30, 40], true],
  ['five at once', [0, 0, 0, 0, 0], true],
  ['five in a little more than a minute', [0, 15, 30, 45, 60], false],
  ['one a minute for an hour', Array.from({ length: 60 }, (_, i) => i * 60), false],
])('%s: on %s', (_name, seconds, on) => {
  const brake = repairs(seconds);
  expect(isOn(brake, seconds.at(-1)! * 1000)).toBe(on);
  expect(brake.holds).toBe(on ? 1 : 0);
});

test('60, 120, 300, 600, 600 s: a trial each time, and the second repair puts it on again', () => {
  let brake = repairs([0, 0, 0, 0, 0]);
  const holds: number[] = [brake.until! / 1000];
  for (let i = 0; i < 4; i += 1) {
    const end = brake.until!;
    expect(isOn(brake, end - 1)).toBe(true);
    expect(isOn(brake, end)).toBe(false);
    const trial = afterRepair(brake, end);
    expect(isOn(trial, end)).toBe(false);
    brake = afterRepair(trial, end + 1000);
    holds.push((brake.until! - end - 1000) / 1000);
  }
  expect(holds).toEqual([60, 120, 300, 600, 600]);
});

test('a minute of peace after its end takes it off for good', () => {
  const brake = repairs([0, 0, 0, 0, 0]);
  expect(afterPeace(brake, 119_999)).toBe(brake);
  expect(afterPeace(brake, 120_000)).toEqual(released);
  const anew = repairs([130, 131], afterPeace(brake, 120_000));
  expect(isOn(anew, 131_000)).toBe(false);
});

test('peace says nothing while it is on, or where it never was', () => {
  const brake = repairs([0, 0, 0, 0, 0]);
  expect(afterPeace(brake, 59_000)).toBe(brake);
  expect(afterPeace(repairs([0]), 900_000)).toEqual(repairs([0]));
});
