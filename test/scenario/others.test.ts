// What other people and programs have on the machine: it is neither overwritten nor used nor taken away, whatever we do.
import { describe, expect, test } from 'vitest';
import type { Machine } from '../support/fake-machine.ts';
import {
  addressesOf,
  awsTwoEnis,
  awsTwoSecondaries,
  eth1Mac,
  eth2Mac,
  expectIdle,
  leavesBy,
  once,
  onceOk,
  setAddresses,
  unlist,
  useMachines,
} from './story.ts';

const start = useMachines();
const file = '/etc/network/interfaces.d/60-eni-eth1';

test('a file of somebody else has our name: the ENI is left alone, the others go on', async () => {
  const machine = await start({ recording: awsTwoSecondaries });
  machine.system.put(file, '# written by hand\n');
  const outcome = await once(machine);
  expect(outcome.code).toBe(2);
  expect(outcome.out).toContain(`${file} was not written by eni-agent`);
  expect(machine.files()[`${file} 644`]).toBe('# written by hand\n');
  expect(machine.system.kernel.link('eth1').up).toBe(false);
  expect(machine.state().applied.map(e => e.mac)).toEqual([eth2Mac]);
  await expectIdle(machine, 2);
  // It is moved away: the next pass does what it would have done.
  machine.system.files.delete(file);
  await onceOk(machine);
  expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth1');
});

test.each([
  ['in /etc/network/interfaces', '/etc/network/interfaces'],
  ['in a file of interfaces.d', '/etc/network/interfaces.d/50-cloud-init'],
])('an iface stanza of somebody else %s: the link is theirs', async (_name, path) => {
  const machine = await start({ recording: awsTwoEnis });
  const before = machine.system.files.get(path)?.content ?? '';
  machine.system.put(path, `${before}\nauto eth1\niface eth1 inet dhcp\n`);
  const outcome = await once(machine);
  expect(outcome.code).toBe(2);
  const line = before.split('\n').length + 2;
  expect(outcome.out).toContain(`${path}:${line}: "iface eth1 inet dhcp" configures eth1`);
  expect(machine.system.kernel.link('eth1').up).toBe(false);
  expect(machine.system.files.has(file)).toBe(false);
  await expectIdle(machine, 2);
});

test('a link whose name no file can carry is left alone, and the others go on', async () => {
  const machine = await start({ recording: awsTwoSecondaries });
  machine.detach('eth1');
  // The kernel takes both; a dash in front is an option to every tool, a dot hides a file.
  machine.attach(eth1Mac, '-x');
  await onceOk(machine);
  expect(machine.state().applied.map(e => e.link)).toEqual(['eth2']);
  expect(machine.system.kernel.link('-x').up).toBe(false);
  machine.system.restart();
  expect((await machine.agent('plan')).out).toContain(
    'has a name that cannot be written to a configuration file',
  );
});

// `ifup` would end with "Address already assigned" (0.8.41), and taking that back would flush what somebody had added.
test('somebody has added the address by hand before us: it is taken over', async () => {
  const machine = await start({ recording: awsTwoEnis });
  machine.system.sh('ip link set dev eth1 up');
  machine.system.sh('ip addr add 172.31.40.10/32 dev eth1');
  await onceOk(machine);
});

// Our file turns them off before the link is up, and here it was up before us.
test('what is taken over hears no more router advertisements', async () => {
  const machine = await start({ recording: awsTwoEnis });
  machine.system.sh('ip link set dev eth1 up');
  machine.system.sh('ip addr add 172.31.40.10/32 dev eth1');
  const key = '/proc/sys/net/ipv6/conf/eth1/accept_ra';
  expect(await machine.system.readFile(key)).toBe('1\n');
  await onceOk(machine);
  expect(await machine.system.readFile(key)).toBe('0\n');
});

test('a stanza that appears later: what we applied stays, and is not applied again', async () => {
  const machine = await start({ recording: awsTwoEnis });
  await onceOk(machine);
  const kernel = machine.system.kernel.describe();
  machine.system.put('/etc/network/interfaces.d/99-admin', 'iface eth1 inet manual\n');
  expect((await once(machine)).code).toBe(2);
  expect(machine.system.kernel.describe()).toEqual(kernel);
  expect(machine.system.files.has(file)).toBe(true);
  await expectIdle(machine, 2);
});

test('the hot-plug helper of the cloud image was faster: its DHCP is stopped, its file makes way', async () => {
  const machine = await start({ recording: awsTwoEnis });
  const helper = '/run/network/interfaces.d/eth1';
  const interfaces = machine.system.files.get('/etc/network/interfaces')!.content;
  machine.system.put('/etc/network/interfaces', `source-directory /run/network/interfaces.d\n${interfaces}`);
  machine.system.put(helper, 'auto eth1\nallow-hotplug eth1\niface eth1 inet dhcp\n');
  machine.system.sh('ifup eth1');
  await onceOk(machine);
  const runs = machine.system.journal.filter(line => line.startsWith('run') || line.includes(helper));
  expect(runs).toEqual([
    'run ip link set dev eth0 group 28000',
    'run ifdown --force eth1',
    `remove ${helper}`,
    'run ifup --force eth1',
  ]);
  expect(machine.system.kernel.addresses.filter(a => a.link === 'eth1').map(a => a.dynamic)).toEqual([false]);
  await expectIdle(machine);
});

