// An image made of a machine's disk, and the machines made of it: with `remove --image` nothing of the first is in it; without, what is
// in it does no harm, at whatever moment it was taken.
import { describe, expect, test } from 'vitest';
import { daemonLockPath } from '../../agent/daemon/requests.ts';
import type { Recording } from '../../agent/metadata/recording.ts';
import type { Machine } from '../support/fake-machine.ts';
import { installSystemd } from '../support/fake-systemd.ts';
import { beforeAttach, beforeChange } from './prepared.ts';
import {
  addressesOf,
  awsTwoEnis,
  eth1Mac,
  expectIdle,
  leavesBy,
  once,
  onceOk,
  useMachines,
} from './story.ts';

const start = useMachines();
const instanceId = 'i-0af01c0123456789a';
const eniId = 'eni-013cdce36ded5e79f';

/** The same VPC as another instance sees it: its own id, MACs and addresses. */
const otherInstance = JSON.parse(
  JSON.stringify(awsTwoEnis)
    .replaceAll(eth1Mac, '0a:99:99:99:99:99')
    .replaceAll('172.31.40.', '172.31.47.')
    .replaceAll(instanceId, 'i-0bbbbbbbbbbbbbbbb')
    .replaceAll(eniId, 'eni-0bbbbbbbbbbbbbbbb'),
) as Recording;

const isOfTheDisk = (path: string) => /^\/(etc|var)\//.test(path) && path !== '/etc/eni-agent/eni-agent.conf';

/** Another instance, booted from that disk; nothing of the agent has run there yet. */
async function bootImage(disk: Machine): Promise<Machine> {
  const machine = await start({ recording: otherInstance });
  for (const path of [...machine.system.files.keys()].filter(isOfTheDisk)) machine.system.files.delete(path);
  for (const [path, file] of disk.system.files) if (isOfTheDisk(path)) machine.system.files.set(path, file);
  machine.reboot();
  return machine;
}

