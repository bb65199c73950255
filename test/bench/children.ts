// How many processes and threads were started in the guest: exact, because a pid namespace numbers them one after the other, and
// /proc/loadavg shows the last number. Everything of the guest counts, so it is an upper bound for one service in a silent guest.
import type { Guest } from '../lab/guest.ts';
import { guestOk } from '../lab/guest-commands.ts';

/** Counts what is started while the action runs. */
export async function countStarted(guest: Guest, action: () => Promise<unknown>): Promise<number> {
  const before = await lastPid(guest);
  await action();
  // The question itself is one.
  return (await lastPid(guest)) - before - 1;
}

async function lastPid(guest: Guest): Promise<number> {
  return Number(await guestOk(guest, ['sh', '-c', 'read a b c d last < /proc/loadavg; echo $last']));
}