test('a default route that the helper had leaked into main goes with it', async () => {
  const machine = await start({ recording: awsTwoEnis });
  const interfaces = machine.system.files.get('/etc/network/interfaces')!.content;
  machine.system.put('/etc/network/interfaces', `source-directory /run/network/interfaces.d\n${interfaces}`);
  machine.system.put('/run/network/interfaces.d/eth1', 'iface eth1 inet dhcp\n');
  machine.system.sh('ifup eth1');
  machine.system.sh('ip route add default via 172.31.32.1 dev eth1 onlink metric 200');
  await onceOk(machine);
  const defaults = machine.system.kernel.routes.filter(r => r.table === 254 && r.destination === '0.0.0.0/0');
  expect(defaults.map(r => r.link)).toEqual(['eth0']);
});

describe('things in the kernel', () => {
  /** A VIP, a rule and a route in the middle of our numbers, and one beside each of our own objects. */
  const foreign = [
    'ip addr add 172.31.40.99/32 dev eth1',
    'ip route add 10.99.0.0/16 via 172.31.32.1 dev eth1 onlink',
    'ip -4 rule add from 10.77.0.0/16 lookup 28999 priority 28400',
    'ip -4 rule add from 10.77.0.0/16 lookup 500 priority 28600',
    'ip -4 rule add from 172.31.40.99/32 lookup 500 priority 28299',
    'ip route add 10.77.0.0/16 via 172.31.16.1 dev eth0 table 28999',
    'ip -6 rule add from 2001:db8:77::/48 lookup 501 priority 400',
  ];

  test('survive an added, a removed address and a second ENI', async () => {
    const machine = await start({ recording: awsTwoSecondaries });
    const complete = machine.metadata.recording;
    unlist(machine, eth2Mac);
    await onceOk(machine);
    const alone = machine.system.kernel.describe();
    for (const line of foreign) machine.system.sh(line);
    const theirs = machine.system.kernel.describe().filter(line => !alone.includes(line));
    expect(theirs).toHaveLength(foreign.length);
    const expectTheirs = () =>
      expect(theirs.filter(line => !machine.system.kernel.describe().includes(line))).toEqual([]);
    await expectIdle(machine);

    setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.11', '172.31.40.12');
    await onceOk(machine);
    expectTheirs();
    setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
    await onceOk(machine);
    expectTheirs();
    machine.metadata.replace(complete);
    await onceOk(machine);
    expectTheirs();
    await expectIdle(machine);
  });

  test('that do not hang on the ENI survive its end, and "remove"', async () => {
    const machine = await start({ recording: awsTwoEnis });
    await onceOk(machine);
    const elsewhere = foreign.filter(line => !line.includes('dev eth1'));
    const alone = machine.system.kernel.describe();
    for (const line of elsewhere) machine.system.sh(line);
    const theirs = machine.system.kernel.describe().filter(line => !alone.includes(line));
    machine.system.restart();
    expect((await machine.agent('remove')).code).toBe(0);
    const left = machine.system.kernel.describe();
    expect(theirs.filter(line => !left.includes(line))).toEqual([]);
    expect(left.filter(line => line.includes('eth1'))).toEqual(['link eth1 down mtu 1500']);
  });

  test('a table and a priority that are taken are not used: the ENI gets the next slot', async () => {
    const machine = await start({ recording: awsTwoEnis });
    machine.system.sh('ip route add 10.77.0.0/16 via 172.31.16.1 dev eth0 table 28000');
    machine.system.sh('ip -4 rule add from 10.77.0.0/16 lookup 500 priority 28601');
    await onceOk(machine);
    expect(machine.state().applied.map(e => [e.slot, e.table])).toEqual([[2, 28002]]);
    await expectIdle(machine);
  });
});

describe('what its owner takes away while an apply runs', () => {
  const rule = 'from 192.0.2.0/24 lookup 77 priority 500';
  const theirs = (machine: Machine) =>
    machine.system.kernel.describe().filter(line => /192\.0\.2\.0|40\.200/.test(line));

  // A pod has ended, an address has moved to another machine. ifupdown deletes nothing of others, so nothing is put back; what the
  // services that do delete it cost is the matrix's to show.
  test('stays away', async () => {
    const machine = await start({ recording: awsTwoEnis });
    await onceOk(machine);
    machine.system.sh(`ip -4 rule add ${rule}`);
    machine.system.sh('ip addr add 172.31.40.200/32 dev eth1');
    expect(theirs(machine)).toHaveLength(2);
    setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
    machine.system.interfere({
      match: /^write .*60-eni-eth1/,
      when: 'after',
      times: 1,
      act: () => {
        machine.system.sh(`ip -4 rule del ${rule}`);
        machine.system.sh('ip addr del 172.31.40.200/32 dev eth1');
      },
    });
    await onceOk(machine);
    expect(theirs(machine)).toEqual([]);
    expect(addressesOf(machine, 'eth1')).toContain('172.31.40.12/32');
  });
});

test('a default route that comes into main in an apply by an ENI we have: the same apply takes it away', async () => {
  const machine = await start({ recording: awsTwoEnis });
  await onceOk(machine);
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
  const route = 'default via 172.31.32.1 dev eth1 onlink metric 100';
  machine.system.interfere({
    match: /^write .*60-eni-eth1/,
    when: 'after',
    times: 1,
    act: () => machine.system.sh(`ip route add ${route}`),
  });
  await onceOk(machine);
  expect(machine.system.journal.join('\n')).toMatch(/route del .*via 172\.31\.32\.1 dev eth1.* metric 100/);
  await expectIdle(machine);
});
