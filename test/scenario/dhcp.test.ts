// JD Cloud: the metadata gives one address per ENI, and neither subnet nor gateway. DHCP brings the address, the prefix is read from the
// link, and a second pass of the same command completes table and rules.
import { expect, test } from 'vitest';
import type { Machine } from '../support/fake-machine.ts';
import { loadRecording } from '../support/metadata-emulator-recordings.ts';
import { addressesOf, expectIdle, leavesBy, once, ownTraces, useMachines } from './story.ts';

const start = useMachines();
const recording = loadRecording('jdcloud', 'two-enis');
const hook = '/etc/dhcp/dhclient-enter-hooks.d/zz-eni-agent';
const lease = '/var/lib/dhcp/dhclient.eth1.leases';
const file = '/etc/network/interfaces.d/60-eni-eth1';
const mac = 'fa:16:3e:ab:be:11';

async function attached(config = ''): Promise<Machine> {
  const machine = await start({ recording, config });
  const outcome = await once(machine);
  expect(outcome.code, `${outcome.out}${outcome.err}`).toBe(0);
  return machine;
}

test('one command, two passes: first the lease, then table and rules', async () => {
  const machine = await attached();
  const work = machine.system.journal.filter(line => !line.includes('/eni-agent/'));
  expect(work).toEqual([
    `write ${hook}`,
    'write /etc/network/eni-agent-stanza',
    `write ${file}`,
    'run ifup --force eth1',
    'run ip link set dev eth0 group 28000',
    'run ip -4 route replace 10.0.1.0/24 dev eth1 table 28000 proto 129',
    'run ip -4 route replace 10.0.0.0/24 via 10.0.1.1 dev eth1 table 28000 onlink proto 129',
    'run ip -4 route replace 0.0.0.0/0 via 10.0.1.1 dev eth1 table 28000 onlink proto 129',
    'run ip -4 rule add from 10.0.1.0/24 iif lo lookup 28000 suppress_prefixlength 0 priority 28000 protocol 129',
    'run ip -4 rule add from 10.0.1.0/24 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300 protocol 129',
    'run ip -4 rule add from 10.0.1.0/24 iif lo lookup 28000 priority 28600 protocol 129',
    'run ip -4 rule add from all oif eth1 lookup 28000 priority 33000 protocol 129',
    `write ${file}`,
    'write /etc/udev/rules.d/70-eni-agent-primary.rules',
  ]);
  expect(machine.system.kernel.addresses.find(a => a.link === 'eth1')).toMatchObject({
    ip: '10.0.1.4',
    dynamic: true,
  });
  expect(leavesBy(machine.system, '10.0.1.4')).toBe('eth1');
  await expectIdle(machine);
});

test('the lease brings neither a default route nor name servers', async () => {
  const machine = await attached();
  const defaults = machine.system.kernel.routes.filter(r => r.table === 254 && r.destination === '0.0.0.0/0');
  expect(defaults.map(r => r.link)).toEqual(['eth0']);
  expect(machine.system.files.get('/etc/resolv.conf')?.content).toContain('lease of eth0');
});

test('a reboot: the files alone bring it back', async () => {
  const machine = await attached();
  const before = machine.system.kernel.describe();
  machine.reboot();
  expect(machine.system.kernel.describe()).toEqual(before);
  expect((await once(machine)).code).toBe(0);
  await expectIdle(machine);
});

test('secondary addresses come from the configuration', async () => {
  const machine = await attached(`[eni "${mac}"]\naddresses = 10.0.1.5 10.0.1.6`);
  expect(addressesOf(machine, 'eth1')).toEqual(['10.0.1.4/32', '10.0.1.5/32', '10.0.1.6/32']);
  for (const address of ['10.0.1.4', '10.0.1.5', '10.0.1.6'])
    expect(leavesBy(machine.system, address), address).toBe('eth1');
  await expectIdle(machine);
});

test('the gateway of the lease wins over the guess', async () => {
  const machine = await start({ recording });
  const offer = machine.system.dhcp.get(mac)!;
  machine.system.dhcp.set(mac, { ...offer, router: '10.0.1.254' });
  expect((await once(machine)).code).toBe(0);
  const route = machine.system.kernel.routes.find(r => r.table === 28000 && r.destination === '0.0.0.0/0');
  expect(route?.gateway).toBe('10.0.1.254');
  await expectIdle(machine);
});

test('detached: lease, table, rules and the hook of the DHCP client go', async () => {
  const machine = await start({ recording });
  const before = machine.picture();
  expect((await once(machine)).code).toBe(0);
  expect(machine.system.files.has(lease)).toBe(true);
  machine.metadata.remove('/metadata/latest/network/2/');
  expect((await once(machine)).code).toBe(0);
  expect(machine.system.files.has(hook)).toBe(false);
  expect(machine.system.files.has(lease)).toBe(false);
  expect(ownTraces(machine)).toEqual([]);
  expect(machine.picture().kernel).toEqual(before.kernel);
  await expectIdle(machine);
});
