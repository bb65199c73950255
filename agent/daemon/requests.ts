// The trigger folder: a file in it, whatever its name and content, asks for a look at everything now. udev, cloud-init and `refresh`
// write there; the daemon takes the files away and says in its report which it has answered.
import type { System } from '../system/system.ts';
import { readReport } from './report.ts';

export const requestFolder = '/run/eni-agent/triggers';

/** Held by the daemon for as long as it lives. */
export const daemonLockPath = '/run/eni-agent/daemon.lock';

/** Takes all requests; their names, sorted. */
export async function takeRequests(system: System): Promise<readonly string[]> {
  const names = (await system.listFolder(requestFolder)).filter(name => !name.startsWith('.'));
  for (const name of names) await system.removeFile(`${requestFolder}/${name}`);
  return names;
}

/** Asks, and waits for nothing. */
export async function ask(system: System, name: string): Promise<void> {
  await system.writeFile(`${requestFolder}/${name}`, '', 0o644);
}

/** Asks, and waits until the daemon has answered. False if it has not within `waitMs`. */
export async function request(system: System, name: string, waitMs: number): Promise<boolean> {
  await ask(system, name);
  const end = system.now() + waitMs;
  while (system.now() < end) {
    if ((await readReport(system))?.answered.includes(name)) return true;
    await system.sleep(50);
  }
  // It must not be answered later, when nothing waits for it any more.
  await system.removeFile(`${requestFolder}/${name}`);
  return false;
}
