// A limit counts time in which an answer could have been heard.
import { expect, test } from 'vitest';
import { limitTime } from '../../../agent/metadata/time-limit.ts';

/** Milliseconds until the limit was over. */
async function passed(ms: number, meanwhile: () => void = () => {}): Promise<number> {
  const began = performance.now();
  return new Promise(resolve => {
    limitTime(ms, () => resolve(performance.now() - began));
    meanwhile();
  });
}

/** Keeps the event loop from turning. */
function standStill(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test.each([50, 300, 600])('%d ms: over after its time, and not before', async ms => {
  // A timer of Node may come a millisecond early.
  expect(await passed(ms)).toBeGreaterThan(ms - 5);
});

test('a time in which the process stood still counts as one step of 250 ms', async () => {
  expect(await passed(350, () => standStill(700))).toBeGreaterThan(795);
});

test('ended before, in the first step or in a later one: nothing happens', async () => {
  let times = 0;
  const count = () => {
    times += 1;
  };
  limitTime(20, count)();
  const end = limitTime(300, count);
  await new Promise(resolve => setTimeout(resolve, 260));
  end();
  await new Promise(resolve => setTimeout(resolve, 100));
  expect(times).toBe(0);
});
