// The daemon on the fake machine: it does by itself what a person would do with `once`, and nothing while nothing changes.
import { describe, expect, test } from 'vitest';
import { type FakeDaemon, startDaemon } from '../support/fake-daemon.ts';
import type { Machine, MachineSpec } from '../support/fake-machine.ts';
import {
  addressesOf,
  awsTwoEnis,
  eth1Mac,
  leavesBy,
  ownTraces,
  setAddresses,
  unlist,
  useMachines,
} from './story.ts';

const start = useMachines();

async function daemonOn(spec: MachineSpec): Promise<{ machine: Machine; daemon: FakeDaemon }> {
  const machine = await start(spec);
  return { machine, daemon: startDaemon(machine.system) };
}

describe('the first look', () => {
  test('configures what is there, and says so', async () => {
    const { machine, daemon } = await daemonOn({ recording: awsTwoEnis });
    await daemon.runFor(1000);
    expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth1');
    expect(daemon.report()).toMatchObject({ mood: 'watchful', error: null, waitingFor: [] });
    expect(daemon.report().enis).toMatchObject([{ mac: eth1Mac, link: 'eth1', state: 'working' }]);
    expect(daemon.log.filter(l => l.startsWith('info added'))).toHaveLength(1);
    await daemon.stop();
  });
});

test('a quiet hour: no write, no command that changes anything, few requests', async () => {
  const { machine, daemon } = await daemonOn({ recording: awsTwoEnis });
  await daemon.runFor(120_000);
  const before = machine.picture();
  machine.system.journal = [];
  const { requests } = daemon.report().counters;
  await daemon.runFor(3_600_000);
  expect(machine.system.journal.filter(line => !line.includes('/run/eni-agent/'))).toEqual([]);
  expect(machine.picture().kernel).toEqual(before.kernel);
  expect(daemon.report().mood).toBe('quiet');
  expect(daemon.report().counters.requests - requests).toBeLessThan(60 * (2 + 2 * 2) + 6 * 22);
  await daemon.stop();
});

test('an address that was assigned in the cloud comes within the period', async () => {
  const { machine, daemon } = await daemonOn({ recording: awsTwoEnis });
  await daemon.runFor(600_000);
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.99');
  await daemon.runFor(70_000);
  expect(addressesOf(machine, 'eth1')).toContain('172.31.40.99/32');
  expect(daemon.report().lastChange?.triggers).toEqual(['metadata']);
  await daemon.stop();
});

test('hot-plug and detach', async () => {
  const { machine, daemon } = await daemonOn({ recording: awsTwoEnis, unplugged: true });
  await daemon.runFor(120_000);
  machine.attach(eth1Mac, 'eth1');
  await daemon.runFor(500);
  expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth1');
  machine.detach('eth1');
  unlist(machine, eth1Mac);
  await daemon.runFor(5000);
  expect(ownTraces(machine)).toEqual([]);
  await daemon.stop();
});

test('a rule that somebody deletes is back within a second', async () => {
  const { machine, daemon } = await daemonOn({ recording: awsTwoEnis });
  await daemon.runFor(300_000);
  const good = machine.picture();
  machine.system.sh('ip -4 rule del priority 28600');
  await daemon.runFor(1000);
  expect(machine.picture()).toEqual(good);
  expect(daemon.report().counters.repairs).toBe(1);
  await daemon.stop();
});

test('the kernel changes before the metadata has answered for the first time', async () => {
  const { machine, daemon } = await daemonOn({ recording: awsTwoEnis });
  machine.system.sh('ip route add 192.0.2.0/24 dev eth0');
  await daemon.runFor(1000);
  expect(daemon.report().enis).toMatchObject([{ state: 'working' }]);
  await daemon.stop();
});
