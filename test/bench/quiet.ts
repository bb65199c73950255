// A host at rest: what the warm daemon uses per look and per hour, beside amazon-ec2-net-utils and cloud-init on the same machine.
import { destroyAgentHost } from '../lab/agent-host.ts';
import { startDaemon } from './agent-daemon.ts';
import type { Bench, BenchOptions } from './bench.ts';
import { createBenchHost } from './bench-host.ts';
import { figure } from './figures.ts';
import { growthRow } from './growth.ts';
import { inNodeStarts, nodeStartMs } from './node-start.ts';
import { type Use, useAtRest, useOfTimerLook, useOfWholePass } from './quiet-daemon.ts';
import { type PeerUse, useOfCloudInit, useOfEc2NetUtils } from './quiet-peers.ts';
import { enisOf, largestSize, nameOf, type Size, sizes, usualSize } from './sizes.ts';
import type { Row } from './table.ts';

const lookSubject = 'look of the timer';
const wholeSubject = 'whole pass, once an hour';

/** In N. */
const mostOfLook: ReadonlyMap<Size, number> = new Map([
  [usualSize, 0.35],
  [largestSize, 1.1],
]);
const mostOfWholePass = 2.6;
const mostAnHour = 26;

/** The daemon makes a whole pass every hour. */
const wholePassesPerHour = 1;

export const quiet: Bench = {
  name: 'quiet',
  async run(options) {
    const rows: Row[] = [];
    const [looks, wholes] = [new Map<Size, number>(), new Map<Size, number>()];
    for (const size of options.quick ? sizes.slice(0, 2) : sizes) {
      options.say(`quiet ${nameOf(size)}: eni-agent`);
      const ours = await costsOfDaemon(size, options);
      looks.set(size, ours.look);
      wholes.set(size, ours.whole);
      rows.push(...ours.rows);
      options.say(`quiet ${nameOf(size)}: peers`);
      const rounds = options.quick ? 2 : 3;
      rows.push(
        await peerRow(size, 'amazon-ec2-net-utils, refresh of all ENIs', () =>
          useOfEc2NetUtils(size, rounds),
        ),
        await peerRow(size, 'cloud-init, one iteration of its handler', () => useOfCloudInit(size, rounds)),
      );
    }
    const growth = [...growthRow('quiet', lookSubject, looks), ...growthRow('quiet', wholeSubject, wholes)];
    return { rows: [...rows, ...growth] };
  },
};

/** In N. */
interface DaemonCosts {
  readonly look: number;
  readonly whole: number;
  readonly rows: readonly Row[];
}

async function costsOfDaemon(size: Size, { quick, bundle, say }: BenchOptions): Promise<DaemonCosts> {
  const host = await createBenchHost({ name: 'quietours', enis: enisOf(size), bundle });
  try {
    await startDaemon(host);
    const look = await useOfTimerLook(host, quick ? 3 : 5);
    const whole = await useOfWholePass(host, quick ? 5 : 10);
    const nodeMs = await nodeStartMs();
    const rows = [...useRows(size, look, nodeMs), wholeRow(size, whole, nodeMs)];
    const costs = { look: look.cpuMs / nodeMs, whole: whole.cpuMs / nodeMs };
    if (size !== usualSize) return { ...costs, rows };
    const seconds = quick ? 60 : 240;
    say(`quiet ${nameOf(size)}: ${seconds} s at rest`);
    const restMs = await useAtRest(host, seconds);
    const hourMs = restMs * (3600 / seconds) + whole.cpuMs * wholePassesPerHour;
    const hour = {
      bench: 'quiet',
      size: nameOf(size),
      subject: `an hour, from ${seconds} s and a whole pass`,
      measured: `${figure(hourMs / 1000)} s CPU`,
      ...inNodeStarts(hourMs, nodeMs, mostAnHour),
    };
    return { ...costs, rows: [...rows, hour] };
  } finally {
    await destroyAgentHost(host);
  }
}

function useRows(size: Size, { requests, children, cpuMs }: Use, nodeMs: number): readonly Row[] {
  const common = { bench: 'quiet', size: nameOf(size) };
  const most = 2 + 2 * size.enis;
  return [
    {
      ...common,
      subject: `${lookSubject}: requests`,
      measured: figure(requests),
      budget: { text: `<= ${most} (2 + 2N)`, value: requests, limit: most },
    },
    {
      ...common,
      subject: `${lookSubject}: processes started`,
      measured: figure(children),
      budget: { text: '<= 1', value: children, limit: 1 },
    },
    {
      ...common,
      subject: `${lookSubject}: CPU`,
      measured: `${figure(cpuMs)} ms`,
      ...inNodeStarts(cpuMs, nodeMs, mostOfLook.get(size)),
    },
  ];
}

/** What the daemon does once an hour and when it is told to. */
function wholeRow(size: Size, { requests, children, cpuMs }: Use, nodeMs: number): Row {
  const measured = `${figure(cpuMs)} ms CPU, ${figure(requests)} requests, ${figure(children)} processes`;
  const inN = inNodeStarts(cpuMs, nodeMs, size === largestSize ? mostOfWholePass : undefined);
  return { bench: 'quiet', size: nameOf(size), subject: wholeSubject, measured, ...inN };
}

/** A peer that does not come up in its guest costs its own row and no other. */
async function peerRow(size: Size, subject: string, measure: () => Promise<PeerUse>): Promise<Row> {
  const measured = await measure().then(
    ({ requests, cpuMs }) => `${figure(cpuMs)} ms CPU, ${figure(requests)} requests`,
    error => `did not run: ${String(error).split('\n')[0]!.slice(0, 60)}`,
  );
  return { bench: 'quiet', size: nameOf(size), subject, measured };
}
