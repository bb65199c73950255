// An ENI gets the MTU of the primary's link: in the kernel at once, in the file for the next boot; it follows the primary, and leaves to others
// what they have set.
import { expect, test } from 'vitest';
import type { Machine } from '../support/fake-machine.ts';
import { awsTwoEnis, expectIdle, onceOk, useMachines } from './story.ts';

const start = useMachines();
const file = '/etc/network/interfaces.d/60-eni-eth1';

async function jumbo(): Promise<Machine> {
  const machine = await start({ recording: awsTwoEnis });
  machine.system.sh('ip link set dev eth0 mtu 9001');
  return machine;
}
const mtuIn = (machine: Machine) => /^ +mtu (\d+)$/m.exec(machine.system.files.get(file)!.content)?.[1];
const mtuOf = (machine: Machine) => machine.system.kernel.link('eth1').mtu;

test('plan says whose it is; once applies it, and again changes nothing', async () => {
  const machine = await jumbo();
  expect((await machine.agent('plan')).out).toContain('table 28000, mtu 9001 (as the primary)');
  await onceOk(machine);
  expect([mtuOf(machine), mtuIn(machine)]).toEqual([9001, '9001']);
  await expectIdle(machine);
});

test('the primary is lowered: the ENI follows, also to what drivers begin with, and stays there', async () => {
  const machine = await jumbo();
  await onceOk(machine);
  for (const mtu of [8000, 1500]) {
    machine.system.sh(`ip link set dev eth0 mtu ${mtu}`);
    await onceOk(machine);
    expect([mtuOf(machine), mtuIn(machine)]).toEqual([mtu, String(mtu)]);
    await expectIdle(machine);
  }
});

test('what somebody has set on the link stays, before and after', async () => {
  const machine = await jumbo();
  machine.system.sh('ip link set dev eth1 mtu 1400');
  await onceOk(machine);
  expect([mtuOf(machine), mtuIn(machine)]).toEqual([1400, undefined]);
  expect((await machine.agent('status')).out.replace(/\s+/g, ' ')).toContain(
    'MTU 1400 stays, though eth0 has 9001',
  );
  machine.system.sh('ip link set dev eth1 mtu 1500');
  await onceOk(machine);
  machine.system.sh('ip link set dev eth1 mtu 1400');
  await onceOk(machine);
  expect([mtuOf(machine), mtuIn(machine)]).toEqual([1400, undefined]);
  await expectIdle(machine);
});

test('a primary with 1500 puts no MTU into any file', async () => {
  const machine = await start({ recording: awsTwoEnis });
  await onceOk(machine);
  expect([mtuOf(machine), mtuIn(machine)]).toEqual([1500, undefined]);
});
