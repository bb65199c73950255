// The same as exchanged-names.test.ts on initscripts, whose ifup compares the MAC, but which has files that are found by the name alone: none of
// those that take something away from the link may be ours.
import { expect, test } from 'vitest';
import { marker } from '../../renderers/renderer.ts';
import { installInitscripts } from '../support/fake-initscripts.ts';
import type { Machine } from '../support/fake-machine.ts';
import {
  addressesOf,
  awsTwoEnis,
  eth1Mac,
  expectIdle,
  leavesBy,
  once,
  onceOk,
  useMachines,
} from './story.ts';

const make = useMachines();
const scripts = '/etc/sysconfig/network-scripts';
const primaryAddress = '172.31.16.20';

async function start(): Promise<Machine> {
  const machine = await make({
    recording: awsTwoEnis,
    config: '[agent]\nbackend = initscripts\n',
    backend: 'ifupdown',
  });
  installInitscripts(machine.system);
  return machine;
}

function ownFiles({ system }: Machine): readonly string[] {
  return [...system.files].flatMap(([path, { content }]) => (content.includes(marker) ? [path] : [])).sort();
}

/** Both links change names; the service of this machine (ifupdown's, for the primary) does what cloud-init tells it. */
function rebootExchanged(machine: Machine): void {
  const { system } = machine;
  const { mac } = system.kernel.link('eth0');
  for (const name of ['eth0', 'eth1']) machine.detach(name);
  machine.attach(eth1Mac, 'eth0');
  machine.attach(mac!, 'eth1');
  const interfaces = '/etc/network/interfaces';
  system.put(interfaces, system.files.get(interfaces)!.content.replaceAll('eth0', 'eth1'));
  system.reboot();
}

/** It goes by the MAC of the primary. */
const groupFile = '/etc/udev/rules.d/70-eni-agent-primary.rules';

test('no file of ours goes by the name alone and takes something away from the link', async () => {
  const machine = await start();
  await onceOk(machine);
  expect(ownFiles(machine)).toEqual([
    `${scripts}/ifcfg-eth1`,
    `${scripts}/keys-eth1`,
    `${scripts}/route-eth1`,
    `${scripts}/rule-eth1`,
    groupFile,
  ]);
  const keys = machine.system.files.get(`${scripts}/keys-eth1`)!.content;
  expect(keys).toContain(`/sys/class/net/eth1/address" 2> /dev/null)" = ${eth1Mac} ]`);
});

test('exchanged names: ifup refuses the file for the primary; then the agent', async () => {
  const machine = await start();
  await onceOk(machine);
  rebootExchanged(machine);
  const { system } = machine;
  expect(await system.run(['ifup', 'eth1'])).toMatchObject({ exitCode: 1 });
  expect(addressesOf(machine, 'eth1')).toEqual([expect.stringMatching(`^${primaryAddress}/`)]);
  await onceOk(machine);
  expect(addressesOf(machine, 'eth1')).toEqual([expect.stringMatching(`^${primaryAddress}/`)]);
  expect(leavesBy(system, '172.31.40.10')).toBe('eth0');
  expect(system.journal.filter(line => line.startsWith('run ifdown'))).toEqual([]);
  expect(ownFiles(machine)).toEqual(expect.arrayContaining([`${scripts}/keys-eth0`]));
  expect(ownFiles(machine).join()).not.toContain('eth1');
  await expectIdle(machine);
});

test('what an earlier version wrote by the name goes with the next pass, and the link stays as it is', async () => {
  const machine = await start();
  await onceOk(machine);
  const { system } = machine;
  for (const path of ['/etc/sysctl.d/60-eni-eth1.conf', '/etc/dhcp/dhclient-eth1.conf'])
    system.put(path, `# ${marker}\n`);
  await once(machine);
  expect(ownFiles(machine).filter(path => !path.startsWith(scripts))).toEqual([groupFile]);
  expect(system.journal.filter(line => /run if(up|down)/.test(line))).toEqual([]);
  expect(leavesBy(system, '172.31.40.10')).toBe('eth1');
});
