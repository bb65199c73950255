// The trigger folder: a file in it, whatever its name and content, asks for a look at everything now. udev, cloud-init and `refresh`
// write there; the daemon takes the files away and says in its report which it has answered.
import type { System, TakenNames } from '../system/system.ts';
import { readReport } from './report.ts';

export const requestFolder = '/run/eni-agent/triggers';

/** Held by the daemon for as long as it lives. */
export const daemonLockPath = '/run/eni-agent/daemon.lock';

/** In one go: any number may lie there, and the network waits meanwhile. */
const mostAtOnce = 256;

/**
 * Takes requests, not all of very many. Whatever somebody has put there, also a folder: no daemon shall end for what it is asked, and again at each
 * start. What cannot be taken away is answered all the same.
 */
export async function takeRequests(system: System): Promise<TakenNames> {
  const taken = await system.takeNames(requestFolder, mostAtOnce).catch(() => undefined);
  return taken === undefined ? { names: [], hasMore: false } : { ...taken, names: [...taken.names].sort() };
}

/** For how long somebody else who asks may be in the way, and how often that is looked at. Milliseconds. */
const crowdMs = 1000;
const crowdStepMs = 20;

/**
 * Asks, and waits for nothing. Who asks holds no lock, so that several may write at one moment, by way of one temporary file: whose file another
 * one has taken writes it again.
 */
export async function ask(system: System, name: string): Promise<void> {
  const end = system.ticks() + crowdMs;
  for (;;)
    try {
      return await system.writeFile(`${requestFolder}/${name}`, '', 0o644);
    } catch (error) {
      if (system.ticks() >= end) throw error;
      await system.sleep(crowdStepMs);
    }
}

/** Asks, and waits until the daemon has answered. False if it has not within `waitMs`. */
export async function request(system: System, name: string, waitMs: number): Promise<boolean> {
  await ask(system, name);
  const end = system.ticks() + waitMs;
  while (system.ticks() < end) {
    if ((await readReport(system))?.answered.includes(name)) return true;
    await system.sleep(50);
  }
  // It must not be answered later, when nothing waits for it any more.
  await system.removeFile(`${requestFolder}/${name}`);
  return false;
}
