// The daemon in a guest of the lab: a service of systemd where the image has it, else a process that nobody watches over. What it
// reports, what it logs and what it holds are read from outside.
import { readdirSync, readFileSync } from 'node:fs';
import { type Report, reportPath } from '../../agent/daemon/report.ts';
import { type AgentHost, createAgentHost } from './agent-host.ts';
import { type Background, waitFor } from './command.ts';
import type { GuestSpec } from './guest.ts';
import { guestOk, runInGuest, startAgent } from './guest-commands.ts';
import { readGuestFile } from './guest-files.ts';
import { agentPaths } from './guest-init.ts';
import { type VpcSpec, withoutAdvertisements } from './vpc.ts';

export interface Daemon {
  readonly host: AgentHost;
  /** Where there is no systemd. */
  process: Background | undefined;
  /** What earlier processes have logged, where there is no journal. */
  earlierLog: string;
}

export interface LogLine {
  readonly level: string;
  readonly time: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What the daemon holds. */
export interface Holdings {
  readonly fileDescriptors: number;
  /** Names of its child processes. */
  readonly children: readonly string[];
  readonly rssKb: number;
  readonly anonymousKb: number;
}

const unit = 'eni-agent';

// A real unit: it comes back after a crash, as a package would have it.
const unitFile = `[Service]
Type=notify
NotifyAccess=all
KillMode=mixed
Restart=on-failure
RestartSec=100ms
ExecStart=${agentPaths.node} ${agentPaths.bundle} daemon
`;

/** A guest with the daemon's unit; the daemon does not run yet. ENI_AGENT_BUNDLE names another bundle than dist/. */
export async function createDaemonHost(vpc: VpcSpec, guest: GuestSpec): Promise<AgentHost> {
  const isSystemd = guest.image !== 'ifupdown';
  const { ENI_AGENT_BUNDLE: bundle } = process.env;
  return createAgentHost(withoutAdvertisements(vpc), {
    ...(bundle === undefined ? {} : { bundle }),
    ...guest,
    files: { ...(isSystemd ? { [`etc/systemd/system/${unit}.service`]: unitFile } : {}), ...guest.files },
  });
}

/** For `liveHeapKb`: Node's inspector, on the guest's own loopback. A daemon opens none by itself. */
const inspector = { NODE_OPTIONS: '--inspect=127.0.0.1:9229' };

/** What `GuestSpec.files` needs for a daemon with an inspector where there is systemd. */
export const inspectedUnit = {
  [`etc/systemd/system/${unit}.service.d/inspector.conf`]: `[Service]\nEnvironment=NODE_OPTIONS=${inspector.NODE_OPTIONS}\n`,
};

/** Starts it and waits until its first look is over. */
export async function startDaemon(host: AgentHost, before?: Daemon, isInspected = false): Promise<Daemon> {
  const daemon: Daemon = before ?? { host, process: undefined, earlierLog: '' };
  const earlier = readReport(host)?.startedAt;
  if (host.guest.image.init === 'systemd')
    await guestOk(host.guest, ['systemctl', 'start', unit], { timeout: 90_000 });
  else {
    daemon.earlierLog += daemon.process?.output() ?? '';
    daemon.process = await startAgent(host.guest, ['daemon'], isInspected ? inspector : {});
  }
  await waitForOther(daemon, earlier);
  return daemon;
}

/** SIGTERM, and waits until it has ended. */
export async function stopDaemon({ host, process }: Daemon): Promise<void> {
  if (process === undefined) return void (await guestOk(host.guest, ['systemctl', 'stop', unit]));
  await guestOk(host.guest, ['kill', '-TERM', String(readReport(host)?.pid)]);
  if (!(await waitFor(() => !process.running(), 10_000))) throw new Error('the daemon does not end');
}

/** SIGKILL; then a new one is started, by systemd or by us. */
export async function killDaemon(daemon: Daemon): Promise<void> {
  const { host } = daemon;
  const report = readReport(host);
  await guestOk(host.guest, ['kill', '-KILL', String(report?.pid)]);
  if (daemon.process === undefined) return waitForOther(daemon, report?.startedAt);
  await waitFor(() => daemon.process?.running() !== true, 3000);
  await startDaemon(host, daemon);
}

/** Undefined until the first look is over. */
export function readReport({ guest }: AgentHost): Report | undefined {
  try {
    return JSON.parse(readGuestFile(guest, reportPath) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}

/** Waits until the daemon's report says that every secondary ENI of the VPC works, no other, and that it waits for nothing. */
export async function settled(daemon: Daemon, timeout = 20_000): Promise<void> {
  const { host } = daemon;
  const links = () => [...host.vpc.enis.keys()].slice(1).sort().join();
  const isSettled = () => {
    const report = readReport(host);
    const working = report?.enis.filter(e => e.state === 'working').map(e => e.link);
    return (
      report?.waitingFor.length === 0 &&
      working?.length === report.enis.length &&
      working.sort().join() === links()
    );
  };
  if (await waitFor(isSettled, timeout, 20)) return;
  const log = (await readLog(daemon)).slice(-20).map(line => JSON.stringify(line));
  throw new Error(`the daemon did not come to rest: ${JSON.stringify(readReport(host))}\n${log.join('\n')}`);
}

/** Its log as an administrator sees it. */
export async function readLog(daemon: Daemon): Promise<readonly LogLine[]> {
  return (await readRawLog(daemon)).split('\n').flatMap(line => {
    if (!line.startsWith('{')) return [];
    const { level, time, msg, ...fields } = JSON.parse(line);
    return [{ level, time, message: msg, fields }];
  });
}

export async function readRawLog({ host, process, earlierLog }: Daemon): Promise<string> {
  if (process !== undefined) return earlierLog + process.output();
  return guestOk(host.guest, ['journalctl', '-u', unit, '-o', 'cat', '--no-pager']);
}

/** The lines of `systemctl status` without the log. */
export async function serviceStatus({ host }: Daemon): Promise<string> {
  return (await runInGuest(host.guest, ['systemctl', 'status', '-n', '0', '--no-pager', unit])).stdout;
}

export function holdingsOf({ host }: Daemon): Holdings {
  const proc = `/proc/${host.guest.pid}/root/proc`;
  const pid = readReport(host)?.pid ?? 0;
  const memory = readFileSync(`${proc}/${pid}/smaps_rollup`, 'utf8');
  const kb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(memory)?.[1]);
  return {
    fileDescriptors: readdirSync(`${proc}/${pid}/fd`).length,
    children: childrenOf(host, pid).map(child => child.name),
    rssKb: kb('Rss'),
    anonymousKb: kb('Anonymous'),
  };
}

const heapScript = `
const [target] = await (await fetch('http://127.0.0.1:9229/json/list')).json();
const socket = new WebSocket(target.webSocketDebuggerUrl);
await new Promise(resolve => socket.addEventListener('open', resolve));
const call = (id, method, params = {}) => new Promise(resolve => {
  socket.addEventListener('message', ({ data }) => JSON.parse(data).id === id && resolve(JSON.parse(data).result));
  socket.send(JSON.stringify({ id, method, params }));
});
for (const id of [1, 2, 3]) await call(id, 'HeapProfiler.collectGarbage');
const { result } = await call(4, 'Runtime.evaluate', { expression: 'JSON.stringify(process.memoryUsage())' });
console.log(result.value);
process.exit(0);
`;

/** Of a daemon with an inspector: kilobytes that are still reachable after a garbage collection: what a leak adds to, whatever the heap is allowed to grow to. */
export async function liveHeapKb({ host }: Daemon): Promise<number> {
  const argv = [agentPaths.node, '--input-type=module', '-e', heapScript];
  const { heapUsed, external } = JSON.parse(await guestOk(host.guest, argv));
  return Math.round((heapUsed + external) / 1024);
}

/** Process ids as the guest has them. */
export function childrenOf(
  { guest }: AgentHost,
  parent: number,
): readonly { readonly pid: number; readonly name: string }[] {
  return readProcesses(guest.pid).filter(p => p.parent === parent && p.state !== 'Z');
}

/** Names of all processes of the guest, zombies marked, sorted. */
export function processesOf({ guest }: AgentHost): readonly string[] {
  return readProcesses(guest.pid)
    .map(({ name, state }) => (state === 'Z' ? `${name} (zombie)` : name))
    .sort();
}

function readProcesses(init: number) {
  const proc = `/proc/${init}/root/proc`;
  return readdirSync(proc)
    .filter(name => /^\d+$/.test(name))
    .flatMap(pid => {
      try {
        const stat = readFileSync(`${proc}/${pid}/stat`, 'utf8');
        const [, name = '', state = '', parent = ''] = /^\d+ \((.*)\) (\S) (\d+)/.exec(stat) ?? [];
        return [{ pid: Number(pid), name, state, parent: Number(parent) }];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}

async function waitForOther(daemon: Daemon, earlier: string | undefined): Promise<void> {
  const isThere = () => {
    const now = readReport(daemon.host)?.startedAt;
    return now !== undefined && now !== earlier;
  };
  if (await waitFor(isThere, 60_000)) return;
  throw new Error(`the daemon did not look: ${(await readRawLog(daemon)).slice(-2000)}`);
}
