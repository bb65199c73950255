// What happens to the machine of a daemon, and the questions that are asked afterwards.
import { expect } from 'vitest';
import { diffNormalForms, normalFormOfKernel, normalFormOfPlan } from '../../agent/apply/normal-form.ts';
import type { Recording } from '../../agent/metadata/recording.ts';
import { planOf } from '../matrix/machine.ts';
import { underTraffic } from '../matrix/steady.ts';
import type { AgentHost } from './agent-host.ts';
import { startBackground, waitFor } from './command.ts';
import { countEvents, withoutGroups } from './event-counter.ts';
import { runInGuest } from './guest-commands.ts';
import { listGuestDir } from './guest-files.ts';
import { inNamespace, ip, ipBatch } from './namespace.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import { kernelOfGuest } from './proofs/proof-guest.ts';
import { recordingOf } from './recording-of.ts';

/** How a metadata service fails while it stays reachable. */
export const metadataFaults = {
  'it hangs': { match: '.*', delayMs: 600_000 },
  'one byte a second': { match: '.*', dripMs: 1000 },
  'an HTML page': { match: '.*', lie: '<html><body>Please log in</body></html>' },
  '503': { match: '.*', status: 503, body: '' },
};

/**
 * One answer in five, 3 % each of 404 and garbage, which are told at once, 6 % each of 503 and reset, which are asked again, and 2 % that
 * hang. The shares take what the earlier ones have left.
 */
export const oneInFive = [
  { match: '.*', share: 0.03, status: 404, body: '' },
  { match: '.*', share: 0.03 / 0.97, lie: '<html><body>Please log in</body></html>' },
  { match: '.*', share: 0.06 / 0.94, status: 503, body: '' },
  { match: '.*', share: 0.06 / 0.88, drop: 'before' as const },
  { match: '.*', share: 0.02 / 0.82, delayMs: 600_000 },
];

/** The primary has no event and loses nothing, neither do pings of eth1. */
export async function isUntouched(host: AgentHost, action: () => Promise<unknown>): Promise<void> {
  const settle = { settle: ['eth0'] };
  const { events, result } = await countEvents(
    host.vpc,
    () => underTraffic(host, ['10.0.9.10'], action),
    settle,
  );
  expect(events.of('eth0'), 'events of the primary').toEqual([]);
  expect(result.losses).toEqual([]);
}

/** The same for a time in which other links have more events than a monitor of all could keep. */
export async function isUntouchedForLong(host: AgentHost, action: () => Promise<unknown>): Promise<void> {
  // The end of duplicate address detection is an event as well, 1 to 2 s after the boot.
  const isTentative = async () => (await ip(host.vpc.guest, '-6', 'addr', 'show', 'tentative')) !== '';
  expect(await waitFor(async () => !(await isTentative()), 8000, 100)).toBe(true);
  const before = await ip(host.vpc.guest, '-o', 'link', 'show', 'dev', 'eth0');
  const script = 'ip -o monitor link address route rule | grep --line-buffered -w eth0';
  const monitor = startBackground(await inNamespace(host.vpc.guest, ['sh', '-c', script]));
  try {
    const { losses } = await underTraffic(host, ['10.0.9.10'], action);
    expect(losses).toEqual([]);
    // Its link group comes and goes with the ENIs.
    const heard = monitor
      .output()
      .split('\n')
      .filter(line => line !== '');
    expect(withoutGroups(heard, [before.trim()]), 'events of the primary').toEqual([]);
    // It has listened all the time: this one it hears.
    await ip(host.vpc.guest, 'addr', 'add', '10.0.9.99/32', 'dev', 'eth0');
    expect(await waitFor(() => monitor.output().includes('10.0.9.99'), 3000)).toBe(true);
    await ip(host.vpc.guest, 'addr', 'del', '10.0.9.99/32', 'dev', 'eth0');
  } finally {
    await monitor.stop();
  }
}

/** Milliseconds until it held; undefined if it did not in time. */
export async function takesAtMost(
  ms: number,
  holds: () => boolean | Promise<boolean>,
): Promise<number | undefined> {
  const start = Date.now();
  return (await waitFor(holds, ms, 10)) ? Date.now() - start : undefined;
}

/** The kernel is what the plan says, to the line. */
export async function asPlanned(host: AgentHost): Promise<void> {
  const plan = await planOf(host);
  const found = normalFormOfKernel(await kernelOfGuest(host.vpc), plan, { foreign: new Set() });
  expect(diffNormalForms(normalFormOfPlan(plan), found)).toEqual([]);
}

export async function allPing(host: AgentHost): Promise<void> {
  const results = await pingMatrix(host.guest);
  expect(failedPings(results), renderMatrix(results)).toEqual([]);
}

/** Addresses, routes and rules, without what changes by itself. */
export async function kernelText({ vpc }: AgentHost): Promise<string> {
  const shown = await Promise.all([
    ip(vpc.guest, '-o', 'addr'),
    ...(['-4', '-6'] as const).flatMap(family => [
      ip(vpc.guest, family, 'rule'),
      ip(vpc.guest, family, 'route', 'show', 'table', 'all'),
    ]),
  ]);
  const lines = shown.join('').split('\n');
  return lines
    .filter(line => !/ table local |fe80|ff00::/.test(line))
    .map(line =>
      line.replace(
        /\\? *valid_lft.*$|expires \S+|^\d+: (?=\w+ +inet)| (linkdown|tentative|dynamic|nodad|onlink|proto \S+|brd \S+)/g,
        '',
      ),
    )
    .map(line => line.trim())
    .sort()
    .join('\n');
}

/** The metadata lists the MAC, with some of its keys. */
export async function cloudTellsHalf(host: AgentHost, mac: string): Promise<void> {
  const { responses }: Recording = recordingOf(host.vpc.provider, [...host.vpc.enis.values()]);
  const half = Object.entries(responses).filter(([path]) =>
    new RegExp(`/macs/${mac}/(device-number|interface-id|mac)$`).test(path),
  );
  await host.metadata.send({ do: 'merge', responses: Object.fromEntries(half) });
}

export async function renameLink({ vpc }: AgentHost, from: string, to: string): Promise<void> {
  const eni = vpc.enis.get(from)!;
  await ipBatch(vpc.guest, [`link set dev ${from} down`, `link set dev ${from} name ${to}`]);
  vpc.enis.delete(from);
  vpc.enis.set(to, { ...eni, link: to });
}

/** Somebody deletes a rule of eth1 ten times a second for as long as `action` takes, at most 40 s. */
export async function fight(host: AgentHost, action: () => Promise<unknown>): Promise<void> {
  const script =
    'i=0; while [ $i -lt 400 ] && [ ! -e /tmp/peace ]; do ip -4 rule del priority 28600 2>/dev/null; sleep 0.1; i=$((i+1)); done';
  const fighter = runInGuest(host.guest, ['sh', '-c', `rm -f /tmp/peace; ${script}`], { timeout: 60_000 });
  try {
    await action();
  } finally {
    await runInGuest(host.guest, ['touch', '/tmp/peace']);
    await fighter;
  }
}

/** Names of all files that the agent or a network service could leave behind. */
export function filesOf({ guest }: AgentHost): readonly string[] {
  const folders = [
    '/etc/systemd/network',
    '/etc/network/interfaces.d',
    '/var/lib/eni-agent',
    '/run/eni-agent',
    '/run/eni-agent/daemon',
    '/run/eni-agent/triggers',
    '/etc/eni-agent',
    '/tmp',
  ];
  return folders.flatMap(folder => listGuestDir(guest, folder).map(name => `${folder}/${name}`));
}
