// Traffic that must not notice anything: a TCP stream over the primary and a ping each 10 ms, over the primary and over another ENI,
// to the host beyond the VPC, for as long as something else happens.
import type { AgentHost } from '../lab/agent-host.ts';
import { startBackground, waitFor } from '../lab/command.ts';
import { guestOk, runInGuest } from '../lab/guest-commands.ts';
import { readGuestFile, removeGuestFile, writeGuestFile } from '../lab/guest-files.ts';
import { agentPaths } from '../lab/guest-init.ts';
import { inNamespace, runIn } from '../lab/namespace.ts';
import { remoteClient } from '../lab/vpc-spec.ts';

export interface Traffic {
  /** One line per loss; empty if nothing was lost. */
  readonly losses: readonly string[];
  /** Pings sent, and bytes echoed by the stream. */
  readonly pings: number;
  readonly bytes: number;
}

const port = 7007;

// Echoes; the stream's own sequence shows a loss or a gap.
const echo = `require('net').createServer(s => s.on('error', () => {}).pipe(s)).listen(${port}, () => console.log('ready'))`;

/** One byte each 10 ms; writes what it has seen when it gets SIGINT: bytes sent and echoed, and the first error. */
function streamScript(source: string): string {
  return `const seen = { sent: 0, echoed: 0, error: '' };
const socket = require('net').connect({ port: ${port}, host: '${remoteClient.address[4]}', localAddress: '${source}' });
socket.setNoDelay(true);
socket.on('error', error => { seen.error ||= error.message; });
socket.on('close', () => { seen.error ||= 'closed'; });
socket.on('data', data => { seen.echoed += data.length; });
const timer = setInterval(() => { seen.sent += 1; socket.write('x'); }, 10);
process.on('SIGINT', () => { clearInterval(timer); setTimeout(() => { require('fs').writeFileSync('/tmp/stream.json', JSON.stringify(seen)); process.exit(0); }, 300); });
`;
}

/**
 * Runs `action` under traffic from each of the addresses; the first one is the primary's and carries the stream too. A segment that
 * either end had to send again is a loss. (A silence is none: the machine that runs the test may be busy.)
 */
export async function underTraffic(
  host: AgentHost,
  sources: readonly [string, ...string[]],
  action: () => Promise<unknown>,
): Promise<Traffic> {
  const { guest, client } = host.vpc;
  // A tail loss probe is sent on suspicion; without it only a loss makes the kernel send again.
  for (const name of [guest, client]) await runIn(name, ['sysctl', '-qw', 'net.ipv4.tcp_early_retrans=0']);
  const server = startBackground(await inNamespace(client, [process.execPath, '-e', echo]));
  try {
    if (!(await waitFor(() => server.output().includes('ready'), 5000))) throw new Error(server.output());
    const before = await resent(host);
    const pids = await start(host, sources);
    await confirmGateway(host);
    await action();
    const traffic = await stop(host, sources, pids);
    const again = (await resent(host)) - before;
    if (again === 0) return traffic;
    return {
      ...traffic,
      losses: [...traffic.losses, `stream of ${sources[0]}: ${again} segments sent again`],
    };
  } finally {
    await server.stop();
  }
}

/** TCP segments that the guest and the host beyond have sent again so far. */
async function resent({ vpc }: AgentHost): Promise<number> {
  const counts = await Promise.all(
    [vpc.guest, vpc.client].map(async name => {
      const [names, values] = (await runIn(name, ['grep', '^Tcp:', '/proc/net/snmp'])).split('\n');
      return Number(values?.split(' ')[names?.split(' ').indexOf('RetransSegs') ?? -1]);
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

async function start(host: AgentHost, sources: readonly [string, ...string[]]): Promise<readonly string[]> {
  removeGuestFile(host.guest, '/tmp/stream.json');
  writeGuestFile(host.guest, '/tmp/stream.js', streamScript(sources[0]));
  const lines = sources.map(
    (source, n) =>
      `ping -n -q -i 0.01 -I ${source} ${remoteClient.address[4]} > /tmp/ping-${n} 2>&1 & echo $!`,
  );
  const script = `${agentPaths.node} /tmp/stream.js > /tmp/stream.log 2>&1 & echo $!\n${lines.join('\n')}`;
  const pids = (await guestOk(host.guest, ['sh', '-c', script])).split('\n').filter(Boolean);
  await new Promise(resolve => setTimeout(resolve, 500));
  return pids;
}

/**
 * Where the image's catch-all gives a new NIC a default route of the primary's metric, the kernel takes the one whose gateway is REACHABLE, or
 * is not known at all, before one that is only STALE or DELAY (fib_select_default): the primary's packets then leave by the new NIC until its
 * route goes, with or without an agent. That is the image's doing, and not what is asked here.
 */
async function confirmGateway({ guest }: AgentHost): Promise<void> {
  const script =
    'ip -4 neigh show dev eth0 | while read -r ip word mac _; do [ "$word" != lladdr ] || ip neigh replace "$ip" lladdr "$mac" dev eth0 nud reachable; done';
  await guestOk(guest, ['sh', '-c', script]);
}

async function stop(host: AgentHost, sources: readonly string[], pids: readonly string[]): Promise<Traffic> {
  await runInGuest(host.guest, ['kill', '-INT', ...pids]);
  await waitFor(() => readGuestFile(host.guest, '/tmp/stream.json') !== undefined, 3000);
  const stream = JSON.parse(readGuestFile(host.guest, '/tmp/stream.json') ?? '{"error":"no result"}');
  const losses: string[] = [];
  if (stream.error !== '') losses.push(`stream of ${sources[0]}: ${stream.error}`);
  if (stream.sent !== stream.echoed)
    losses.push(`stream of ${sources[0]}: ${stream.sent - stream.echoed} bytes lost`);
  let pings = 0;
  for (const [n, source] of sources.entries()) {
    const text = readGuestFile(host.guest, `/tmp/ping-${n}`) ?? '';
    const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(text) ?? [];
    pings += Number(sent ?? 0);
    // The very last one may still be on its way when ping ends.
    if (sent === undefined || Number(sent) - Number(received) > 1)
      losses.push(
        `ping of ${source}: ${sent ?? 'none'} sent, ${received ?? 'none'} answered: ${text.slice(-200)}`,
      );
  }
  return { losses, pings, bytes: stream.echoed };
}
