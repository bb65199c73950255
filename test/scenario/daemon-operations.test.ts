// The life of the process: it is told to stop, an apply fails, somebody else holds the lock, `ip` fails, the
// disk is full. It goes on, and says what is wrong.
import { describe, expect, test } from 'vitest';
import { type Life, type LifeSpec, useDaemons } from './daemon-story.ts';
import { awsTwoEnis, expectIdle, leavesBy } from './story.ts';

const start = useDaemons();

describe('SIGTERM', () => {
  test('at rest: the network stays as it is', async () => {
    const { machine, daemon } = await settled();
    const good = machine.picture();
    await daemon.stop();
    expect(machine.picture()).toEqual(good);
    await expectIdle(machine);
  });

  test('in the middle of an apply: the apply ends first', async () => {
    const { machine, daemon } = await start({ recording: awsTwoEnis });
    machine.system.interfere({
      match: /^run ifup --force eth1/,
      when: 'before',
      times: 1,
      act: () => daemon.wakeups.signal('stop'),
    });
    await daemon.runFor(60_000);
    expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth1');
    expect(daemon.changes).toHaveLength(1);
    machine.attach('0a:07:84:3d:6e:0f', 'eth2');
    await daemon.runFor(60_000);
    // Nobody is there any more.
    expect(daemon.changes).toHaveLength(1);
    machine.detach('eth2');
    await expectIdle(machine);
  });

  test('while the metadata is being asked: at once', async () => {
    const { machine, daemon, service, reads } = await settled();
    service.fault = () => new Promise(() => undefined);
    machine.system.put('/run/eni-agent/triggers/x', '');
    await daemon.runFor(100);
    const before = machine.system.now();
    await daemon.stop();
    expect(machine.system.now()).toBe(before);
    expect(reads.length).toBeGreaterThan(0);
  });
});

async function settled(spec: Partial<LifeSpec> = {}): Promise<Life> {
  const life = await start({ recording: awsTwoEnis, ...spec });
  await life.daemon.runFor(300_000);
  if (spec.unplugged !== true) expect(leavesBy(life.machine.system, '172.31.40.10')).toBe('eth1');
  return life;
}
