// One pass at a time per host: boot, hot-plug, cloud-init and a person may all start one.
import { AgentError } from '../errors.ts';
import type { System } from '../system/system.ts';

export const lockPath = '/run/eni-agent/lock';

/** Long enough for a pass that waits for a DHCP server and then for its deadline to verify. */
const waitMs = 60_000;

/** Throws `lock-held` if another pass does not end in time. */
export async function withLock<T>(system: System, work: () => Promise<T>, wait = waitMs): Promise<T> {
  const release = await system.lock(lockPath, wait);
  if (release === undefined)
    throw new AgentError('lock-held', `another eni-agent has held ${lockPath} for ${wait / 1000} s`);
  try {
    return await work();
  } finally {
    await release();
  }
}
