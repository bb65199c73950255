// `eni-agent once` where everything is as it should be: a process from start to end, its children included.
import { destroyAgentHost } from '../lab/agent-host.ts';
import { guestOk } from '../lab/guest-commands.ts';
import { agentPaths } from '../lab/guest-init.ts';
import type { Bench, BenchOptions } from './bench.ts';
import { createBenchHost, launcherOf } from './bench-host.ts';
import { parseTimed, timed } from './cpu.ts';
import { median, spread } from './figures.ts';
import { growthRow } from './growth.ts';
import { inNodeStarts, nodeStartMs } from './node-start.ts';
import { enisOf, nameOf, type Size, sizes, usualSize } from './sizes.ts';
import type { Row } from './table.ts';

const subject = 'eni-agent once, nothing to do';

/** In N, in the order of the sizes. */
const limits = [3.9, 4.1, 5.4, 6.1] as const;

export const once: Bench = {
  name: 'once',
  async run(options) {
    const rows: Row[] = [];
    const costs = new Map<Size, number>();
    for (const size of options.quick ? [usualSize] : sizes) {
      options.say(`once ${nameOf(size)}`);
      const row = await rowOf(size, options);
      costs.set(size, row.ratio!.value);
      rows.push(row);
    }
    return { rows: [...rows, ...growthRow('once', subject, costs)] };
  },
};

async function rowOf(size: Size, { quick, bundle }: BenchOptions): Promise<Row> {
  const host = await createBenchHost({ name: 'once', enis: enisOf(size), bundle });
  try {
    const command = [agentPaths.node, launcherOf(agentPaths.bundle), 'once'];
    await guestOk(host.guest, command, { timeout: 60_000 });
    // Whatever comes late, such as a lease that networkd gives back, comes now.
    await guestOk(host.guest, command);
    const argv = timed(command);
    const costs = [];
    for (let round = 0; round < (quick ? 3 : 9); round++)
      costs.push(parseTimed(await guestOk(host.guest, argv)));
    const cpu = costs.map(c => c.cpuMs);
    return {
      bench: 'once',
      size: nameOf(size),
      subject,
      measured: `${spread(cpu, 'ms CPU')}, ${spread([median(costs.map(c => c.wallMs))], 'ms wall')}`,
      ...inNodeStarts(median(cpu), await nodeStartMs(), limits[sizes.indexOf(size)]),
    };
  } finally {
    await destroyAgentHost(host);
  }
}
