// A metadata service whose answers come later, as those of a cloud do: what is asked one after the other waits for each of them.
import { type AgentHost, destroyAgentHost } from '../lab/agent-host.ts';
import { guestOk } from '../lab/guest-commands.ts';
import { agentPaths } from '../lab/guest-init.ts';
import { forgotten, startDaemon } from './agent-daemon.ts';
import type { Bench, BenchOptions } from './bench.ts';
import { createBenchHost, launcherOf } from './bench-host.ts';
import { parseTimed, timed } from './cpu.ts';
import { figure, median, spread } from './figures.ts';
import { unplugEni } from './plug.ts';
import { eniNumber, enisOf, nameOf, usualSize } from './sizes.ts';
import type { Row } from './table.ts';
import { watchPlug } from './watch-plug.ts';

/** Milliseconds before each answer. */
const delays = [0, 5, 50] as const;

export const slowService: Bench = {
  name: 'slow-service',
  async run(options) {
    options.say(`slow-service ${nameOf(usualSize)}: once`);
    const once = await rowsOf('eni-agent once, nothing to do', await onceMs(options));
    options.say(`slow-service ${nameOf(usualSize)}: hot-plug`);
    return { rows: [...once, ...(await rowsOf('eni-agent daemon, plug to ping', await plugMs(options)))] };
  },
};

/** By delay, what the rounds took. */
type Took = ReadonlyMap<number, readonly number[]>;

async function rowsOf(subject: string, took: Took): Promise<readonly Row[]> {
  const atOnce = median(took.get(0)!);
  return delays.map(delay => {
    const waits = delay === 0 ? '' : `, ${figure((median(took.get(delay)!) - atOnce) / delay)} waits`;
    return {
      bench: 'slow-service',
      size: nameOf(usualSize),
      subject: `${subject}; ${delay} ms before each answer`,
      measured: `${spread(took.get(delay)!, 'ms')}${waits}`,
    };
  });
}

async function onceMs({ quick, bundle }: BenchOptions): Promise<Took> {
  const host = await createBenchHost({ name: 'slowonce', enis: enisOf(usualSize), bundle });
  const command = [agentPaths.node, launcherOf(agentPaths.bundle), 'once'];
  try {
    await guestOk(host.guest, command, { timeout: 60_000 });
    return await eachDelay(host, quick ? 3 : 7, async () => {
      const output = await guestOk(host.guest, timed(command), { timeout: 60_000 });
      return parseTimed(output).wallMs;
    });
  } finally {
    await destroyAgentHost(host);
  }
}

async function plugMs({ quick, bundle }: BenchOptions): Promise<Took> {
  const last = eniNumber(usualSize.enis - 1, usualSize.addresses);
  const others = enisOf(usualSize).slice(0, -1);
  const host = await createBenchHost({ name: 'slowplug', enis: others, bundle });
  try {
    await startDaemon(host);
    return await eachDelay(host, quick ? 2 : 5, async () => {
      const { tookMs } = await watchPlug(host, last);
      await unplugEni(host, last.link);
      await forgotten(host, last.link);
      return tookMs;
    });
  } finally {
    await destroyAgentHost(host);
  }
}

async function eachDelay(host: AgentHost, rounds: number, measure: () => Promise<number>): Promise<Took> {
  const took = new Map<number, number[]>();
  for (const delay of delays) {
    await host.metadata.send({ do: 'clear-faults' });
    if (delay > 0) await host.metadata.send({ do: 'fault', fault: { match: '', delayMs: delay } });
    took.set(delay, []);
    for (let round = 0; round < rounds; round++) took.get(delay)!.push(await measure());
  }
  await host.metadata.send({ do: 'clear-faults' });
  return took;
}
