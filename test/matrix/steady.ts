// Traffic that must not notice anything: a TCP stream over the primary, or over each ENI, and a ping each 10 ms over the primary and over other
// ENIs, to the host beyond the VPC, for as long as something else happens.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentHost } from '../lab/agent-host.ts';
import { startBackground, waitFor } from '../lab/command.ts';
import { guestOk, runInGuest } from '../lab/guest-commands.ts';
import { readGuestFile, removeGuestFile, writeGuestFile } from '../lab/guest-files.ts';
import { inNamespace, runIn } from '../lab/namespace.ts';
import { remoteClient } from '../lab/vpc-spec.ts';

export interface Traffic {
  /** One line per loss; empty if nothing was lost. */
  readonly losses: readonly string[];
  /** Pings that were not answered, by the address that they came from; those that lost none have no entry. */
  readonly lostPings: Readonly<Record<string, number>>;
  /** Pings answered, and bytes echoed by the stream. */
  readonly pings: number;
  readonly bytes: number;
}

/** Of the first stream; each has a server of its own. */
const firstPort = 7007;

/** In Perl, which every Debian has: in Node these two, which wake up a hundred times a second, took a tenth of the lab's processor time. */
const script = (name: string) => join(import.meta.dirname, name);

/**
 * Runs `action` under traffic from each of the addresses; the first one is the primary's and carries the stream, unless told. A segment that either
 * end had to send again is a loss, unless the other end says that it had it already (a duplicate SACK): the sender's timer ran out on a busy
 * machine. Silence is no loss either, nor are the last pings, which are still on their way when ping ends.
 *
 * @param streams IPv4 addresses that a stream comes from
 */
