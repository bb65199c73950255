// Asks the kernel about machine after machine, and says how many have a wrong answer.
import { expect } from 'vitest';
import type { Trial } from './judge.ts';
import { runTrials } from './run-trials.ts';

/** ROUTING_SEED makes other machines. */
export const firstSeed = Number(process.env.ROUTING_SEED ?? 1);

export function* seeds(count: number): Generator<number> {
  for (let seed = firstSeed; seed < firstSeed + count; seed++) yield seed;
}

/** @param least fewer trials than this prove nothing */
export async function check(trials: Iterable<Trial>, least: number): Promise<void> {
  const { asked, machines: ran, broken } = await runTrials(trials);
  console.log(`${ran} machines, ${asked} answers of the kernel, ${broken.length} machines with a wrong one`);
  expect(broken.slice(0, 3).join('\n\n'), `${broken.length} machines`).toBe('');
  expect(ran).toBeGreaterThanOrEqual(least);
}
