// An ENI goes: from the metadata, from the machine, or from both in either order; and what only looks like that: a driver that is loaded
// anew, a suspended machine, another name, another link for the same MAC, another ENI under the same name.
import { describe, expect, test } from 'vitest';
import { type Life, lookTimes, useDaemons } from './daemon-story.ts';
import {
  addressesOf,
  awsPath,
  awsTwoEnis,
  awsTwoSecondaries,
  eth1Mac,
  eth2Mac,
  leavesBy,
  ownTraces,
  unlist,
} from './story.ts';

const start = useDaemons();
const file = '/etc/network/interfaces.d/60-eni-eth1';

describe('detached', () => {
  const orders: readonly (readonly [string, (life: Life) => Promise<void>])[] = [
    [
      'metadata and link at once',
      async life => {
        forget(life);
        unplug(life);
      },
    ],
    [
      'the metadata first',
      async life => {
        forget(life);
        await life.daemon.runFor(80_000);
        // Two readings say so, and the link is not ours to keep.
        expect(ownTraces(life.machine)).toEqual([]);
        expect(addressesOf(life.machine, 'eth1')).toEqual([]);
        unplug(life);
      },
    ],
    [
      'the link first',
      async life => {
        unplug(life);
        await life.daemon.runFor(3000);
        expect(life.machine.system.files.has(file)).toBe(true);
        expect(life.daemon.report()).toMatchObject({
          mood: 'lagging',
          waitingFor: [expect.stringContaining('eni-013cdce36ded5e79f')],
          enis: [{ mac: eth1Mac, state: 'waiting', reason: 'no-link' }],
        });
        forget(life);
      },
    ],
  ];
  test.each(orders)('%s: nothing of it stays', async (_name, order) => {
    const life = await settled(['confirm-delay = 2']);
    await order(life);
    await life.daemon.runFor(80_000);
    expect(ownTraces(life.machine)).toEqual([]);
    expect(life.machine.system.files.has(file)).toBe(false);
    expect(life.daemon.report()).toMatchObject({ enis: [], waitingFor: [], error: null });
    expect(life.daemon.log.filter(line => line.startsWith('info removed'))).toHaveLength(1);
  });

  test('the metadata forgets it for a moment shorter than the delay: it stays', async () => {
    const { machine, daemon } = await settled(['confirm-delay = 2']);
    const good = machine.picture();
    const whole = machine.metadata.recording;
    machine.system.put('/run/eni-agent/triggers/x', '');
    unlist(machine, eth1Mac);
    machine.system.after(1500, () => machine.metadata.replace(whole));
    await daemon.runFor(120_000);
    expect(machine.picture()).toEqual(good);
    expect(daemon.changes).toHaveLength(1);
  });
});

test('the driver is loaded anew (modprobe -r): the file stays, and the ENI works when its link is back', async () => {
  const { machine, daemon, reads } = await settled();
  const good = machine.picture();
  machine.detach('eth1');
  await daemon.runFor(8000);
  expect(machine.system.files.has(file)).toBe(true);
  expect(daemon.report().enis).toMatchObject([{ state: 'waiting', reason: 'no-link' }]);
  // The numbers of its rules may stay: a packet that leaves by nothing is no packet.
  machine.system.kernel.addLink({ name: 'eth1', mac: eth1Mac, driver: 'virtio_net', index: 77 });
  const since = machine.system.now();
  await daemon.runFor(1000);
  expect(machine.picture()).toEqual(good);
  expect(lookTimes(reads, since)[0]).toBe(0);
  expect(daemon.report().enis).toMatchObject([{ state: 'working', link: 'eth1' }]);
});

test('the driver is loaded anew while the metadata is down', async () => {
  const { machine, daemon, service } = await settled();
  const good = machine.picture();
  service.fault = () => ({ status: 503, body: '' });
  machine.detach('eth1');
  await daemon.runFor(8000);
  machine.system.kernel.addLink({ name: 'eth1', mac: eth1Mac, driver: 'virtio_net', index: 77 });
  await daemon.runFor(1000);
  expect(machine.picture()).toEqual(good);
});

describe('asleep', () => {
  test('a machine that wakes up looks at everything at once', async () => {
    const { machine, daemon, reads } = await settled();
    const good = machine.picture();
    void machine.system.sleep(8 * 3_600_000);
    const since = machine.system.now();
    await daemon.runFor(0);
    expect(lookTimes(reads, since)).toEqual([0]);
    expect(reads.at(-1)!.paths.length).toBeGreaterThan(12);
    expect(daemon.report().lastTriggers).toEqual(['resume']);
    expect(machine.picture()).toEqual(good);
  });

  test('what was detached, and what came, while it slept', async () => {
    const { machine, daemon } = await settled();
    void machine.system.sleep(8 * 3_600_000);
    machine.metadata.replace(awsTwoSecondaries);
    machine.metadata.remove(awsPath(eth1Mac));
    machine.detach('eth1');
    machine.attach(eth2Mac, 'eth2');
    await daemon.runFor(1000);
    expect(leavesBy(machine.system, '172.31.40.20')).toBe('eth2');
    expect(addressesOf(machine, 'eth1')).toEqual([]);
    expect(daemon.report().enis).toMatchObject([{ mac: eth2Mac, state: 'working' }]);
  });

  test('the service is not back yet: nothing changes before it is', async () => {
    const { machine, daemon, service } = await settled();
    const good = machine.picture();
    void machine.system.sleep(8 * 3_600_000);
    service.fault = () => ({ status: 503, body: '' });
    await daemon.runFor(20_000);
    expect(machine.picture()).toEqual(good);
    service.fault = undefined;
    await daemon.runFor(40_000);
    expect(daemon.report()).toMatchObject({ error: null, metadata: { state: 'answered' } });
    expect(machine.picture()).toEqual(good);
  });
});

async function settled(metadataKeys: readonly string[] = []): Promise<Life> {
  const life = await start({ recording: awsTwoEnis, metadataKeys });
  await life.daemon.runFor(300_000);
  expect(leavesBy(life.machine.system, '172.31.40.10')).toBe('eth1');
  return life;
}

function forget({ machine }: Life): void {
  unlist(machine, eth1Mac);
}

function unplug({ machine }: Life): void {
  machine.detach('eth1');
}
