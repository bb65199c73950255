// The daemon through made-up lives: ENIs and addresses that come and go, a metadata service that fails and lies, kills, reboots, other
// programs. At every effect the primary, what others have and what works stays; at rest the machine is what the cloud's truth asks for.
// more with --all: 1,000 lives instead of 200
import { expect, test } from 'vitest';
import { shareOfLives, tryLives } from '../support/life-check.ts';

// daemon-life-second.test.ts has the other half.
const run = shareOfLives(0, 2);

test(`${run.runs} lives with the seed ${run.seed}`, { timeout: 1_200_000 }, async () => {
  console.info(`LIFE_SEED=${run.seed} LIFE_RUNS=${run.runs * 2}`);
  expect((await tryLives(run)).failure).toBeUndefined();
});
