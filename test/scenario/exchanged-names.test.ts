// The kernel numbers the links anew: at a boot the primary has the name of an ENI, and the ENI that of the primary. Nothing of ours that
// goes by a name may reach the primary, whether the agent runs or not. On ifupdown, whose stanzas know no MAC.
import { expect, test } from 'vitest';
import type { Machine } from '../support/fake-machine.ts';
import {
  addressesOf,
  awsTwoEnis,
  eth1Mac,
  expectIdle,
  leavesBy,
  once,
  onceOk,
  setAddresses,
  useMachines,
} from './story.ts';

const start = useMachines();
const primaryAddress = '172.31.16.20';
const interfaces = '/etc/network/interfaces';

/** A reboot behind which the first two links have each other's name. cloud-init writes the primary's stanza anew for its new name. */
function rebootExchanged(machine: Machine, primaryStanza = true): void {
  const { system } = machine;
  const { mac } = system.kernel.link('eth0');
  for (const name of ['eth0', 'eth1']) machine.detach(name);
  machine.attach(eth1Mac, 'eth0');
  machine.attach(mac!, 'eth1');
  const text = system.files.get(interfaces)!.content;
  if (primaryStanza) system.put(interfaces, text.replaceAll('eth0', 'eth1'));
  system.reboot();
}

function primaryHas(machine: Machine, link: string): void {
  expect(addressesOf(machine, link)).toEqual([expect.stringMatching(new RegExp(`^${primaryAddress}/`))]);
  const defaults = machine.system.kernel.routes.filter(r => r.table === 254 && r.destination === '0.0.0.0/0');
  expect(defaults.map(r => r.link)).toEqual([link]);
}

test('a boot without the agent: the stanza leaves the primary alone, and somebody’s stanza of that name is used', async () => {
  const machine = await start({ recording: awsTwoEnis });
  await onceOk(machine);
  rebootExchanged(machine);
  primaryHas(machine, 'eth1');
  expect(addressesOf(machine, 'eth0')).toEqual([]);
  expect(machine.system.kernel.describe().filter(line => line.includes('172.31.40.10'))).toEqual([]);
  expect(machine.system.files.get('/run/network/ifstate')!.content).toContain('eth1=eth1\n');
});

test('then the agent: the ENI works under its new name, nothing takes the primary down', async () => {
  const machine = await start({ recording: awsTwoEnis });
  await onceOk(machine);
  rebootExchanged(machine);
  await onceOk(machine);
  primaryHas(machine, 'eth1');
  expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth0');
  expect(machine.system.journal.filter(line => line.startsWith('run if'))).toEqual(['run ifup --force eth0']);
  expect([...machine.system.files.keys()].filter(path => path.includes('60-eni'))).toEqual([
    '/etc/network/interfaces.d/60-eni-eth0',
  ]);
  await expectIdle(machine);
  // And back.
  rebootExchangedBack(machine);
  await onceOk(machine);
  primaryHas(machine, 'eth0');
  expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth1');
});

function rebootExchangedBack(machine: Machine): void {
  const { system } = machine;
  const { mac } = system.kernel.link('eth1');
  for (const name of ['eth0', 'eth1']) machine.detach(name);
  machine.attach(mac!, 'eth0');
  machine.attach(eth1Mac, 'eth1');
  system.put(interfaces, system.files.get(interfaces)!.content.replaceAll('eth1', 'eth0'));
  system.reboot();
}

test.each([['attach'], ['change']])(
  'a power cut in the middle of a %s: taking it back does not touch the primary',
  async what => {
    const machine = await start({ recording: awsTwoEnis });
    if (what === 'change') {
      await onceOk(machine);
      setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
    }
    const rewind = machine.system.snapshot();
    await machine.agent('once');
    const steps = machine.system.steps.length;
    expect(steps).toBeGreaterThan(5);
    for (let step = 1; step <= steps; step++) {
      rewind();
      machine.system.crashBefore = step;
      await machine.agent('once');
      rebootExchanged(machine);
      primaryHas(machine, 'eth1');
      await once(machine);
      primaryHas(machine, 'eth1');
      expect(leavesBy(machine.system, '172.31.40.10'), `step ${step}`).toBe('eth0');
      expect(machine.system.journal.filter(line => line.startsWith('run ifdown'))).toEqual([]);
    }
  },
);

test('"remove" before the agent has looked: the primary stays up', async () => {
  const machine = await start({ recording: awsTwoEnis });
  await onceOk(machine);
  rebootExchanged(machine);
  const { code } = await machine.agent('remove');
  expect(code).toBe(0);
  primaryHas(machine, 'eth1');
  expect([...machine.system.files.keys()].filter(path => /60-eni|eni-agent-stanza/.test(path))).toEqual([]);
});

test('a link that is missing does not fail the boot', async () => {
  const machine = await start({ recording: awsTwoEnis });
  await onceOk(machine);
  machine.detach('eth1');
  machine.reboot();
  expect(machine.system.sh('ifup eth1')).toBe('');
  expect(machine.system.files.get('/run/network/ifstate')!.content).not.toContain('eth1');
});
