// What runs outside the daemon's sandbox, as transient units: ifup with the scripts of an administrator, and the hooks. Input, output, exit
// code and deadline are what they are without systemd.
// needs: tree bookworm
import { afterAll, beforeAll, expect, test } from 'vitest';
import { first, plugged, primary } from '../matrix/enis.ts';
import { type AgentHost, agentOk, destroyAgentHost } from './agent-host.ts';
import { waitFor } from './command.ts';
import { type Daemon, readLog, readReport, settled, startDaemon } from './daemon-host.ts';
import { allPing, asPlanned } from './daemon-steps.ts';
import { guestOk } from './guest-commands.ts';
import { readGuestFile, removeGuestFile, writeGuestFile } from './guest-files.ts';
import { createSystemdHost, pidsOf } from './systemd-host.ts';
import { assignAddress, attachEni } from './vpc.ts';

const upScript = '/etc/network/if-up.d/site';
const preUpScript = '/etc/network/if-pre-up.d/site';
const hooks = '/etc/eni-agent/hooks.d';

let host: AgentHost;
let daemon: Daemon;
const warned = async (message: string) =>
  (await readLog(daemon)).filter(line => line.message === message).at(-1);
/** Transient units of the agent that systemd still knows. */
const units = () =>
  guestOk(host.guest, [
    'systemctl',
    'list-units',
    '--all',
    '--plain',
    '--no-legend',
    'eni-agent-*-*.service',
  ]);

beforeAll(async () => {
  host = await createSystemdHost(
    { name: 'outside', provider: 'aws', enis: [primary, first] },
    { image: 'ifupdown-systemd', agentKeys: ['verify-timeout = 5'] },
  );
  daemon = await startDaemon(host);
  await settled(daemon);
});
afterAll(async () => destroyAgentHost(host));

test('a script of ifup may write where the sandbox lets nobody write', async () => {
  writeGuestFile(host.guest, upScript, '#!/bin/sh\necho "$IFACE" >> /usr/local/site-heard\n', 0o755);
  writeGuestFile(host.guest, preUpScript, '#!/bin/sh\necho "the site says no" >&2\nexit 1\n', 0o755);
  await attachEni(host.vpc, plugged);
  await host.metadata.sync();
  // The next report may say something else.
  let said = '';
  const fails = () => {
    said = readReport(host)?.error?.message ?? '';
    return said.includes('"ifup --force eth3" failed');
  };
  expect(await waitFor(fails, 20_000), said).toBe(true);
  expect(said).toContain('(exit 1)');
  removeGuestFile(host.guest, preUpScript);
  await agentOk(host, ['refresh']);
  await settled(daemon);
  expect(readGuestFile(host.guest, '/usr/local/site-heard')).toContain('eth3\n');
  await asPlanned(host);
  await allPing(host);
});

test('a hook that fails: its exit code and its words', async () => {
  writeGuestFile(host.guest, `${hooks}/a-fails`, '#!/bin/sh\necho "no such thing" >&2\nexit 7\n', 0o755);
  await change('10.0.3.75');
  expect(await waitFor(async () => (await warned('a hook failed')) !== undefined, 10_000)).toBe(true);
  expect((await warned('a hook failed'))?.fields).toMatchObject({ exit: 7, reason: 'no such thing' });
  removeGuestFile(host.guest, `${hooks}/a-fails`);
});

test('a hook that hangs is killed with its children, and leaves no unit behind', async () => {
  writeGuestFile(host.guest, `${hooks}/b-hangs`, '#!/bin/sh\nsleep 300 &\nexec sleep 300\n', 0o755);
  await change('10.0.3.76');
  expect(await waitFor(async () => (await pidsOf(host, 'sleep')).length === 2, 5000)).toBe(true);
  expect(
    await waitFor(async () => (await warned('a hook was killed after 10 s')) !== undefined, 15_000),
  ).toBe(true);
  expect(await waitFor(async () => (await pidsOf(host, 'sleep')).length === 0, 3000)).toBe(true);
  expect(await waitFor(async () => (await units()) === '', 3000), await units()).toBe(true);
  removeGuestFile(host.guest, `${hooks}/b-hangs`);
});

test('a command goes on when the daemon is killed, and is ended if nobody comes back for it', async () => {
  const { pid } = readReport(host)!;
  writeGuestFile(host.guest, preUpScript, '#!/bin/sh\nsleep 4\n', 0o755);
  await guestOk(host.guest, ['ifdown', 'eth3']);
  expect(await waitFor(async () => (await pidsOf(host, 'sleep')).length > 0, 20_000)).toBe(true);
  await guestOk(host.guest, ['kill', '-KILL', String(pid)]);
  expect(await pidsOf(host, 'sleep')).toHaveLength(1);
  expect(
    await guestOk(host.guest, [
      'systemctl',
      'show',
      '-P',
      'RuntimeMaxUSec',
      (await units()).split(' ')[0] ?? '',
    ]),
  ).toBe('2min 30s\n');
  removeGuestFile(host.guest, preUpScript);
  // Until then the report is that of the one that was killed.
  expect(await waitFor(() => (readReport(host)?.pid ?? pid) !== pid, 30_000)).toBe(true);
  await settled(daemon, 60_000);
  await asPlanned(host);
  await allPing(host);
});

async function change(address: string): Promise<void> {
  await assignAddress(host.vpc, 'eth3', address);
  await host.metadata.sync();
  await agentOk(host, ['refresh']);
}
