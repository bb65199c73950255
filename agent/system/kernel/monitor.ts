// Listens to the kernel: a long-lived `ip monitor`, of which only that it says something counts. Its lines are never read: what has
// changed is found out by looking, so that a lost or a misread line can do no harm.
import { type FollowedCommand, followCommand } from '../run-command.ts';

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
  let failures = 0;
  let variant = 0;
  let problem: string | undefined;
  let child: FollowedCommand | undefined;
  let timer: NodeJS.Timeout | undefined;

  function start(): FollowedCommand {
    const words = ['monitor', ...variants[variant]!];
    const started = performance.now();
    let over = false;
    const heard = () => {
      problem = undefined;
      onEvent();
    };
    const monitor = followCommand(['ip', ...words], heard, (why, byItself) => {
      over = true;
      if (performance.now() - started >= settledMs) failures = 0;
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
    });
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
      clearTimeout(timer);
      await child?.stop();
    },
  };
}
