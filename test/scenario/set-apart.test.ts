// ENIs that are set apart, and what happens beside them: nothing is tried in a loop, nobody asks the metadata in one, and what was decided by hand
// holds.
import { describe, expect, test } from 'vitest';
import type { Machine } from '../support/fake-machine.ts';
import { loadRecording } from '../support/metadata-emulator-recordings.ts';
import { noAnswerBecause, useDaemons } from './daemon-story.ts';
import { addressesOf, awsTwoSecondaries, eth1Mac, eth2Mac, once, unlist, useMachines } from './story.ts';

const startDaemon = useDaemons();
const start = useMachines();
const spec = { recording: awsTwoSecondaries, backend: 'ifupdown' } as const;
const bringsUp = (link: string) => new RegExp(`^run ifup --force ${link}$`);
const fails = (link: string) => (machine: Machine) => machine.system.fail(bringsUp(link), `no ${link}`, 1e6);

test('the only other one is detached: it goes on to be tried at times of its own', async () => {
  const { machine, daemon } = await startDaemon({ ...spec, prepare: fails('eth1') });
  await daemon.runFor(20_000);
  machine.detach('eth2');
  unlist(machine, eth2Mac);
  await daemon.runFor(280_000);
  expect(daemon.report().counters.failures).toBeLessThan(10);
});

test.each([false, true])(
  'somebody fights for the other one: the brake holds, and nobody asks over and over (silent: %s)',
  async isSilent => {
    const { machine, daemon, reads, service } = await startDaemon({ ...spec, prepare: fails('eth1') });
    await daemon.runFor(40_000);
    const address = addressesOf(machine, 'eth2')[0]!;
    if (isSilent) service.fault = () => noAnswerBecause('gone');
    const undo = () => {
      if (addressesOf(machine, 'eth2').includes(address))
        machine.system.sh(`ip addr del ${address} dev eth2`);
    };
    for (let i = 0; i < 20 && daemon.report().mood !== 'braked'; i++) {
      undo();
      await daemon.runFor(1500);
    }
    undo();
    const before = reads.length;
    await daemon.runFor(20_000);
    expect(addressesOf(machine, 'eth2')).not.toContain(address);
    // The one that is set apart is tried again at its time all the same.
    const tries = () => daemon.log.filter(line => line.includes('apply failed')).length;
    const earlier = tries();
    await daemon.runFor(30_000);
    expect(tries()).toBe(earlier + 1);
    expect(daemon.report().enis[0]).toMatchObject({ mac: eth2Mac, state: 'contested' });
    expect(reads.length - before).toBeLessThan(15);
    machine.system.heal();
    service.fault = undefined;
    await daemon.runFor(300_000);
    expect(daemon.report()).toMatchObject({
      error: null,
      enis: [{ state: 'working' }, { state: 'working' }],
    });
  },
);

test('two that fail at two commands: the others work', async () => {
  const recording = loadRecording('aws', 'fifteen-enis-fifty-addresses');
  const machine = await start({ ...spec, recording });
  fails('eth1')(machine);
  fails('eth2')(machine);
  const outcome = await once(machine);
  expect(outcome).toMatchObject({ code: 1, err: expect.stringContaining('no eth1') });
  expect(outcome.out).toContain('no eth2');
  for (const link of ['eth1', 'eth2']) expect(addressesOf(machine, link)).toEqual([]);
  for (const link of ['eth3', 'eth14']) expect(addressesOf(machine, link), link).not.toEqual([]);
});

test('attached anew, it is tried at once', async () => {
  const { machine, daemon } = await startDaemon({ ...spec, prepare: fails('eth1') });
  await daemon.runFor(20_000);
  machine.detach('eth1');
  await daemon.runFor(3000);
  machine.system.heal();
  machine.attach(eth1Mac, 'ens9');
  await daemon.runFor(5000);
  expect(addressesOf(machine, 'ens9')).not.toEqual([]);
});

describe('what `rollback` took back stays away', () => {
  test('from the daemon', async () => {
    const { machine, daemon } = await startDaemon({ ...spec, prepare: fails('eth1') });
    await daemon.runFor(20_000);
    expect((await machine.agent('rollback')).code).toBe(0);
    await daemon.runFor(300_000);
    expect(addressesOf(machine, 'eth2')).toEqual([]);
  });

  test('from the next pass by hand', async () => {
    const machine = await start(spec);
    fails('eth1')(machine);
    expect((await once(machine)).code).toBe(1);
    expect((await machine.agent('rollback')).code).toBe(0);
    expect((await once(machine)).code).toBe(2);
    expect(addressesOf(machine, 'eth2')).toEqual([]);
  });
});
