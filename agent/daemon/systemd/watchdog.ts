// Tells systemd's watchdog (WatchdogSec= in the unit) that the daemon gets on. The loop does so when it comes round, and a pass when a command
// of it has ended; no timer does. A daemon that stands still is killed and started again, and what it was doing is rolled back then.
import type { System } from '../../system/system.ts';

export interface Watchdog {
  /** Milliseconds that the loop may sleep; Infinity where nobody watches. */
  readonly longestSleepMs: number;
  /** Something has come to its end. Tells systemd if that was some time ago; never waits for it, never throws. */
  progress(): void;
}

/** As systemd's variables have it (sd_watchdog_enabled(3)). */
export interface WatchdogSpec {
  readonly socket: string | undefined;
  /** Microseconds. */
  readonly limit: string | undefined;
  /** The process that is meant; undefined: whoever asks. */
  readonly meant: string | undefined;
}

export const noWatchdog: Watchdog = { longestSleepMs: Number.POSITIVE_INFINITY, progress: () => undefined };

/** The loop sleeps for a quarter of the limit at most, and a word that is younger than that is enough: it costs a process. */
const part = 4;

/**
 * systemd before 246 loses the word of a process that has ended when it looks, and its systemd-notify does not wait for that. There
 * every check tells it, so that a few lost words do no harm.
 */
const partWhereLost = 20;

export async function openWatchdog(system: System, pid: number, spec: WatchdogSpec): Promise<Watchdog> {
  const { socket, limit = '', meant = String(pid) } = spec;
  if (socket === undefined || meant !== String(pid) || !/^[1-9]\d{0,15}$/.test(limit)) return noWatchdog;
  const limitMs = Number(limit) / 1000;
  const { stdout } = await system.run(['systemd-notify', '--version']);
  const isHeard = Number(/^systemd (\d+)/.exec(stdout)?.[1]) >= 246;
  const enoughMs = limitMs / (isHeard ? part : partWhereLost);
  let toldAt = Number.NEGATIVE_INFINITY;
  let isTelling = false;
  return {
    longestSleepMs: limitMs / part,
    progress() {
      const now = performance.now();
      if (isTelling || now - toldAt < enoughMs) return;
      toldAt = now;
      isTelling = true;
      // Programs that we start are not given the socket; this one is.
      const words = ['systemd-notify', `--pid=${pid}`, 'WATCHDOG=1'];
      void system.run(['env', `NOTIFY_SOCKET=${socket}`, ...words]).then(() => {
        isTelling = false;
      });
    },
  };
}
