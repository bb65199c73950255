// `doctor`: whether a configured ENI accepts IPv6 router advertisements, which put a default route into main.
import { afterEach, expect, test } from 'vitest';
import { createMachine, type Machine } from '../../support/fake-machine.ts';
import { loadRecording } from '../../support/metadata-emulator-recordings.ts';

let machine: Machine;
afterEach(() => machine.close());

const fine = {
  check: 'accept_ra',
  verdict: 'ok',
  saw: 'no secondary ENI accepts IPv6 router advertisements',
  hint: null,
};

async function findings(): Promise<readonly unknown[]> {
  machine.system.restart();
  const { out } = await machine.agent('doctor', '--json');
  return (JSON.parse(out).findings as readonly { check: string }[]).filter(f => f.check === 'accept_ra');
}

test('a link that nobody has configured yet is down and hears none; ifup turns them off', async () => {
  machine = await createMachine({ recording: loadRecording('aws', 'two-enis') });
  expect(await findings()).toEqual([fine]);
  expect((await machine.agent('once')).code).toBe(0);
  expect(await findings()).toEqual([fine]);
});

test('somebody turns them on again', async () => {
  machine = await createMachine({ recording: loadRecording('aws', 'two-enis') });
  expect((await machine.agent('once')).code).toBe(0);
  machine.system.sysctls.set('net/ipv6/conf/eth1/accept_ra', '2');
  expect(await findings()).toEqual([
    {
      check: 'accept_ra',
      verdict: 'warning',
      saw: 'eth1 accepts IPv6 router advertisements (accept_ra 2): one of them would add a default route by eth1 to main',
      hint: 'sysctl -w net.ipv6.conf.eth1.accept_ra=0, and find out what turned it on',
    },
  ]);
  // It is no reason to roll back, or to do anything.
  expect((await machine.agent('once')).code).toBe(0);
});
