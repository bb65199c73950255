// The other half of the lives of daemon-life.test.ts, so that two workers share them.
// more with --all: 1,000 lives instead of 200
import { expect, test } from 'vitest';
import { shareOfLives, tryLives } from '../support/life-check.ts';

const run = shareOfLives(1, 2);

test(`${run.runs} lives with the seed ${run.seed}`, { timeout: 1_200_000 }, async () => {
  console.info(`LIFE_SEED=${run.seed - 1} LIFE_RUNS=${run.runs * 2}`);
  expect((await tryLives(run)).failure).toBeUndefined();
});
