// The routing scheme, asked of the real kernel: machines in namespaces of their own, with the plan's own lines, and what is right written from the
// promises of docs/how-it-works.md. Here those that have been wrong, and a few made-up ones; routing-machines.test.ts has thousands.
// needs: nothing
import { describe, test } from 'vitest';
import { cases } from './routing/cases.ts';
import { check, seeds } from './routing/check.ts';
import { makeMachine } from './routing/generate.ts';
import type { Trial } from './routing/judge.ts';
import { hasWayToHost, pmtuTrialOf } from './routing/pmtu.ts';
import { trialOf } from './routing/trial.ts';

const timeout = 300_000;

describe('the kernel, with the plan', () => {
  test.each(cases)('$name', ({ name, machine }) => check([trialOf(name, machine, 1)], 1));

  test('100 made-up machines: every packet takes its way', { timeout }, () => check(madeUp(), 100));

  function* madeUp(): Generator<Trial> {
    for (const seed of seeds(100)) yield trialOf(`seed ${seed}`, makeMachine(seed), seed);
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
});
