// The id of an ENI as one more name of its link: given, kept, taken back; and not where somebody's file would match the link by it.
import { describe, expect, test } from 'vitest';
import type { Machine } from '../support/fake-machine.ts';
import { awsTwoEnis, eth1Mac, expectIdle, onceOk, unlist, useMachines } from './story.ts';
import { travels } from './travels.ts';

const make = useMachines();
const id = 'eni-013cdce36ded5e79f';
const names = ({ system }: Machine) => system.kernel.links.find(l => l.name === 'eth1')!.altNames ?? [];

describe.each(travels)('$backend', ({ backend }) => {
  const start = async (config = '') => {
    const machine = await make({ recording: awsTwoEnis, backend, config });
    machine.system.kernel.hasAltNames = true;
    return machine;
  };

  test('comes with the ENI, and goes with it', async () => {
    const machine = await start();
    await onceOk(machine);
    expect(names(machine)).toEqual([id]);
    await expectIdle(machine);
    unlist(machine, eth1Mac);
    await onceOk(machine);
    expect(names(machine)).toEqual([]);
    await expectIdle(machine);
  });

  test('remove takes it back, and one that somebody gave stays', async () => {
    const machine = await start();
    machine.system.sh('ip link property add dev eth1 altname lan-b');
    await onceOk(machine);
    expect(names(machine)).toEqual(['lan-b', id]);
    expect((await machine.agent('remove')).code).toBe(0);
    expect(names(machine)).toEqual(['lan-b']);
  });

  test('altnames = no', async () => {
    const machine = await start('[agent]\naltnames = no\n');
    await onceOk(machine);
    expect(names(machine)).toEqual([]);
  });

  test('an ip that has no such word', async () => {
    const machine = await make({ recording: awsTwoEnis, backend });
    await onceOk(machine);
    expect([names(machine), machine.system.steps.filter(s => s.includes('property'))]).toEqual([[], []]);
  });
});

test('a file would match the link by it: it is not given, and the ENI stays ours', async () => {
  const machine = await make({ recording: awsTwoEnis, backend: 'networkd' });
  machine.system.kernel.hasAltNames = true;
  machine.system.put('/etc/systemd/network/05-lan.network', '[Match]\nName=en*\n[Network]\nDHCP=yes\n');
  await onceOk(machine);
  expect(names(machine)).toEqual([]);
  await expectIdle(machine);
});
