// `eni-agent once` where everything is as it should be: a process from start to end, its children included.
import { destroyAgentHost } from '../lab/agent-host.ts';
import { guestOk } from '../lab/guest-commands.ts';
import { agentPaths } from '../lab/guest-init.ts';
import type { Bench, BenchOptions } from './bench.ts';
import { createBenchHost, launcherOf } from './bench-host.ts';
import { parseTimed, timed } from './cpu.ts';
import { median, spread } from './figures.ts';
import { enisOf, nameOf, type Size, sizes, usualSize } from './sizes.ts';
import type { Row } from './table.ts';

export const once: Bench = {
  name: 'once',
  async run(options) {
    const rows: Row[] = [];
    for (const size of options.quick ? [usualSize] : sizes) {
      options.say(`once ${nameOf(size)}`);
      rows.push(await rowOf(size, options));
    }
    return { rows };
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
    const value = median(cpu);
    return {
      bench: 'once',
      size: nameOf(size),
      subject: 'eni-agent once, nothing to do',
      measured: `${spread(cpu, 'ms CPU')}, ${spread([median(costs.map(c => c.wallMs))], 'ms wall')}`,
      ...(size === usualSize ? { budget: { text: '<= 100 ms CPU', value, limit: 100 } } : {}),
    };
  } finally {
    await destroyAgentHost(host);
  }
}
