// Listens to the kernel: a long-lived `ip monitor`, of which only that it says something counts. Its lines are never read: what has
// changed is found out by looking, so that a lost or a misread line can do no harm.
import { spawn } from 'node:child_process';

/**
 * What is monitored, best first; an `ip` that does not know a word ends at once (iproute2 before 3.4 has no `rule`). Neighbours are left
 * out on purpose: ARP never rests.
 */
const variants = [
  ['link', 'address', 'route', 'rule'],
  ['link', 'address', 'route'],
] as const;

const backoffMs = [200, 1000, 5000, 30_000] as const;

/** By then a new `ip` has subscribed. */
const listensMs = 500;

/** An `ip` that lived so long did not die of its arguments. */
const settledMs = 2000;

export interface KernelMonitor {
  /** In words, while there is no monitor. */
  problem(): string | undefined;
  stop(): Promise<void>;
}

/**
 * Calls `onEvent` for everything that the kernel says, and after each restart: what happened in between was missed.
 */
export function monitorKernel(onEvent: () => void): KernelMonitor {
  let stopped = false;
  let failures = 0;
  let variant = 0;
  let problem: string | undefined;
  let child: ReturnType<typeof start> | undefined;
  let timer: NodeJS.Timeout | undefined;

  function start() {
    const words = ['monitor', ...variants[variant]!];
    const started = Date.now();
    const monitor = spawn('ip', words, { stdio: ['ignore', 'pipe', 'ignore'] });
    monitor.stdout.on('data', () => {
      problem = undefined;
      onEvent();
    });
    monitor.once('error', error => ended(error.message, true));
    monitor.once('exit', (code, signal) => ended(`ended with ${signal ?? code}`, signal === null));

    let over = false;
    function ended(why: string, byItself: boolean): void {
      if (over || stopped) return;
      over = true;
      if (Date.now() - started >= settledMs) failures = 0;
      else if (byItself && variant < variants.length - 1) variant += 1;
      problem = `ip ${words.join(' ')}: ${why}; kernel changes are noticed only by the timer`;
      timer = setTimeout(
        () => {
          child = start();
          onEvent();
          // Once more: what happened before the new one listened, which takes it some milliseconds, it has not heard.
          timer = setTimeout(onEvent, listensMs);
        },
        backoffMs[Math.min(failures, backoffMs.length - 1)],
      );
      failures += 1;
    }
    // Silence is health: a quiet kernel says nothing for hours.
    setTimeout(() => {
      if (!over) problem = undefined;
    }, settledMs).unref();
    return monitor;
  }

  child = start();
  return {
    problem: () => problem,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise(resolve => child!.once('exit', resolve));
      if (child.kill('SIGTERM')) await gone;
    },
  };
}
