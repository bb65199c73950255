// The steps of one hot-plug as they can be seen from outside: the kernel's announcements, the requests that the metadata service saw, and
// the agent's own log.
import type { AgentHost } from '../lab/agent-host.ts';
import type { LoggedRequest } from '../support/metadata-emulator.ts';
import type { LogLine } from './agent-daemon.ts';
import { firstOf } from './kernel-events.ts';
import type { TimeEvent } from './time-line.ts';
import type { WatchedPlug } from './watch-plug.ts';

export async function eventsOfPlug(
  { metadata }: AgentHost,
  plug: WatchedPlug,
  log: readonly LogLine[],
): Promise<readonly TimeEvent[]> {
  // The emulator's and the log's clocks tick in whole milliseconds.
  const since = Math.floor(plug.linkAtMs);
  const done = Math.max(plug.completeAtMs, plug.pingAtMs) + 1000;
  const requests = ((await metadata.send({ do: 'log' })) as readonly LoggedRequest[]).filter(
    r => r.at >= since && r.at <= done,
  );
  const lines = log.filter(l => l.atMs >= since && l.atMs <= done);
  const found: readonly (readonly [string, number | undefined])[] = [
    ['link appears', plug.linkAtMs],
    ['first metadata request', requests[0]?.at],
    [`last of ${requests.length} metadata requests`, requests.at(-1)?.at],
    [
      'first address in the kernel',
      firstOf(plug.events, o => / 10\.\d+\.\d+\.\d+\//.test(o) && o.startsWith('address')),
    ],
    ['first rule in the kernel', firstOf(plug.events, o => o.startsWith('rule '))],
    ['file written', lines.find(l => l.message === 'wrote')?.atMs],
    ['networkd has reloaded', lines.find(l => l.message === 'ran' && l.command?.includes('reload'))?.atMs],
    ['verified and committed', lines.find(l => /^(added|changed):/.test(l.message))?.atMs],
    ['all addresses, routes and rules in the kernel', plug.completeAtMs],
    ['first ping answered', plug.pingAtMs],
  ];
  return found.flatMap(([name, at]) =>
    at === undefined ? [] : [{ name, atMs: Math.max(0, at - plug.linkAtMs) }],
  );
}
