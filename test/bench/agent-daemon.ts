// The daemon as a service of the guest's systemd, by the unit that the packages ship, watched from outside: its report, its log, its
// memory, and the account of its cgroup, which holds all its children too.
import { readFileSync } from 'node:fs';
import type { Report } from '../../agent/daemon/report.ts';
import { reportPath } from '../../agent/daemon/report.ts';
import { requestFolder } from '../../agent/daemon/requests.ts';
import type { AgentHost } from '../lab/agent-host.ts';
import { waitFor } from '../lab/command.ts';
import { guestOk, runInGuest } from '../lab/guest-commands.ts';
import { listGuestDir, readGuestFile, writeGuestFile } from '../lab/guest-files.ts';
import { cgroupCpuMicros } from './cpu.ts';

const unit = 'eni-agent.service';

/** Starts it and waits until every secondary ENI of the VPC works. */
export async function startDaemon(host: AgentHost): Promise<void> {
  await guestOk(host.guest, ['systemctl', 'start', unit], { timeout: 90_000 });
  await settled(host);
}

/** Waits until the daemon's report says that every secondary ENI of the VPC works, and no other. */
export async function settled(host: AgentHost): Promise<void> {
  const secondaries = host.vpc.enis.size - 1;
  const isSettled = () =>
    readDaemonReport(host)?.enis.filter(e => e.state === 'working').length === secondaries;
  if (await waitFor(isSettled, 60_000, 50)) return;
  const { stdout } = await runInGuest(host.guest, ['journalctl', '-u', unit, '-o', 'cat', '-n', '20']);
  throw new Error(`the daemon did not come to rest: ${stdout}${JSON.stringify(readDaemonReport(host))}`);
}

/** Waits until nothing of an ENI that was detached is left: else the next plug would find its file and be no first one. */
export async function forgotten(host: AgentHost, link: string): Promise<void> {
  const isGone = () =>
    !listGuestDir(host.guest, '/etc/systemd/network').some(name => name.includes(`eni-${link}.`));
  if (!(await waitFor(isGone, 60_000, 50))) throw new Error(`the file of ${link} stays after its detach`);
  await settled(host);
}

export function readDaemonReport({ guest }: AgentHost): Report | undefined {
  try {
    return JSON.parse(readGuestFile(guest, reportPath) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}

/** Asks for a look at everything, and waits until it has been taken. */
export async function lookNow(host: AgentHost, name: string): Promise<void> {
  writeGuestFile(host.guest, `${requestFolder}/${name}`, '');
  const isAnswered = () => readDaemonReport(host)?.answered.includes(name) === true;
  if (!(await waitFor(isAnswered, 30_000, 5))) throw new Error('the daemon did not answer within 30 s');
}

/** Milliseconds of CPU of the daemon and all its children since it started. */
export function daemonCpuMs({ guest }: AgentHost): number {
  return cgroupCpuMicros(`/proc/${guest.pid}/root/sys/fs/cgroup/system.slice/${unit}`) / 1000;
}

/** Megabytes (10^6 bytes). */
export async function daemonMemory({ guest }: AgentHost): Promise<{ rss: number; anonymous: number }> {
  const pid = (await guestOk(guest, ['systemctl', 'show', '-P', 'MainPID', unit])).trim();
  const rollup = readFileSync(`/proc/${guest.pid}/root/proc/${pid}/smaps_rollup`, 'utf8');
  const field = (name: string) =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1]) * 1024) / 1e6;
  return { rss: field('Rss'), anonymous: field('Anonymous') };
}

export interface LogLine {
  readonly atMs: number;
  readonly message: string;
  readonly path?: string;
  readonly command?: string;
}

export async function daemonLog({ guest }: AgentHost): Promise<readonly LogLine[]> {
  const output = await guestOk(guest, ['journalctl', '-u', unit, '-o', 'cat', '--no-pager']);
  return output.split('\n').flatMap(line => {
    if (!line.startsWith('{')) return [];
    const { time, msg, ...fields } = JSON.parse(line);
    return [{ ...fields, atMs: new Date(time).getTime(), message: msg }];
  });
}
