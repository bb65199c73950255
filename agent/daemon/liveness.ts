// Whether the daemon that wrote a report still lives. Its lock would tell root alone, and trying to take it could keep a daemon that
// starts at that moment from running; /proc tells everybody.
import { type RunMode, readRunMode } from '../system/run-mode.ts';
import type { System } from '../system/system.ts';
import { type Report, readReport } from './report.ts';

/** What is known of the daemon from outside. */
export interface DaemonView {
  /** Of the last daemon that wrote one; undefined if none did since the machine started. */
  readonly report: Report | undefined;
  readonly isAlive: boolean;
  readonly mode: RunMode;
}

/** Starts no program. */
export async function readDaemon(system: System): Promise<DaemonView> {
  const report = await readReport(system);
  const isAlive = report !== undefined && (await isDaemonAlive(system, report));
  return { report, isAlive, mode: await readRunMode(system) };
}

/** How late a look may be before a daemon that cannot be seen is taken for dead, or one that can for stuck. */
export const lateMs = 120_000;

/**
 * True if the process of the report is there and is a daemon of ours: its number may be that of another process by now. Where /proc hides the
 * processes of others (hidepid), the report counts for as long as its next look is not late.
 */
export async function isDaemonAlive(system: System, report: Report): Promise<boolean> {
  const folder = `/proc/${report.pid}`;
  const commandLine = await system.readFile(`${folder}/cmdline`).catch(() => undefined);
  if (commandLine !== undefined) return isDaemon(commandLine.split('\0'));
  const isHidden = (await system.exists(folder)) || !(await system.exists('/proc/1'));
  return isHidden && !isLate(report, system.now());
}

/** True if the next look should have been taken long ago. */
export function isLate(report: Report, now: number): boolean {
  return now - Date.parse(report.nextLookAt) > lateMs;
}

/** The installed program has its name in its path, a checkout is called agent/main.ts. */
function isDaemon(words: readonly string[]): boolean {
  const isProgram = (word: string) => /eni-agent|\bagent\/main\.ts$/.test(word);
  const program = words.findIndex(isProgram);
  return program !== -1 && words.indexOf('daemon', program) !== -1;
}
