// What the warm daemon uses while nothing happens: per look of its timer, per whole pass, and per hour with the default timer.
import type { AgentHost } from '../lab/agent-host.ts';
import { waitFor } from '../lab/command.ts';
import type { Counters } from '../support/metadata-emulator.ts';
import { daemonCpuMs, lookNow, readDaemonReport } from './agent-daemon.ts';
import { countStarted } from './children.ts';

/** Of one look or pass, on average. */
export interface Use {
  readonly requests: number;
  readonly children: number;
  readonly cpuMs: number;
}

/** Passes in full, as the daemon makes one every hour and on request: everything is asked and compared anew. */
export async function useOfWholePass(host: AgentHost, passes: number): Promise<Use> {
  // The first one may still probe something.
  await lookNow(host, 'warm-up');
  return useOf(host, async () => {
    for (let pass = 0; pass < passes; pass++) await lookNow(host, `pass-${pass}`);
    return passes;
  });
}

/** Looks that the timer asks for: the daemon takes them in quick succession after its start, and they find nothing new. */
export async function useOfTimerLook(host: AgentHost, looks: number): Promise<Use> {
  // The pass at the start gives back what it has used a moment later, which is no part of a look.
  await new Promise(resolve => setTimeout(resolve, 1500));
  return useOf(host, async () => {
    let [seen, last] = [0, readDaemonReport(host)?.lookedAt];
    const isDone = () => {
      const report = readDaemonReport(host);
      if (report !== undefined && report.lookedAt !== last) {
        last = report.lookedAt;
        if (report.lastTriggers.includes('timer')) seen += 1;
      }
      return seen >= looks;
    };
    if (!(await waitFor(isDone, 300_000, 50))) throw new Error(`the timer asked for ${seen} looks in 300 s`);
    return looks;
  });
}

/** Milliseconds of CPU in so many seconds at rest. */
export async function useAtRest(host: AgentHost, seconds: number): Promise<number> {
  const isQuiet = () => readDaemonReport(host)?.mood === 'quiet';
  if (!(await waitFor(isQuiet, 240_000, 200))) throw new Error('the daemon does not become quiet');
  const before = daemonCpuMs(host);
  await new Promise(resolve => setTimeout(resolve, seconds * 1000));
  return daemonCpuMs(host) - before;
}

async function useOf(host: AgentHost, action: () => Promise<number>): Promise<Use> {
  await host.metadata.send({ do: 'clear-log' });
  const before = daemonCpuMs(host);
  let times = 1;
  const children = await countStarted(host.guest, async () => {
    times = await action();
  });
  const cpuMs = daemonCpuMs(host) - before;
  const { requests } = (await host.metadata.send({ do: 'counters' })) as Counters;
  return { requests: requests / times, children: children / times, cpuMs: cpuMs / times };
}
