// Tells systemd that the daemon is up, and in one line what it does. Through systemd-notify(1), which the package of that name starts: Node
// cannot send to a datagram socket of the AF_UNIX family. Without systemd (no NOTIFY_SOCKET) nothing happens, and nothing is loaded.

import { cut, printable } from '../../log/text.ts';

/** Characters of a status: a program takes no argument of more than 128 KiB. */
const mostOfStatus = 500;

export interface Readiness {
  /** READY=1 the first time, then only a status that differs from the last one. Never waits for the answer, never throws. */
  announce(status: string): void;
}

/**
 * @param socket the value of NOTIFY_SOCKET; undefined where systemd does not wait for us
 */
export function openReadiness(socket: string | undefined, pid: number): Readiness {
  let last: string | undefined;
  let isReady = false;
  let isTelling = false;
  /** One program at a time: if one hangs, there are not more and more of them. What it has missed is told in one. */
  async function tell(): Promise<void> {
    isTelling = true;
    for (let told: string | undefined; last !== undefined && told !== last; ) {
      told = last;
      const message = { pid, ready: !isReady, status: told };
      isReady = true;
      // systemd >= 246 waits up to 5 s for its barrier where the receiver ignores it: nothing may hang on that. Where the program is
      // missing there is nobody to tell.
      await notify(message).catch(() => undefined);
    }
    isTelling = false;
  }
  return {
    announce(text) {
      // One line: systemd-notify would take the next one for another word to systemd.
      const status = cut(printable(text), mostOfStatus);
      if (socket === undefined || status === last) return;
      last = status;
      if (!isTelling) void tell();
    },
  };
}

async function notify(message: { pid: number; ready: boolean; status: string }): Promise<void> {
  const { default: systemdNotify } = await import('systemd-notify');
  await systemdNotify(message);
}
