// The life of an ENI on a machine with ifupdown: it is attached, gets and loses addresses. How it goes and
// comes back is in detach-and-return.test.ts, for each network service.
import { expect, test } from 'vitest';
import {
  addressesOf,
  awsDualStack,
  awsOneEni,
  awsTwoEnis,
  eth1Mac,
  expectIdle,
  leavesBy,
  onceOk,
  setAddresses,
  unlist,
  useMachines,
} from './story.ts';

const start = useMachines();
const file = '/etc/network/interfaces.d/60-eni-eth1';
const groupFile = '/etc/udev/rules.d/70-eni-agent-primary.rules';

test('a new ENI: one file, one ifup, everything else stays as it is', async () => {
  const machine = await start({ recording: awsTwoEnis });
  const before = machine.picture();
  await onceOk(machine);
  expect(machine.system.journal).toEqual([
    'write /run/eni-agent/tool-versions.json',
    'write /run/eni-agent/kernel-probe.json',
    'write /var/lib/eni-agent/checkpoint.json',
    'run ip link set dev eth0 group 28000',
    'write /etc/network/eni-agent-stanza',
    `write ${file}`,
    `write ${groupFile}`,
    'run ifup --force eth1',
    'write /var/lib/eni-agent/state.json',
    'write /var/lib/eni-agent/last-change.json',
    'remove /var/lib/eni-agent/checkpoint.json',
    'write /var/lib/eni-agent/history.jsonl',
    'write /var/lib/eni-agent/last-good-config.json',
  ]);
  expect(addressesOf(machine, 'eth1')).toEqual(['172.31.40.10/32']);
  expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth1');
  expect(leavesBy(machine.system, '172.31.16.20')).toBe('eth0');
  const { files, kernel } = machine.picture();
  expect(Object.keys(files).filter(path => !(path in before.files))).toEqual([
    '/etc/network/eni-agent-stanza 755',
    `${file} 644`,
    `${groupFile} 644`,
  ]);
  // Nothing but the link's own state was taken from the kernel, and nothing but its own was added.
  expect(before.kernel.filter(line => !kernel.includes(line))).toEqual(['link eth1 down mtu 1500']);
  expect(kernel.filter(line => !before.kernel.includes(line) && !/eth1|28[036]00|33000/.test(line))).toEqual(
    [],
  );
});

test('a second pass has no effect at all, not even a write of the state', async () => {
  const machine = await start({ recording: awsTwoEnis });
  await onceOk(machine);
  await expectIdle(machine);
  await expectIdle(machine);
});

test('both families, with every address', async () => {
  const machine = await start({ recording: awsDualStack });
  await onceOk(machine);
  const own = addressesOf(machine, 'eth1').map(a => a.split('/')[0]!);
  expect(own).toHaveLength(5);
  for (const address of own) expect(leavesBy(machine.system, address), address).toBe('eth1');
  await expectIdle(machine);
});

test('a machine without a secondary ENI is left alone, and has a state file for its trouble', async () => {
  const machine = await start({ recording: awsOneEni });
  const before = machine.picture();
  await onceOk(machine);
  expect(machine.system.journal.filter(line => !line.includes('/eni-agent/'))).toEqual([]);
  expect(machine.picture()).toEqual(before);
  await expectIdle(machine);
});

test('an added address goes live without ifup, so no connection of the ENI is touched', async () => {
  const machine = await start({ recording: awsTwoEnis });
  await onceOk(machine);
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.11');
  await onceOk(machine);
  expect(machine.system.journal).toEqual([
    'write /var/lib/eni-agent/checkpoint.json',
    'run ip -4 addr add 172.31.40.11/32 dev eth1',
    `write ${file}`,
    'write /var/lib/eni-agent/state.json',
    'write /var/lib/eni-agent/last-change.json',
    'remove /var/lib/eni-agent/checkpoint.json',
    'write /var/lib/eni-agent/history.jsonl',
  ]);
  expect(leavesBy(machine.system, '172.31.40.11')).toBe('eth1');
  await expectIdle(machine);
});

