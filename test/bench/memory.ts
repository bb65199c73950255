// Resident memory of the daemon on the largest machine, and whether it grows while whole passes come as fast as the daemon answers
// requests. (By its own clock it makes 24 of them a day, and 1,440 looks that are less.)
import { type AgentHost, destroyAgentHost } from '../lab/agent-host.ts';
import { daemonMemory, lookNow, startDaemon } from './agent-daemon.ts';
import type { Bench } from './bench.ts';
import { createBenchHost } from './bench-host.ts';
import { figure } from './figures.ts';
import { enisOf, largestSize, nameOf } from './sizes.ts';
import type { Row } from './table.ts';

/** More than that between the two counts as growth (MB). */
const tolerance = 2;

export const memory: Bench = {
  name: 'memory',
  async run({ passes: late, bundle, say }) {
    const early = Math.ceil(late / 10);
    const host = await createBenchHost({ name: 'memory', enis: enisOf(largestSize), bundle });
    try {
      await startDaemon(host);
      const start = await atRest(host);
      const after = new Map<number, typeof start>();
      for (let pass = 1; pass <= late; pass++) {
        await lookNow(host, `pass-${pass}`);
        if (pass === early || pass === late) after.set(pass, await atRest(host));
        if (pass % 250 === 0) say(`memory: ${pass} passes`);
      }
      const [first, last] = [after.get(early)!, after.get(late)!];
      const row = (subject: string, now: typeof start): readonly Row[] => [
        {
          bench: 'memory',
          size: nameOf(largestSize),
          subject: `resident ${subject}`,
          measured: `${figure(now.rss)} MB`,
          budget: { text: '<= 58 MB', value: now.rss, limit: 58 },
        },
        {
          bench: 'memory',
          size: nameOf(largestSize),
          subject: `anonymous ${subject}`,
          measured: `${figure(now.anonymous)} MB`,
          budget: { text: '<= 15 MB', value: now.anonymous, limit: 15 },
        },
      ];
      const growth = last.anonymous - first.anonymous;
      return {
        rows: [
          ...row('after the first pass', start),
          ...row(`after ${late} passes`, last),
          {
            bench: 'memory',
            size: nameOf(largestSize),
            subject: `growth of anonymous from ${early} to ${late} passes`,
            measured: `${figure(growth)} MB`,
            budget: { text: `<= ${tolerance} MB`, value: growth, limit: tolerance },
          },
        ],
      };
    } finally {
      await destroyAgentHost(host);
    }
  },
};

/** A moment after a pass the daemon gives back what that has used. */
async function atRest(host: AgentHost): Promise<Awaited<ReturnType<typeof daemonMemory>>> {
  await new Promise(resolve => setTimeout(resolve, 2000));
  return daemonMemory(host);
}
