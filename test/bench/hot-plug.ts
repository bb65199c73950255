// From the appearance of a link in the guest to a working ENI: all addresses, rules and routes in the kernel, and the first ping from its
// last address answered. The agent's warm daemon, amazon-ec2-net-utils by its own udev rule, and what networkd's reload costs alone.
import { type AgentHost, destroyAgentHost } from '../lab/agent-host.ts';
import { guestOk } from '../lab/guest-commands.ts';
import { daemonLog, forgotten, settled, startDaemon } from './agent-daemon.ts';
import type { Bench, BenchOptions } from './bench.ts';
import { createBenchHost } from './bench-host.ts';
import { median, spread } from './figures.ts';
import { growthRow } from './growth.ts';
import { eventsOfPlug } from './hot-plug-events.ts';
import { inNodeStarts, nodeStartMs } from './node-start.ts';
import { createEc2NetUtilsHost } from './peers/ec2-net-utils.ts';
import { unplugEni } from './plug.ts';
import { reloadCosts } from './reload-cost.ts';
import { eniNumber, enisOf, nameOf, type Size, sizes, usualSize } from './sizes.ts';
import type { Row } from './table.ts';
import type { Lane } from './time-line.ts';
import { type WatchedPlug, watchPlug } from './watch-plug.ts';

interface Measured {
  readonly tookMs: readonly number[];
  /** The run in the middle. */
  readonly lane: Lane;
}

const lessReload = 'the same less the reload';
/** In N, at each size. */
const mostLessReload = 3.5;

export const hotPlug: Bench = {
  name: 'hot-plug',
  async run(options) {
    const rows: Row[] = [];
    const lanes: Lane[] = [];
    const costs = new Map<Size, number>();
    for (const size of options.quick ? sizes.slice(0, 2) : sizes) {
      options.say(`hot-plug ${nameOf(size)}: eni-agent`);
      const ours = await measureOurs(size, options);
      options.say(`hot-plug ${nameOf(size)}: amazon-ec2-net-utils`);
      const peer = await measurePeer(size, options);
      const nodeMs = await nodeStartMs();
      rows.push(...rowsOf(size, ours.tookMs, peer.tookMs, ours.reloadMs, nodeMs));
      costs.set(size, (median(ours.tookMs) - median(ours.reloadMs)) / nodeMs);
      if (size === usualSize) lanes.push(ours.lane, peer.lane);
    }
    const title = `From plug to ping: one ENI with ${usualSize.addresses} addresses`;
    return { rows: [...rows, ...growthRow('hot-plug', lessReload, costs)], timeLine: { title, lanes } };
  },
};

async function measureOurs(
  size: Size,
  options: BenchOptions,
): Promise<Measured & { reloadMs: readonly number[] }> {
  const { last, others } = split(size);
  const { bundle } = options;
  // The time line needs the steps, which are logged at that level.
  const agentKeys = ['log-level = debug'];
  const host = await createBenchHost({ name: 'plugours', enis: others, bundle, agentKeys });
  try {
    await startDaemon(host);
    const measured = await measure(host, size, options, 'eni-agent daemon', () => forgotten(host, last.link));
    await watchPlug(host, last);
    await settled(host);
    await guestOk(host.guest, ['systemctl', 'stop', 'eni-agent']);
    return { ...measured, reloadMs: await reloadCosts(host, last, options.quick ? 2 : 5) };
  } finally {
    await destroyAgentHost(host);
  }
}

async function measurePeer(size: Size, options: BenchOptions): Promise<Measured> {
  const host = await createEc2NetUtilsHost('plugpeer', split(size).others);
  try {
    // Its units stop by themselves after the link has gone.
    return await measure(
      host,
      size,
      options,
      'amazon-ec2-net-utils',
      () => new Promise(r => setTimeout(r, 2000)),
    );
  } finally {
    await destroyAgentHost(host);
  }
}

/** Plugs and unplugs the last ENI again and again. */
async function measure(
  host: AgentHost,
  size: Size,
  { quick }: BenchOptions,
  name: string,
  rest: () => Promise<void>,
): Promise<Measured> {
  const plugs: { readonly plug: WatchedPlug; readonly lane: Lane }[] = [];
  for (let round = 0; round < (quick ? 2 : 5); round++) {
    await host.metadata.send({ do: 'clear-log' });
    const plug = await watchPlug(host, split(size).last);
    const log = name.startsWith('eni-agent') ? await daemonLog(host) : [];
    plugs.push({ plug, lane: { name, events: await eventsOfPlug(host, plug, log) } });
    await unplugEni(host, split(size).last.link);
    await rest();
  }
  plugs.sort((a, b) => a.plug.tookMs - b.plug.tookMs);
  return { tookMs: plugs.map(p => p.plug.tookMs), lane: plugs[plugs.length >> 1]!.lane };
}

function split(size: Size) {
  const last = eniNumber(size.enis - 1, size.addresses);
  return { last, others: enisOf(size).slice(0, -1) };
}

function rowsOf(
  size: Size,
  ours: readonly number[],
  peer: readonly number[],
  reload: readonly number[],
  nodeMs: number,
): readonly Row[] {
  const common = { bench: 'hot-plug', size: nameOf(size) };
  const [value, own] = [median(ours), median(reload)];
  const ratio = value / median(peer);
  return [
    {
      ...common,
      subject: 'eni-agent daemon',
      measured: spread(ours, 'ms'),
      ratio: { value: ratio, to: 'ec2-net-utils' },
      budget: { text: '<= 1/6 of ec2-net-utils', value: ratio, limit: 1 / 6 },
    },
    {
      ...common,
      subject: lessReload,
      measured: spread([value - own], 'ms'),
      ...inNodeStarts(value - own, nodeMs, mostLessReload),
    },
    { ...common, subject: 'amazon-ec2-net-utils', measured: spread(peer, 'ms') },
    { ...common, subject: 'networkctl reload with one new file', measured: spread(reload, 'ms') },
  ];
}
