// What is known of the daemon: its last report, whether it lives, and how this machine has the agent run. Starts no program.
import { isDaemonAlive } from '../../daemon/liveness.ts';
import { readReport } from '../../daemon/report.ts';
import type { System } from '../../system/system.ts';
import { readRunMode } from '../run-mode.ts';
import type { DaemonView } from './daemon.ts';

export async function readDaemon(system: System): Promise<DaemonView> {
  const report = await readReport(system);
  const isAlive = report !== undefined && (await isDaemonAlive(system, report));
  return { report, isAlive, mode: await readRunMode(system) };
}
