// Removes what lab runs that no longer live have left (`node test/lab/sweep.ts`): the shell scripts call it when they end,
// because a test runner that is interrupted kills its workers before these can clean up.
import { waitFor } from './command.ts';
import { findRemains, sweepLeftovers } from './namespace.ts';

const removed = [...sweepLeftovers()];
// A worker that is being killed right now still counts as alive: give it a moment. (So does another run: that costs 2 s.)
await waitFor(
  async () => {
    removed.push(...sweepLeftovers());
    return (await findRemains()).length === 0;
  },
  2000,
  200,
);
if (removed.length > 0) console.log(`removed leftovers of an interrupted run: ${removed.join(' ')}`);
