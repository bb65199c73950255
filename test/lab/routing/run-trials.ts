// Runs trials side by side, and says what is wrong so that it can be done again by hand.
import { availableParallelism } from 'node:os';
import type { Trial } from './judge.ts';
import { runMachines } from './namespace-run.ts';

export interface Outcome {
  readonly asked: number;
  readonly machines: number;
  readonly broken: readonly string[];
}

/** One shell takes so many. */
const perShell = 20;

export async function runTrials(trials: Iterable<Trial>): Promise<Outcome> {
  const queue = trials[Symbol.iterator]();
  const outcome = { asked: 0, machines: 0, broken: [] as string[] };
  const work = async () => {
    for (let some = take(queue); some.length > 0; some = take(queue)) {
      const said = await runMachines(some.map(t => t.steps));
      some.forEach((trial, i) => {
        const { wrong, asked } = trial.judge(said[i]!);
        outcome.machines++;
        outcome.asked += asked;
        if (wrong.length > 0) outcome.broken.push(describe(trial, wrong));
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
  return outcome;
}

function take(queue: Iterator<Trial>): readonly Trial[] {
  const some: Trial[] = [];
  while (some.length < perShell) {
    const next = queue.next();
    if (next.done === true) break;
    some.push(next.value);
  }
  return some;
}

function describe({ name, steps }: Trial, wrong: ReturnType<Trial['judge']>['wrong']): string {
  const faults = wrong
    .slice(0, 5)
    .map(w => `  ${w.what}: ${w.line}\n    said:  ${w.said}\n    right: ${w.right}`);
  const lines = steps.flatMap(step =>
    'lines' in step
      ? step.lines
          .filter(l => !l.startsWith('route get '))
          .map(l => `  ip ${step.family === 'link' ? '' : `-${step.family} `}${l}`)
      : [],
  );
  return [`${name}: ${wrong.length} wrong`, ...faults, ...lines].join('\n');
}
