// A pause for work by hand begins and ends without the daemon: it finds the mark, or finds that there is none any more.
import { clockTimeOf, readPause } from '../pass/pause.ts';
import type { DaemonState } from './state.ts';

/** Two readings of one end: the clock is set a little all the time. */
const sameMs = 2000;

/** Looks whether there is a pause. `over`: there was one, and all that it held back is to be looked at now. */
export async function heedPause(daemon: DaemonState): Promise<'begun' | 'over' | 'as before'> {
  const { system, log } = daemon.context;
  const before = daemon.pausedUntil;
  const until = await readPause(system);
  // Kept, where it is the same: what is said of it shall not change with each look.
  if (before !== undefined && until !== undefined && Math.abs(until - before) < sameMs) return 'as before';
  daemon.pausedUntil = until;
  if (until === undefined) {
    if (before === undefined) return 'as before';
    log.info({}, 'the pause is over; everything is checked now');
    return 'over';
  }
  log.warn(
    { until: new Date(until).toISOString() },
    `paused by hand until ${clockTimeOf(until, system.now())}: nothing is configured or repaired until then`,
  );
  return 'begun';
}
