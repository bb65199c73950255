// One ENI's trouble is its own: where its apply fails, the others are applied, repaired and served all the same.
import { describe, expect, test } from 'vitest';
import { statePath } from '../../agent/apply/state-file.ts';
import type { Machine } from '../support/fake-machine.ts';
import { useDaemons } from './daemon-story.ts';
import {
  addressesOf,
  awsTwoSecondaries,
  eth1Mac,
  eth2Mac,
  once,
  setAddresses,
  useMachines,
} from './story.ts';
import { travels } from './travels.ts';

const startDaemon = useDaemons();
const start = useMachines();
const leak = 'ip route add default via 172.31.32.1 dev eth1 onlink metric 7 proto dhcp';

/** Whoever brings a default route back each time that eth1 is configured: a hook, another client. */
function leaksOnEth1(machine: Machine): void {
  const { system } = machine;
  system.interfere({
    match: /^run /,
    when: 'after',
    act: () => {
      const has = system.kernel.routes.some(r => r.link === 'eth1' && r.table === 254 && r.metric === 7);
      if (!has && addressesOf(machine, 'eth1').length > 0) system.sh(leak);
    },
  });
}

describe.each(travels)('on $backend', ({ backend, file }) => {
  const spec = { recording: awsTwoSecondaries, backend };

  test('the other one works within the first pass, and goes on working', async () => {
    const { machine, daemon } = await startDaemon({ ...spec, prepare: leaksOnEth1 });
    await daemon.runFor(60_000);
    expect(addressesOf(machine, 'eth2')).not.toEqual([]);
    const states = () => Object.fromEntries(daemon.report().enis.map(eni => [eni.mac, eni.state]));
    expect(states()).toMatchObject({ [eth1Mac]: 'failed', [eth2Mac]: 'working' });
    expect(daemon.report()).toMatchObject({
      error: { code: 'verify-failed', times: 1 },
      notAsPlanned: [eth1Mac],
    });
    expect(machine.system.files.has(file)).toBe(false);
    // What is undone of the other one is repaired at once, and a change of it is applied as soon as ever: nobody waits for the one that fails.
    const before = addressesOf(machine, 'eth2');
    machine.system.sh(`ip addr del ${before[0]} dev eth2`);
    await daemon.runFor(2000);
    expect(addressesOf(machine, 'eth2').toSorted()).toEqual(before.toSorted());
    setAddresses(machine, eth2Mac, '172.31.40.20', '172.31.40.21', '172.31.40.99');
    await daemon.runFor(75_000);
    expect(addressesOf(machine, 'eth2').some(a => a.startsWith('172.31.40.99/'))).toBe(true);
    expect(states()).toMatchObject({ [eth1Mac]: 'failed', [eth2Mac]: 'working' });
    // It is tried again at times of its own, whatever goes on beside it.
    await daemon.runFor(600_000);
    expect(daemon.report().error).toMatchObject({ times: expect.toSatisfy((n: number) => n >= 3 && n <= 5) });
    expect(daemon.log.filter(line => line.startsWith('error a pass failed'))).toHaveLength(1);
    expect(states()).toMatchObject({ [eth1Mac]: 'failed', [eth2Mac]: 'working' });
    // And at once where the cloud says something else of it, or somebody asks.
    const { times } = daemon.report().error!;
    setAddresses(machine, eth1Mac, '172.31.40.10');
    await daemon.runFor(80_000);
    expect(daemon.report().error!.times).toBeGreaterThan(times);
  });

  test('by hand as well: the other one is applied, and the failure is named', async () => {
    const machine = await start(spec);
    leaksOnEth1(machine);
    const outcome = await once(machine);
    expect(outcome.code).toBe(1);
    expect(outcome.out).toContain('could not be applied and was taken back');
    expect(outcome.err).toContain('verify-failed');
    expect(addressesOf(machine, 'eth2')).not.toEqual([]);
  });
});

test('a profile that NetworkManager refuses is the trouble of its ENI alone', async () => {
  const machine = await start({ recording: awsTwoSecondaries, backend: 'networkmanager-keyfile' });
  machine.system.fail(/^run nmcli connection load .*eni-eth1/, 'Could not load file', 10);
  const outcome = await once(machine);
  expect(outcome).toMatchObject({ code: 1, err: expect.stringContaining('Could not load file') });
  expect(addressesOf(machine, 'eth1')).toEqual([]);
  expect(addressesOf(machine, 'eth2')).not.toEqual([]);
  machine.system.heal();
  expect((await once(machine)).code).toBe(0);
  expect(addressesOf(machine, 'eth1')).not.toEqual([]);
});

test.each(travels)(
  '$backend: with a lost state file, one that fails keeps what it has',
  async ({ backend, file, changes }) => {
    const machine = await start({ recording: awsTwoSecondaries, backend });
    expect((await once(machine)).code).toBe(0);
    const before = machine.system.files.get(file)!.content;
    const had = addressesOf(machine, 'eth1');
    machine.system.files.delete(statePath);
    setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.11', '172.31.40.12');
    machine.system.fail(changes, 'no', 1000);
    for (let pass = 0; pass < 3; pass++) {
      expect((await once(machine)).code).toBe(1);
      expect(machine.system.files.get(file)?.content).toBe(before);
      expect(addressesOf(machine, 'eth1').toSorted()).toEqual(had.toSorted());
    }
    machine.system.heal();
    expect((await once(machine)).code).toBe(0);
    expect(addressesOf(machine, 'eth1')).toContain('172.31.40.12/32');
  },
);
