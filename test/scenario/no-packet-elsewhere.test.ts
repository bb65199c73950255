// What `rules-first` and `files-in-two-steps` are for: these services take the old rules away before they add the new ones, and still no
// packet from an address of an ENI leaves by another link at any step of a change.
import { describe, expect, test } from 'vitest';
import type { Machine, MachineSpec } from '../support/fake-machine.ts';
import { strictPicture } from '../support/strict-picture.ts';
import {
  awsTwoEnis,
  awsTwoSecondaries,
  eth1Mac,
  eth2Mac,
  leavesBy,
  once,
  onceOk,
  setAddresses,
  unlist,
  useMachines,
} from './story.ts';
import { travels } from './travels.ts';

const make = useMachines();
const kept = ['172.31.40.10', '172.31.40.11'];

describe.each(travels)('$backend', ({ backend, bringsUp }) => {
  const start = (spec: MachineSpec) => make({ ...spec, backend });

  test('a second ENI joins the subnet', async () => {
    const machine = await alone();
    machine.metadata.replace(awsTwoSecondaries);
    expect(await elsewhere(machine, () => onceOk(machine))).toEqual([]);
    expect(leavesBy(machine.system, '172.31.40.20')).toBe('eth2');
  });

  test('the second ENI leaves the subnet', async () => {
    const machine = await start({ recording: awsTwoSecondaries });
    await onceOk(machine);
    unlist(machine, eth2Mac);
    expect(await elsewhere(machine, () => onceOk(machine))).toEqual([]);
  });

  test('an address comes in a subnet of two, where each address has rules of its own', async () => {
    const machine = await start({ recording: awsTwoSecondaries });
    setAddresses(machine, eth1Mac, ...kept, '172.31.40.13');
    await onceOk(machine);
    setAddresses(machine, eth1Mac, ...kept, '172.31.40.12');
    expect(await elsewhere(machine, () => onceOk(machine))).toEqual([]);
    expect(leavesBy(machine.system, '172.31.40.12')).toBe('eth1');
  });

  test('the second ENI is taken back, as it cannot be brought up', async () => {
    const machine = await alone();
    const before = await strictPicture(machine);
    machine.metadata.replace(awsTwoSecondaries);
    const file = [...machine.system.files.keys()].find(path => /eni-eth1/.test(path))!;
    machine.system.fail(new RegExp(`^write ${file.replace('eth1', 'eth2')}`), 'No space left on device');
    expect(await elsewhere(machine, () => once(machine))).toEqual([]);
    expect(await strictPicture(machine)).toEqual(before);
  });

  test('the change is rolled back by hand', async () => {
    const machine = await alone();
    const before = machine.picture();
    machine.metadata.replace(awsTwoSecondaries);
    await onceOk(machine);
    machine.system.restart();
    expect(await elsewhere(machine, () => machine.agent('rollback'))).toEqual([]);
    expect(machine.picture()).toEqual(before);
  });

  test('the new ENI is brought up by the service', async () => {
    const machine = await start({ recording: awsTwoEnis });
    expect(await elsewhere(machine, () => onceOk(machine), [])).toEqual([]);
    expect(machine.system.journal.filter(line => bringsUp.test(line))).toHaveLength(1);
  });

  /** The first ENI of a subnet that will have two. */
  async function alone(): Promise<Machine> {
    const machine = await start({ recording: awsTwoSecondaries });
    unlist(machine, eth2Mac);
    await onceOk(machine);
    return machine;
  }
});

/** Every step at which an address leaves by another link than its own, or the primary or somebody else's things are not whole. */
async function elsewhere(
  machine: Machine,
  act: () => Promise<unknown>,
  addresses = kept,
): Promise<readonly string[]> {
  const { system } = machine;
  const foreign = () => system.kernel.describe().filter(line => /eth0|docker0|lookup 500/.test(line));
  const whole = foreign();
  const found: string[] = [];
  let looks = 0;
  const look = () => {
    looks += 1;
    const lost = addresses
      .filter(address => leavesBy(system, address) !== 'eth1')
      .map(a => `${a} leaves elsewhere`);
    const now = new Set(foreign());
    const missing = whole.filter(line => !now.has(line)).map(line => `${line} is missing`);
    for (const what of [...lost, ...missing]) found.push(`after ${system.steps.at(-1)}: ${what}`);
  };
  system.watch = look;
  await act();
  system.watch = undefined;
  look();
  expect(looks).toBeGreaterThan(5);
  return found;
}
