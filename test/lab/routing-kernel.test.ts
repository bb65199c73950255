// The routing scheme, asked of the real kernel: made-up machines in namespaces of their own, with the plan's own lines, and what is right written
// from the promises of docs/how-it-works.md. ROUTING_MACHINES and ROUTING_SEED make more or other machines.
// needs: nothing
import { describe, expect, test } from 'vitest';
import { cases } from './routing/cases.ts';
import { changeOf } from './routing/change-machine.ts';
import { diceOf } from './routing/dice.ts';
import { makeMachine } from './routing/generate.ts';
import type { Trial } from './routing/judge.ts';
import { hasWayToHost, pmtuTrialOf } from './routing/pmtu.ts';
import { runTrials } from './routing/run-trials.ts';
import { transitionOf } from './routing/transition.ts';
import { trialOf } from './routing/trial.ts';

const machines = Number(process.env.ROUTING_MACHINES ?? 3000);
const first = Number(process.env.ROUTING_SEED ?? 1);
const timeout = 300_000 + 400 * machines;

function* seeds(count: number): Generator<number> {
  for (let seed = first; seed < first + count; seed++) yield seed;
}

async function check(trials: Iterable<Trial>, least: number): Promise<void> {
  const { asked, machines: ran, broken } = await runTrials(trials);
  console.log(`${ran} machines, ${asked} answers of the kernel, ${broken.length} machines with a wrong one`);
  expect(broken.slice(0, 3).join('\n\n'), `${broken.length} machines`).toBe('');
  expect(ran).toBeGreaterThanOrEqual(least);
}

describe('the kernel, with the plan', () => {
  test.each(cases)('$name', ({ name, machine }) => check([trialOf(name, machine, 1)], 1));

  test(`${machines} machines, from the seed ${first}: every packet takes its way`, { timeout }, () =>
    check(plain(machines), machines),
  );

  function* plain(count: number): Generator<Trial> {
    for (const seed of seeds(count)) yield trialOf(`seed ${seed}`, makeMachine(seed), seed);
  }

  test('a smaller MTU that the primary has been told takes no packet of an ENI', { timeout }, () =>
    check(withException(), 12),
  );

  function* withException(): Generator<Trial> {
    let left = 12;
    for (const seed of seeds(200)) {
      const machine = makeMachine(seed);
      if (!hasWayToHost(machine) || left === 0) continue;
      left--;
      yield pmtuTrialOf(`seed ${seed}`, machine);
    }
  }

  test(
    'while an ENI, an address or a container network comes, goes or moves: what stays goes on',
    { timeout },
    () => check(changing(machines / 5), machines / 20),
  );

  function* changing(count: number): Generator<Trial> {
    for (const seed of seeds(count)) {
      const change = changeOf(makeMachine(seed), diceOf(seed + 7));
      if (change !== undefined) yield transitionOf(`seed ${seed}`, change, seed);
    }
  }
});
