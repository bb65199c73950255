// What waits for network-online.target: with eni-agent-wait-online.service it finds the secondary addresses, without it the boot does not
// care, and an ENI that does not come holds nobody up for ever.
// needs: tree trixie
import { afterAll, beforeAll, expect, test } from 'vitest';
import { first, primary } from '../matrix/enis.ts';
import type { Fault } from '../support/metadata-emulator.ts';
import { type AgentHost, agentOk, destroyAgentHost } from './agent-host.ts';
import { waitFor } from './command.ts';
import { metadataFaults } from './daemon-steps.ts';
import { guestOk, runInGuest } from './guest-commands.ts';
import { readGuestFile, removeGuestFile, writeGuestFile } from './guest-files.ts';
import { rebootGuest } from './guest-power.ts';
import { createSystemdHost } from './systemd-host.ts';

const dependent = `[Unit]
Wants=network-online.target
After=network-online.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'ip rule > /var/tmp/rules-seen; cut -d" " -f1 /proc/uptime > /var/tmp/seen-at'
[Install]
WantedBy=multi-user.target
`;
const shortWait = '[Service]\nExecStart=\nExecStart=-/usr/sbin/eni-agent refresh --wait 3\n';
const shortWaitPath = '/etc/systemd/system/eni-agent-wait-online.service.d/lab.conf';
const seen = () => readGuestFile(host.guest, '/var/tmp/rules-seen');

const slowStartPath = '/etc/systemd/system/eni-agent.service.d/lab-slow.conf';

let host: AgentHost;

/** Microseconds since the boot at which a unit came into a state. */
async function monotonic(unit: string, state = 'ActiveEnter'): Promise<number> {
  const argv = ['systemctl', 'show', '-P', `${state}TimestampMonotonic`, unit];
  return Number(await guestOk(host.guest, argv));
}

/** A boot with a metadata service that fails for a while; milliseconds until the dependent unit has run. */
async function boot(fault: Fault, faultMs: number): Promise<number> {
  removeGuestFile(host.guest, '/var/tmp/rules-seen');
  await host.metadata.send({ do: 'fault', fault });
  const began = Date.now();
  const clear = setTimeout(() => void host.metadata.send({ do: 'clear-faults' }), faultMs);
  try {
    await rebootGuest(host.guest);
    expect(await waitFor(() => (seen() ?? '') !== '', 60_000)).toBe(true);
    return Date.now() - began;
  } finally {
    clearTimeout(clear);
    await host.metadata.send({ do: 'clear-faults' });
  }
}

beforeAll(async () => {
  host = await createSystemdHost(
    { name: 'waitonline', provider: 'aws', enis: [primary, first] },
    {
      image: 'networkd',
      suite: 'trixie',
      files: { 'etc/systemd/system/dependent.service': dependent, 'etc/cloud/cloud-init.disabled': '' },
    },
  );
  await guestOk(host.guest, ['systemctl', 'enable', 'eni-agent.service', 'dependent.service']);
});
afterAll(async () => destroyAgentHost(host));

test('opt-in: as installed nothing waits', async () => {
  await boot(metadataFaults['503'], 8000);
  expect(seen()).not.toContain('10.0.1.');
});

test('the boot does not wait for the first look', async () => {
  writeGuestFile(host.guest, slowStartPath, '[Service]\nExecStartPre=/bin/sleep 8\n');
  await boot(metadataFaults['503'], 0);
  const isReady = () => runInGuest(host.guest, ['systemctl', 'is-active', '--quiet', 'eni-agent.service']);
  expect(await waitFor(async () => (await isReady()).exitCode === 0, 20_000)).toBe(true);
  const [reached, ready] = [await monotonic('multi-user.target'), await monotonic('eni-agent.service')];
  expect(ready - reached).toBeGreaterThan(3e6);
  removeGuestFile(host.guest, slowStartPath);
});

test('enabled: network-online.target comes with the secondary addresses', async () => {
  await guestOk(host.guest, ['systemctl', 'enable', 'eni-agent-wait-online.service']);
  // What an earlier pass has configured the network service would bring up by itself.
  await guestOk(host.guest, ['systemctl', 'stop', 'eni-agent.service']);
  await agentOk(host, ['remove']);
  const took = await boot(metadataFaults['503'], 6000);
  expect(took).toBeGreaterThan(6000);
  expect(seen()).toContain('10.0.1.');
});

test('a metadata service that hangs: the wait ends, and nothing has failed', async () => {
  writeGuestFile(host.guest, shortWaitPath, shortWait);
  const took = await boot(metadataFaults['it hangs'], 60_000);
  expect(took).toBeLessThan(45_000);
  const started = await monotonic('eni-agent.service', 'InactiveExit');
  expect((await monotonic('eni-agent.service')) - started).toBeLessThan(10e6);
  const failed = await runInGuest(host.guest, ['systemctl', 'is-failed', 'eni-agent-wait-online.service']);
  expect(failed.stdout.trim()).toBe('active');
});