test('an address that is gone from two readings is removed, and only that', async () => {
  const machine = await start({ recording: awsTwoEnis });
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.11', '172.31.40.12');
  await onceOk(machine);
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
  machine.metadata.clearLog();
  await onceOk(machine);
  const path = `macs/${eth1Mac}/local-ipv4s`;
  expect(machine.metadata.log.filter(r => r.path.endsWith(path))).toHaveLength(2);
  expect(machine.system.journal.filter(line => line.startsWith('run'))).toEqual([
    'run ip -4 addr del 172.31.40.11/32 dev eth1',
  ]);
  expect(addressesOf(machine, 'eth1')).toEqual(['172.31.40.10/32', '172.31.40.12/32']);
  await expectIdle(machine);
});

test('an address that only one of two readings lacks stays', async () => {
  const machine = await start({ recording: awsTwoEnis, metadataKeys: ['confirm-delay = 2'] });
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.11');
  await onceOk(machine);
  setAddresses(machine, eth1Mac, '172.31.40.10');
  // The pause between the two readings is on the virtual clock.
  machine.system.restart();
  machine.system.after(1000, () => setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.11'));
  expect(await machine.agent('once')).toMatchObject({ code: 0 });
  expect(machine.system.journal).toEqual([]);
  expect(addressesOf(machine, 'eth1')).toEqual(['172.31.40.10/32', '172.31.40.11/32']);
});

test('an ENI that comes back finds its slot again, though another one has come in between', async () => {
  const other = '0a:07:84:3d:6e:02';
  const machine = await start({ recording: awsTwoEnis });
  await onceOk(machine);
  const answers = machine.metadata.recording.responses;
  const own = Object.entries(answers).filter(([path]) => path.includes(`/${eth1Mac}/`));
  unlist(machine, eth1Mac);
  machine.detach('eth1');
  const elsewhere = own.map(([path, text]) => [
    path.replace(eth1Mac, other),
    String(text)
      .replaceAll('172.31.40', '172.31.80')
      .replace('172.31.32', '172.31.80')
      .replaceAll(eth1Mac, other),
  ]);
  machine.metadata.merge(Object.fromEntries(elsewhere));
  machine.attach(other, 'eth1');
  await onceOk(machine);
  expect(machine.state().slots).toEqual({ [eth1Mac]: 0, [other]: 1 });
  machine.metadata.merge(Object.fromEntries(own));
  machine.attach(eth1Mac, 'eth2');
  await onceOk(machine);
  expect(machine.state().applied.map(e => [e.link, e.table])).toEqual([
    ['eth2', 28000],
    ['eth1', 28001],
  ]);
  expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth2');
  expect(leavesBy(machine.system, '172.31.80.10')).toBe('eth1');
  await expectIdle(machine);
});

test.each([['renamed'], ['detached']])(
  'the primary has got the name of an ENI that is %s: nothing is done to that link',
  async fate => {
    const machine = await start({ recording: awsTwoEnis });
    await onceOk(machine);
    const { kernel } = machine.system;
    machine.detach('eth1');
    const rename = (link: string | undefined) => (link === 'eth0' ? 'eth1' : link);
    kernel.links = kernel.links.map(l => ({ ...l, name: rename(l.name)! }));
    kernel.addresses = kernel.addresses.map(a => ({ ...a, link: rename(a.link)! }));
    kernel.routes = kernel.routes.map(r => ({ ...r, link: rename(r.link) }));
    if (fate === 'renamed') machine.attach(eth1Mac, 'eth2');
    else machine.metadata.remove(`/latest/meta-data/network/interfaces/macs/${eth1Mac}/`);
    const before = kernel.addresses.filter(a => a.link === 'eth1');
    machine.system.journal = [];
    await onceOk(machine);
    expect(kernel.addresses.filter(a => a.link === 'eth1')).toEqual(before);
    expect(machine.system.journal.filter(line => /^run (ifdown|ifup|rm) .*eth1\b/.test(line))).toEqual([]);
    expect(Object.keys(machine.files()).some(path => path.includes('60-eni-eth1'))).toBe(false);
  },
);