/** `PATH: LINE` for each mention of the first instance. */
function traces({ system }: Machine): readonly string[] {
  const names = [eth1Mac, instanceId, eniId, '172.31.40.'];
  return [...system.files].flatMap(([path, { content }]) =>
    content
      .split('\n')
      .filter(line => /^\/(etc|var|run)\//.test(path) && names.some(name => line.includes(name)))
      .map(line => `${path}: ${line.trim()}`),
  );
}

async function usedMachine(config = ''): Promise<Machine> {
  const machine = await start({ recording: awsTwoEnis, config });
  await onceOk(machine);
  for (const path of [
    '/run/eni-agent/daemon/report.json',
    '/run/eni-agent/metrics.prom',
    '/run/eni-agent/triggers/udev',
    '/var/cache/eni-agent/v24.21.0-x64-0/a.cache',
    '/var/lib/eni-agent/migration/files/etc/sysconfig/network-scripts/ifcfg-eth1',
    '/var/log/eni-agent.log',
    '/var/log/eni-agent.log.1.gz',
  ])
    machine.system.put(path, `${eth1Mac} ${instanceId}\n`);
  expect(traces(machine).length).toBeGreaterThan(10);
  machine.system.restart();
  return machine;
}

describe('remove --image', () => {
  test('leaves no MAC, id or address of this instance, and says what it took away', async () => {
    const machine = await usedMachine();
    const { code, out, err } = await machine.agent('remove', '--image');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(traces(machine)).toEqual([]);
    expect(machine.system.kernel.describe().filter(line => line.includes('172.31.40.'))).toEqual([]);
    for (const path of ['/var/lib/eni-agent/state.json', '/var/log/eni-agent.log.1.gz', '60-eni-eth1'])
      expect(out).toContain(path);
    expect(out).not.toContain('note:');
    const left = [...machine.system.files.keys()].filter(path => path.includes('eni-agent'));
    expect(left).toEqual(['/etc/eni-agent/eni-agent.conf']);
    const again = await machine.agent('remove', '--image', '--json');
    expect(JSON.parse(again.out)).toEqual({ version: 1, removed: [], forgotten: [], notes: [] });
  });

  test('a machine made of it starts afresh', async () => {
    const disk = await usedMachine();
    await disk.agent('remove', '--image');
    const machine = await bootImage(disk);
    expect(addressesOf(machine, 'eth1')).toEqual([]);
    await onceOk(machine);
    expect(leavesBy(machine.system, '172.31.47.10')).toBe('eth1');
    expect(machine.state()).toMatchObject({
      instanceId: 'i-0bbbbbbbbbbbbbbbb',
      slots: { '0a:99:99:99:99:99': 0 },
    });
    await expectIdle(machine);
  });

  test('the configuration stays; sections for one ENI and the journal are pointed out', async () => {
    const machine = await usedMachine(`[eni "${eth1Mac}"]\nmtu = 1400\n`);
    machine.system.folders.add('/var/log/journal');
    const { code, out } = await machine.agent('remove', '--image');
    expect(code).toBe(0);
    expect(traces(machine)).toEqual([`/etc/eni-agent/eni-agent.conf: [eni "${eth1Mac}"]`]);
    expect(out).toContain(
      `note: the configuration stays, with sections for ENIs of this instance: [eni "${eth1Mac}"]`,
    );
    expect(out).toContain(
      'note: the journal has the log of the daemon; to empty the journal: journalctl --rotate',
    );
  });

  test('in the root of an image that was never booted there is nothing to do, and nothing in the way', async () => {
    const machine = await start({ recording: awsTwoEnis });
    for (const path of ['/etc/network/interfaces', '/sbin/ifquery']) machine.system.files.delete(path);
    machine.system.kernel.links.splice(0);
    expect(await machine.agent('remove', '--image')).toMatchObject({ code: 0, err: '' });
  });

  test('while a daemon runs it refuses, and names the way out', async () => {
    const machine = await usedMachine();
    const before = machine.picture();
    const release = await machine.system.lock(daemonLockPath, 0);
    const outcome = await machine.agent('remove', '--image');
    expect(outcome).toMatchObject({ code: 1, out: '' });
    expect(outcome.err).toMatch(
      /^eni-agent: the eni-agent daemon is running.*\n {2}lock-held: stop it where it was started/,
    );
    expect(machine.picture()).toEqual(before);
    await release!();
    expect(await machine.agent('remove', '--image')).toMatchObject({ code: 0 });
  });

  test('under systemd it names the units that would start a pass', async () => {
    const machine = await usedMachine();
    const units = ['eni-agent-once.timer', 'eni-agent-once.path'];
    for (const unit of units) machine.system.put(`/usr/lib/systemd/system/${unit}`, '[Unit]\n');
    const { active } = installSystemd(machine.system);
    for (const unit of units) active.add(unit);
    const outcome = await machine.agent('remove', '--image');
    expect(outcome.code).toBe(1);
    expect(outcome.err).toContain('systemctl stop eni-agent-once.timer eni-agent-once.path;');
    active.clear();
    expect(await machine.agent('remove', '--image')).toMatchObject({ code: 0, err: '' });
  });
});

describe('an image made without it', () => {
  test('of a machine at rest: the first pass on the other instance puts all right', async () => {
    const machine = await bootImage(await usedMachine());
    // The stanza goes by the MAC: the boot gave eth1 nothing of the first one's.
    expect(addressesOf(machine, 'eth1')).toEqual([]);
    await expectOwn(machine);
  });

  test.each([
    ['a new ENI', beforeAttach],
    ['changed addresses', beforeChange],
  ])('taken at any moment of an apply of %s', async (_name, prepare) => {
    const { machine: disk } = await prepare(start);
    const rewind = disk.system.snapshot();
    await disk.agent('once');
    const steps = disk.system.steps.length;
    expect(steps).toBeGreaterThan(10);
    for (let step = 1; step <= steps; step++) {
      rewind();
      disk.system.crashBefore = step;
      await disk.agent('once');
      const machine = await bootImage(disk);
      const primary = addressesOf(machine, 'eth0');
      await expectOwn(machine);
      expect(addressesOf(machine, 'eth0')).toEqual(primary);
    }
  });

  test('"rollback" there does not bring the first instance back', async () => {
    const machine = await bootImage(await usedMachine());
    await expectOwn(machine);
    const before = machine.picture();
    const { code, err } = await machine.agent('rollback');
    expect(code).toBe(1);
    expect(err).toContain(`of another instance, ${instanceId}, from whose disk this one was made`);
    expect(machine.picture()).toEqual(before);
  });
});

/** A pass, and then everything is this instance's and nothing the first one's. */
async function expectOwn(machine: Machine): Promise<void> {
  const outcome = await once(machine);
  expect(outcome.code, outcome.out + outcome.err).toBe(0);
  expect(addressesOf(machine, 'eth1')).toEqual(['172.31.47.10/32']);
  expect(leavesBy(machine.system, '172.31.47.10')).toBe('eth1');
  expect(machine.system.kernel.describe().filter(line => line.includes('172.31.40.'))).toEqual([]);
  expect(machine.state()).toMatchObject({
    instanceId: 'i-0bbbbbbbbbbbbbbbb',
    slots: { '0a:99:99:99:99:99': 0 },
  });
  await expectIdle(machine);
}
