// The machine is in trouble: an apply fails, somebody else holds the lock, `ip` fails, the disk is full. The daemon goes on, tries again at its
// times, and says what is wrong.
import { describe, expect, test } from 'vitest';
import { reportPath } from '../../agent/daemon/report.ts';
import type { FakeSystem } from '../support/fake-system.ts';
import { strictPicture } from '../support/strict-picture.ts';
import { expectWaits, type Life, type LifeSpec, useDaemons } from './daemon-story.ts';
import { awsTwoEnis, eth1Mac, leavesBy, onceOk } from './story.ts';

const start = useDaemons();

describe('an apply fails', () => {
  test('taken back, tried again after 10, 30, 60, 120, 240 s, and shown as failed', async () => {
    const { machine, daemon } = await start({ recording: awsTwoEnis });
    const before = await strictPicture(machine);
    const tries = failing(machine.system);
    await daemon.runFor(2_000_000);
    expectWaits(tries, [0, 10, 30, 60, 120, 240]);
    expect(await strictPicture(machine)).toEqual(before);
    expect(daemon.report()).toMatchObject({ mood: 'failing', counters: { failures: tries.length } });
    expect(daemon.report().error).toMatchObject({ times: tries.length });
    const [eni] = daemon.report().enis;
    expect(eni).toMatchObject({ mac: eth1Mac, state: 'failed', lastError: { text: expect.any(String) } });
    expect(eni!.since).toBe(daemon.report().error!.since);
    expect(daemon.log.filter(line => line.startsWith('error a pass failed'))).toHaveLength(1);
  });

  test('once: the next try mends it', async () => {
    const { machine, daemon } = await start({ recording: awsTwoEnis });
    machine.system.fail(/^run ifup --force eth1/, 'no', 1);
    await daemon.runFor(1000);
    expect(daemon.report().enis).toMatchObject([{ state: 'failed' }]);
    await daemon.runFor(12_000);
    expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth1');
    expect(daemon.report()).toMatchObject({ error: null, enis: [{ state: 'working' }] });
    expect(daemon.report().enis[0]!.lastError).toBeDefined();
  });

  test('and then the metadata as well: it is tried again all the same when the metadata is back', async () => {
    const { machine, daemon, service } = await start({ recording: awsTwoEnis });
    machine.system.fail(/^run ifup --force eth1/, 'no', 1);
    await daemon.runFor(1000);
    service.fault = () => ({ status: 503, body: '' });
    await daemon.runFor(20_000);
    expect(daemon.report().metadata.state).toBe('failing');
    service.fault = undefined;
    await daemon.runFor(50_000);
    expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth1');
    expect(daemon.report()).toMatchObject({ error: null, enis: [{ state: 'working' }] });
  });
});

describe('the machine is busy or broken', () => {
  test('a command of a person holds the lock: the pass waits for it', async () => {
    const { machine, daemon } = await settled({ unplugged: true });
    machine.system.holdLock(20_000);
    machine.attach(eth1Mac, 'eth1');
    await daemon.runFor(19_000);
    await daemon.runFor(1000);
    expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth1');
    expect(daemon.report()).toMatchObject({ error: null });
  });

  test('for longer than a minute: said once, tried again, and nothing is lost', async () => {
    const { machine, daemon } = await settled({ unplugged: true });
    machine.system.holdLock(100_000);
    machine.attach(eth1Mac, 'eth1');
    await daemon.runFor(61_000);
    expect(daemon.report().error).toMatchObject({ code: 'lock-held' });
    await daemon.runFor(60_000);
    expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth1');
    expect(daemon.report().error).toBeNull();
  });

  test('a pass of a person and one of the daemon at once: one change', async () => {
    const { machine, daemon } = await settled({ unplugged: true });
    machine.attach(eth1Mac, 'eth1');
    const [outcome] = await Promise.all([machine.agent('once'), daemon.runFor(5000)]);
    expect(outcome.code, outcome.err).toBe(0);
    expect(machine.system.journal.filter(line => line === 'run ifup --force eth1')).toHaveLength(1);
    expect(daemon.report().enis).toMatchObject([{ state: 'working' }]);
  });

  test('`ip` fails once: a kernel that cannot be read is no empty one', async () => {
    const { machine, daemon } = await settled();
    const good = machine.picture();
    const heal = breakIp(machine.system);
    machine.system.sh('ip route add 198.18.0.0/24 dev eth0');
    await daemon.runFor(500);
    expect(daemon.report().error).toMatchObject({ code: 'command-failed' });
    expect(daemon.report().enis).toMatchObject([{ mac: eth1Mac, state: 'working' }]);
    heal();
    machine.system.sh('ip route del 198.18.0.0/24 dev eth0');
    await daemon.runFor(60_000);
    expect(machine.picture()).toEqual(good);
    expect(daemon.report().error).toBeNull();
  });

  test('no space for the report: the work goes on', async () => {
    const { machine, daemon } = await settled();
    const old = machine.system.files.get(reportPath)!.content;
    machine.system.fail(new RegExp(`^write ${reportPath}`), 'ENOSPC', 3);
    const good = machine.picture();
    machine.system.sh('ip -4 rule del priority 28600');
    await daemon.runFor(1000);
    expect(machine.picture()).toEqual(good);
    expect(machine.system.files.get(reportPath)!.content).toBe(old);
    await daemon.runFor(300_000);
    expect(machine.system.files.get(reportPath)!.content).not.toBe(old);
    const said = daemon.log.filter(line => line.includes('cannot tell'));
    expect(said.map(line => line.split(' ')[0])).toEqual(['warn', 'info']);
    expect(said[0]).toContain('ENOSPC');
  });

  test('what is wrong with its ears is in the report', async () => {
    const { daemon } = await settled();
    daemon.wakeups.problem = 'ip monitor has ended';
    await daemon.runFor(70_000);
    expect(daemon.report().problems).toEqual(['ip monitor has ended']);
    daemon.wakeups.problem = undefined;
    await daemon.runFor(140_000);
    expect(daemon.log.slice(-2)).toEqual([
      'warn ip monitor has ended',
      'info no longer: ip monitor has ended',
    ]);
  });

  test('a new process on a machine that is as it should be changes nothing', async () => {
    const { machine, daemon } = await start({
      recording: awsTwoEnis,
      prepare: async m => void (await onceOk(m)),
    });
    const good = machine.picture();
    await daemon.runFor(300_000);
    expect(machine.picture()).toEqual(good);
    expect(daemon.changes).toEqual([]);
    expect(daemon.log).toEqual([]);
  });
});

async function settled(spec: Partial<LifeSpec> = {}): Promise<Life> {
  const life = await start({ recording: awsTwoEnis, ...spec });
  await life.daemon.runFor(300_000);
  if (spec.unplugged !== true) expect(leavesBy(life.machine.system, '172.31.40.10')).toBe('eth1');
  return life;
}

/** No apply of eth1 ends well. @returns the seconds of the tries */
function failing(system: FakeSystem): number[] {
  const began = system.now();
  const tries: number[] = [];
  system.fail(/^run ifup --force eth1/, 'no', 1000);
  system.interfere({
    match: /^run ifup --force eth1/,
    when: 'before',
    act: () => tries.push((system.now() - began) / 1000),
  });
  return tries;
}

/** @returns what mends it */
function breakIp(system: FakeSystem): () => void {
  const { run } = system;
  system.run = (argv, options) =>
    argv[0] === 'ip'
      ? Promise.resolve({ exitCode: 1, stdout: '', stderr: 'Cannot allocate memory' })
      : run.call(system, argv, options);
  return () => {
    system.run = run;
  };
}
