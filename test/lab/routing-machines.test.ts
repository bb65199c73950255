// The routing scheme, asked of the real kernel about a thousand made-up machines, and about changes of two hundred. ROUTING_MACHINES and
// ROUTING_SEED make more or other ones.
// needs: nothing
// with --all only: it takes some minutes
import { test } from 'vitest';
import { changeOf } from './routing/change-machine.ts';
import { check, firstSeed, seeds } from './routing/check.ts';
import { diceOf } from './routing/dice.ts';
import { makeMachine } from './routing/generate.ts';
import type { Trial } from './routing/judge.ts';
import { transitionOf } from './routing/transition.ts';
import { trialOf } from './routing/trial.ts';

const machines = Number(process.env.ROUTING_MACHINES ?? 1000);
const timeout = 300_000 + 400 * machines;

test(`${machines} machines, from the seed ${firstSeed}: every packet takes its way`, { timeout }, () =>
  check(plain(), machines),
);

function* plain(): Generator<Trial> {
  for (const seed of seeds(machines)) yield trialOf(`seed ${seed}`, makeMachine(seed), seed);
}

test(
  'while an ENI, an address or a container network comes, goes or moves: what stays goes on',
  { timeout },
  () => check(changing(), machines / 20),
);

function* changing(): Generator<Trial> {
  for (const seed of seeds(machines / 5)) {
    const change = changeOf(makeMachine(seed), diceOf(seed + 7));
    if (change !== undefined) yield transitionOf(`seed ${seed}`, change, seed);
  }
}
