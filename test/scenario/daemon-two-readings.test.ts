// Two readings that take something away must follow each other: a wrong answer of some time ago, which others have contradicted since, and
// another wrong one of now are no two that agree. The made-up lives have found the first of these.
import { describe, expect, test } from 'vitest';
import { retrySeconds } from '../../agent/daemon/timing/schedule.ts';
import { type Life, useDaemons } from './daemon-story.ts';
import { addressesOf, awsPath, awsTwoEnis, eth1Mac, setAddresses } from './story.ts';
import { type TravelCase, travels } from './travels.ts';

const start = useDaemons();
const machineSpec = { recording: awsTwoEnis, metadataKeys: ['confirm-delay = 2'] };
const [first, added, refused] = ['172.31.40.10', '172.31.40.12', '172.31.40.13'] as const;
/** The longest wait between two tries, with its jitter. */
const retryMs = retrySeconds.at(-1)! * 1150;

/** The next that asks meets a replica which has lost the address, and with it whoever else asks at that moment. */
function lieOnce({ machine: { system }, service }: Life): { readonly isTold: () => boolean } {
  let toldAt: number | undefined;
  service.fault = path => {
    if (path !== awsPath(eth1Mac, 'local-ipv4s')) return undefined;
    toldAt ??= system.now();
    return system.now() === toldAt ? { status: 200, body: first } : undefined;
  };
  return { isTold: () => toldAt !== undefined };
}

/** A file of somebody else beside ours. */
function touch({ machine }: Life, { file }: TravelCase): void {
  machine.system.put(`${file.slice(0, file.lastIndexOf('/'))}/99-other`, '# a note\n');
}

async function expectItStays({ machine, daemon }: Life): Promise<void> {
  for (let ms = 0; ms < 20_000; ms += 100) {
    await daemon.runFor(100);
    expect(addressesOf(machine, 'eth1'), `after ${ms} ms`).toContain(`${added}/32`);
  }
}

describe.each(travels)('$backend', travel => {
  test('an answer that was not confirmed, and could not be applied', async () => {
    const life = await start({ ...machineSpec, backend: travel.backend });
    const { machine, daemon } = life;
    setAddresses(machine, eth1Mac, first, added);
    await daemon.runFor(600_000);
    setAddresses(machine, eth1Mac, first, added, refused);
    const effect = travel.changes.source.replace('40\\.12', '40\\.13');
    machine.system.fail(new RegExp(effect), 'the service is stopped', 1000);
    // Until the tries are so far apart that none comes in between.
    await daemon.runFor(1_500_000);
    const before = lieOnce(life);
    machine.system.put('/run/eni-agent/triggers/x', '');
    await daemon.runFor(90_000);
    expect(before.isTold()).toBe(true);
    expect(daemon.report()).toMatchObject({ mood: 'failing', enis: [{ state: 'failed' }] });
    const now = lieOnce(life);
    machine.system.heal();
    touch(life, travel);
    await expectItStays(life);
    expect(now.isTold()).toBe(true);
    await daemon.runFor(retryMs);
    expect(addressesOf(machine, 'eth1')).toContain(`${refused}/32`);
    expect(daemon.report()).toMatchObject({ error: null, enis: [{ state: 'working' }] });
  });

  test('what the daemon believes is older than what `once` has applied', async () => {
    const life = await start({ ...machineSpec, backend: travel.backend });
    const { machine, daemon } = life;
    await daemon.runFor(600_000);
    setAddresses(machine, eth1Mac, first, added);
    expect((await machine.agent('once')).code).toBe(0);
    const now = lieOnce(life);
    await expectItStays(life);
    expect(now.isTold()).toBe(true);
    await daemon.runFor(600_000);
    expect(addressesOf(machine, 'eth1')).toContain(`${added}/32`);
    expect(daemon.report()).toMatchObject({ error: null, enis: [{ state: 'working' }] });
  });
});
