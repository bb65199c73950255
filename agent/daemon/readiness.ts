// Tells systemd that the daemon is up, and in one line what it does. Through systemd-notify(1): Node cannot send to a datagram socket
// of the AF_UNIX family. Without systemd (no NOTIFY_SOCKET) nothing happens.
import type { System } from '../system/system.ts';

export interface Readiness {
  /** READY=1 the first time, then only a status that differs from the last one. Never waits for the answer, never throws. */
  announce(status: string): void;
}

/**
 * @param socket the value of NOTIFY_SOCKET; undefined where systemd does not wait for us
 */
export function openReadiness(system: System, socket: string | undefined, pid: number): Readiness {
  let last: string | undefined;
  return {
    announce(status) {
      if (socket === undefined || status === last) return;
      const ready = last === undefined ? ['--ready'] : [];
      last = status;
      // systemd >= 246 waits up to 5 s for its barrier where the receiver ignores it: nothing may hang on that.
      void system
        .run(['systemd-notify', `--pid=${pid}`, ...ready, `--status=${status}`], { timeoutMs: 10_000 })
        .catch(() => undefined);
    },
  };
}
