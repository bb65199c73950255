// A host at rest: what the warm daemon uses per look and per hour, beside amazon-ec2-net-utils and cloud-init on the same machine.
import { destroyAgentHost } from '../lab/agent-host.ts';
import { startDaemon } from './agent-daemon.ts';
import type { Bench, BenchOptions } from './bench.ts';
import { createBenchHost } from './bench-host.ts';
import { figure } from './figures.ts';
import { type Use, useAtRest, useOfTimerLook, useOfWholePass } from './quiet-daemon.ts';
import { type PeerUse, useOfCloudInit, useOfEc2NetUtils } from './quiet-peers.ts';
import { enisOf, nameOf, type Size, sizes, usualSize } from './sizes.ts';
import type { Row } from './table.ts';

/** CPU of a whole no-op pass of nm-cloud-setup 1.52.1 at (4,10), measured once elsewhere: it is in no Debian release. */
const nmCloudSetupMs = 32;
/** The daemon makes a whole pass every hour. */
const wholePassesPerHour = 1;

export const quiet: Bench = {
  name: 'quiet',
  async run(options) {
    const rows: Row[] = [];
    for (const size of options.quick ? sizes.slice(0, 2) : sizes) {
      options.say(`quiet ${nameOf(size)}: eni-agent`);
      rows.push(...(await rowsOfDaemon(size, options)));
      options.say(`quiet ${nameOf(size)}: peers`);
      const rounds = options.quick ? 2 : 3;
      rows.push(
        await peerRow(size, 'amazon-ec2-net-utils, refresh of all ENIs', () =>
          useOfEc2NetUtils(size, rounds),
        ),
        await peerRow(size, 'cloud-init, one iteration of its handler', () => useOfCloudInit(size, rounds)),
      );
    }
    return { rows };
  },
};

async function rowsOfDaemon(size: Size, { quick, bundle, say }: BenchOptions): Promise<readonly Row[]> {
  const host = await createBenchHost({ name: 'quietours', enis: enisOf(size), bundle });
  try {
    await startDaemon(host);
    const look = await useOfTimerLook(host, quick ? 3 : 5);
    const whole = await useOfWholePass(host, quick ? 5 : 10);
    const rows = [...useRows(size, look), wholeRow(size, whole)];
    if (size !== usualSize) return rows;
    const seconds = quick ? 60 : 240;
    say(`quiet ${nameOf(size)}: ${seconds} s at rest`);
    const restMs = await useAtRest(host, seconds);
    const value = (restMs / 1000) * (3600 / seconds) + (whole.cpuMs / 1000) * wholePassesPerHour;
    return [
      ...rows,
      {
        bench: 'quiet',
        size: nameOf(size),
        subject: `an hour, from ${seconds} s and a whole pass`,
        measured: `${figure(value)} s CPU`,
        budget: { text: '<= 0.4 s', value, limit: 0.4 },
      },
    ];
  } finally {
    await destroyAgentHost(host);
  }
}

function useRows(size: Size, { requests, children, cpuMs }: Use): readonly Row[] {
  const subject = 'look of the timer';
  const common = { bench: 'quiet', size: nameOf(size) };
  const most = 2 + 2 * size.enis;
  return [
    {
      ...common,
      subject: `${subject}: requests`,
      measured: figure(requests),
      budget: { text: `<= ${most} (2 + 2N)`, value: requests, limit: most },
    },
    {
      ...common,
      subject: `${subject}: processes started`,
      measured: figure(children),
      budget: { text: '<= 1', value: children, limit: 1 },
    },
    {
      ...common,
      subject: `${subject}: CPU`,
      measured: `${figure(cpuMs)} ms`,
      ratio: { value: cpuMs / nmCloudSetupMs, to: 'nm-cloud-setup at (4,10)' },
      ...(size === usualSize
        ? { budget: { text: '<= 1/2 of nm-cloud-setup', value: cpuMs / nmCloudSetupMs, limit: 0.5 } }
        : {}),
    },
  ];
}

/** What the daemon does once an hour and when it is told to: no pass of a host at rest, so no budget. */
function wholeRow(size: Size, { requests, children, cpuMs }: Use): Row {
  const measured = `${figure(cpuMs)} ms CPU, ${figure(requests)} requests, ${figure(children)} processes`;
  return { bench: 'quiet', size: nameOf(size), subject: 'whole pass, once an hour', measured };
}

/** A peer that does not come up in its guest costs its own row and no other. */
async function peerRow(size: Size, subject: string, measure: () => Promise<PeerUse>): Promise<Row> {
  const measured = await measure().then(
    ({ requests, cpuMs }) => `${figure(cpuMs)} ms CPU, ${figure(requests)} requests`,
    error => `did not run: ${String(error).split('\n')[0]!.slice(0, 60)}`,
  );
  return { bench: 'quiet', size: nameOf(size), subject, measured };
}
