// Others are busy: containers come and go, routes flap, files change. The daemon looks now and then, does nothing, and misses nothing.
import { describe, expect, test } from 'vitest';
import type { Picture } from '../support/fake-machine.ts';
import { type Life, useDaemons } from './daemon-story.ts';
import { addressesOf, awsTwoEnis, eth1Mac, leavesBy, setAddresses } from './story.ts';

const start = useDaemons();

describe('noise of others', () => {
  test('links, addresses and routes that come and go a thousand times: no pass, and few looks', async () => {
    const { machine, daemon, reads, good } = await settled();
    const { passes, quiet } = daemon.report().counters;
    const asked = reads.length;
    for (let i = 0; i < 1000; i += 1)
      machine.system.after(i * 50, () => {
        const isOdd = i % 2 === 1;
        if (isOdd) machine.system.kernel.removeLink('veth0');
        else machine.system.kernel.addLink({ name: 'veth0', mac: '02:42:ac:11:00:02', kind: 'veth' });
        machine.system.sh(`ip route ${isOdd ? 'del' : 'add'} 198.18.0.0/24 dev eth0`);
      });
    await daemon.runFor(52_000);
    expect(machine.picture()).toEqual(good);
    machine.system.put('/run/eni-agent/triggers/report', '');
    await daemon.runFor(0);
    const counters = daemon.report().counters;
    expect(counters.passes - passes).toBe(1);
    // Fifty seconds of it: a look each 0.8 s, and some more at the beginning.
    expect(counters.quiet - quiet).toBeLessThanOrEqual(52 / 0.8 + 6);
    expect(counters.quiet - quiet).toBeGreaterThan(40);
    expect(reads.length - asked).toBeLessThanOrEqual(3);
  });

  test('drift amid the noise is repaired within a second all the same', async () => {
    const { machine, daemon, good } = await settled();
    for (let i = 0; i < 200; i += 1)
      machine.system.after(i * 50, () =>
        machine.system.sh(`ip route ${i % 2 === 1 ? 'del' : 'add'} 198.18.0.0/24 dev eth0`),
      );
    machine.system.after(8010, () => machine.system.sh('ip -4 rule del priority 28600'));
    await daemon.runFor(8000);
    await daemon.runFor(1010);
    expect(machine.picture().kernel.filter(line => !line.includes('198.18.'))).toEqual(good.kernel);
  });
});

/** A quiet daemon, and an ENI with two addresses. */
async function settled(): Promise<Life & { readonly good: Picture }> {
  const life = await start({
    recording: awsTwoEnis,
    prepare: m => setAddresses(m, eth1Mac, '172.31.40.10', '172.31.40.11'),
  });
  await life.daemon.runFor(300_000);
  expect(leavesBy(life.machine.system, '172.31.40.11')).toBe('eth1');
  expect(addressesOf(life.machine, 'eth1')).toHaveLength(2);
  return { ...life, good: life.machine.picture() };
}