export async function underTraffic(
  host: AgentHost,
  sources: readonly [string, ...string[]],
  action: () => Promise<unknown>,
  streams: readonly string[] = sources.slice(0, 1),
): Promise<Traffic> {
  const { guest, client } = host.vpc;
  // A tail loss probe is sent on suspicion; without it only a loss makes the kernel send again.
  for (const name of [guest, client]) await runIn(name, ['sysctl', '-qw', 'net.ipv4.tcp_early_retrans=0']);
  const servers = await Promise.all(
    streams.map(async (_, n) =>
      startBackground(await inNamespace(client, ['perl', script('echo.pl'), String(firstPort + n)])),
    ),
  );
  try {
    for (const server of servers)
      if (!(await waitFor(() => /^ready$/m.test(server.output()), 5000))) throw new Error(server.output());
    const before = await resent(host);
    const pids = await start(host, sources, streams);
    await confirmGateway(host);
    await action();
    const traffic = await stop(host, sources, streams, pids);
    const again = (await resent(host)) - before;
    if (again === 0) return traffic;
    return {
      ...traffic,
      losses: [...traffic.losses, `stream of ${streams.join(' or ')}: ${again} segments sent again`],
    };
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** TCP segments that the guest and the host beyond have sent again so far, and that the other end did not have. */
async function resent({ vpc }: AgentHost): Promise<number> {
  const counts = await Promise.all(
    [vpc.guest, vpc.client].map(async name => {
      const text = await runIn(name, ['cat', '/proc/net/snmp', '/proc/net/netstat']);
      const [again, duplicate] = [
        counterOf(text, 'Tcp', 'RetransSegs'),
        counterOf(text, 'TcpExt', 'TCPDSACKRecv'),
      ];
      return Math.max(0, again - duplicate);
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** A counter of /proc/net/snmp or netstat: a line of names, and a line of values below it. */
function counterOf(text: string, group: string, counter: string): number {
  const [names, values] = text.split('\n').filter(line => line.startsWith(`${group}: `));
  return Number(values?.split(' ')[names?.split(' ').indexOf(counter) ?? -1]);
}

async function start(
  host: AgentHost,
  sources: readonly string[],
  streams: readonly string[],
): Promise<readonly string[]> {
  for (const n of streams.keys()) removeGuestFile(host.guest, resultOf(n));
  writeGuestFile(host.guest, '/tmp/stream.pl', readFileSync(script('stream.pl'), 'utf8'));
  const lines = sources.map(
    (source, n) =>
      `ping -n -i 0.01 -I ${source} ${remoteClient.address[source.includes(':') ? 6 : 4]} > /tmp/ping-${n} 2>&1 & echo $!`,
  );
  const streamLines = streams.map(
    (source, n) =>
      `perl /tmp/stream.pl ${source} ${remoteClient.address[4]} ${firstPort + n} ${resultOf(n)} > /tmp/stream-${n}.log 2>&1 & echo $!`,
  );
  const all = [...streamLines, ...lines].join('\n');
  const pids = (await guestOk(host.guest, ['sh', '-c', all])).split('\n').filter(Boolean);
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

/** What a stream says at its end. */
const resultOf = (stream: number) => `/tmp/stream-${stream}.json`;

async function stop(
  host: AgentHost,
  sources: readonly string[],
  streams: readonly string[],
  pids: readonly string[],
): Promise<Traffic> {
  // Until pings that were sent after the action have come back: the last ones of all do not count.
  const later = sources.map((_, n) => answersTo(host, n).at(-1) ?? 0).map(number => number + 20);
  await waitFor(() => sources.every((_, n) => (answersTo(host, n).at(-1) ?? 0) > later[n]!), 10_000, 50);
  await runInGuest(host.guest, ['kill', '-INT', ...pids]);
  const losses: string[] = [];
  const lostPings: Record<string, number> = {};
  let [pings, bytes] = [0, 0];
  for (const [n, source] of streams.entries()) {
    await waitFor(() => readGuestFile(host.guest, resultOf(n)) !== undefined, 15_000);
    const stream = JSON.parse(readGuestFile(host.guest, resultOf(n)) ?? '{"error":"no result"}');
    if (stream.error !== '') losses.push(`stream of ${source}: ${stream.error}`);
    if (stream.sent !== stream.echoed)
      losses.push(`stream of ${source}: ${stream.sent - stream.echoed} bytes lost`);
    bytes += stream.echoed ?? 0;
  }
  for (const [n, source] of sources.entries()) {
    const answers = answersTo(host, n);
    const lost = missingIn(answers);
    pings += answers.length;
    if ((answers.at(-1) ?? 0) <= later[n]!) losses.push(`ping of ${source}: none is answered any more`);
    if (lost.length === 0) continue;
    lostPings[source] = lost.length;
    losses.push(`ping of ${source}: lost ${lost.length}: ${lost.slice(0, 20).join(' ')}`);
  }
  return { losses, lostPings, pings, bytes };
}

/**
 * What was lost beyond what is known to be lost.
 *
 * @param allowed pings, by the address that they come from
 */
export function lossesBeyond(
  { losses, lostPings }: Pick<Traffic, 'losses' | 'lostPings'>,
  allowed: Readonly<Record<string, number>>,
): readonly string[] {
  return losses.filter(line => {
    const source = /^ping of (\S+): lost /.exec(line)?.[1] ?? '';
    return (lostPings[source] ?? 0) === 0 || lostPings[source]! > (allowed[source] ?? 0);
  });
}

function answersTo(host: AgentHost, source: number): readonly number[] {
  return answeredIn(readGuestFile(host.guest, `/tmp/ping-${source}`) ?? '');
}

/** Numbers of the pings that were answered, in their order. */
export function answeredIn(text: string): readonly number[] {
  const numbers = [...text.matchAll(/icmp_seq=(\d+) ttl=/g)].map(match => Number(match[1]));
  return [...new Set(numbers)].sort((a, b) => a - b);
}

/** Numbers that are missing before the last one. */
export function missingIn(numbers: readonly number[]): readonly number[] {
  const seen = new Set(numbers);
  return Array.from({ length: numbers.at(-1) ?? 0 }, (_, index) => index + 1).filter(n => !seen.has(n));
}
