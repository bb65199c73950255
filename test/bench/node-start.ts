// N, the unit of most budgets: the processor time of `node -e 0`. Milliseconds say more about the machine than about the agent.
import { runOk } from '../lab/command.ts';
import { parseTimed, timed } from './cpu.ts';
import { median } from './figures.ts';
import type { Budget, Row } from './table.ts';

const perRound = 5;

/** Milliseconds. Measured again beside each size, since a machine is not equally fast all the time. */
export async function nodeStartMs(rounds = 7): Promise<number> {
  const costs: number[] = [];
  for (let round = 0; round < rounds; round++)
    costs.push(parseTimed(await runOk(timed([process.execPath, '-e', '0'], perRound)), perRound).cpuMs);
  return median(costs);
}

/** What a row says of a cost in N, and of its budget if it has one. */
export function inNodeStarts(
  ms: number,
  nodeMs: number,
  limit?: number,
): { readonly ratio: NonNullable<Row['ratio']>; readonly budget?: Budget } {
  const value = ms / nodeMs;
  const ratio = { value, to: 'N' };
  return limit === undefined ? { ratio } : { ratio, budget: { text: `<= ${limit} N`, value, limit } };
}
