// A service that fails now and then, another key or another read each time: nothing is lost, what is new comes, and the daemon does not make
// it worse by asking all the time.
import { describe, expect, test } from 'vitest';
import { type Life, lookTimes, requestsSince, useDaemons } from './daemon-story.ts';
import { addressesOf, awsDualStack, eth1Mac, setAddresses } from './story.ts';

const start = useDaemons();

describe('answers that fail one in five, for two hours', () => {
  test.each([1, 2, 3])('seed %i: nothing is lost, and the service is not flooded', async seed => {
    const { machine, daemon, service, reads } = await settled();
    const good = machine.picture();
    const fails = randomly(seed, 0.2);
    service.fault = () => (fails() ? { status: 503, body: '' } : undefined);
    const since = machine.system.now();
    await daemon.runFor(7_200_000);
    expect(machine.picture()).toEqual(good);
    // 120 quiet looks would be of six requests each.
    expect(lookTimes(reads, since).length).toBeLessThan(120);
    expect(requestsSince(reads, since)).toBeLessThan(1500);
    expect(daemon.log.length).toBeLessThan(80);
  });

  test('and an address that is assigned meanwhile comes', async () => {
    const { machine, daemon, service } = await settled();
    const fails = randomly(9, 0.2);
    service.fault = () => (fails() ? { status: 503, body: '' } : undefined);
    setAddresses(machine, eth1Mac, '172.31.44.13', '172.31.45.70', '172.31.45.71');
    await daemon.runFor(180_000);
    expect(addressesOf(machine, 'eth1')).toContain('172.31.45.71/32');
  });
});

async function settled(): Promise<Life> {
  const life = await start({ recording: awsDualStack });
  await life.daemon.runFor(300_000);
  expect(addressesOf(life.machine, 'eth1')).toHaveLength(5);
  expect(life.daemon.report().mood).toBe('quiet');
  return life;
}

/** True for that share of the calls, always the same ones (a linear congruential generator). */
function randomly(seed: number, share: number): () => boolean {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 0x100000000 < share;
  };
}
