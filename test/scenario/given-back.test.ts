// The limits of giving back: not to another device, not after a reboot, not what has run out, what somebody else has by now, or what would be
// asked before the primary. And what goes for good with a take-over.
import { describe, expect, test } from 'vitest';
import type { Machine, MachineSpec } from '../support/fake-machine.ts';
import { strictPicture } from '../support/strict-picture.ts';
import {
  addressesOf,
  awsTwoEnis,
  awsTwoSecondaries,
  eth1Mac,
  eth2Mac,
  expectIdle,
  onceOk,
  setAddresses,
  unlist,
  useMachines,
} from './story.ts';
import { travels } from './travels.ts';

const start = useMachines();
const conf = '/etc/eni-agent/eni-agent.conf';
const lease = 'addr replace 172.31.40.10/20 dev eth1 broadcast + valid_lft 1800 preferred_lft 1800';
const dhcpDefault = 'route add default via 172.31.32.1 dev eth1 proto dhcp metric 1003';

async function found(lines: readonly string[], spec: Partial<MachineSpec> = {}): Promise<Machine> {
  const machine = await start({ recording: awsTwoEnis, ...spec });
  for (const line of ['link set dev eth1 up', ...lines]) machine.system.sh(`ip ${line}`);
  return machine;
}

async function remove(machine: Machine) {
  machine.system.restart();
  const outcome = await machine.agent('remove');
  expect(outcome.code, outcome.err).toBe(0);
  return outcome;
}

function defaultsOf(machine: Machine) {
  const { routes } = machine.system.kernel;
  return routes.filter(r => r.table === 254 && r.destination.endsWith('/0')).map(r => [r.link, r.metric]);
}

describe.each(travels)('$backend: a take-over', ({ backend }) => {
  test('takes what a DHCP client and a router have left, and leaves what somebody has added by hand', async () => {
    const machine = await found(
      [
        lease,
        dhcpDefault,
        'addr replace 172.31.40.11/20 dev eth1 valid_lft 1800 preferred_lft 1800',
        '-6 addr replace 2001:db8:77::7/64 dev eth1 mngtmpaddr valid_lft 2592000 preferred_lft 604800',
        '-6 route add default via fe80::1 dev eth1 proto ra metric 1024 expires 1800',
      ],
      { backend },
    );
    await onceOk(machine);
    expect(addressesOf(machine, 'eth1')).toEqual(['172.31.40.10/32']);
    expect(defaultsOf(machine)).toEqual([['eth0', undefined]]);
    const byEth1 = machine.system.kernel.routes.filter(r => r.link === 'eth1' && r.table === 254);
    expect(byEth1).toEqual([]);
    await expectIdle(machine);
  });

  test('makes its own address last', async () => {
    const machine = await found(['addr replace 172.31.40.10/32 dev eth1 valid_lft 60 preferred_lft 60'], {
      backend,
    });
    await onceOk(machine);
    expect(machine.system.kernel.addresses.filter(a => a.link === 'eth1').map(a => a.dynamic)).toEqual([
      false,
    ]);
  });
});

// The primary is guessed by the default route that is asked first, until the metadata has said which it is.
test('a default route that dhcpcd has left before the primary’s does not hide whose machine it is', async () => {
  const machine = await start({ recording: awsTwoEnis, backend: 'networkd' });
  machine.system.files.delete('/etc/systemd/network/80-others.network');
  machine.reboot();
  for (const line of [
    'route del default dev eth0',
    'route add default via 172.31.16.1 dev eth0 proto dhcp metric 1024',
    lease,
    dhcpDefault,
  ])
    machine.system.sh(`ip ${line}`);
  await onceOk(machine);
  expect(defaultsOf(machine)).toEqual([['eth0', 1024]]);
});

test('a static address in the subnet of a lease that goes stays, with its connected route', async () => {
  const lines = [
    'addr replace 192.0.2.5/24 dev eth1 valid_lft 60 preferred_lft 60',
    'addr add 192.0.2.6/24 dev eth1',
  ];
  const machine = await found(lines);
  await onceOk(machine);
  expect(addressesOf(machine, 'eth1').toSorted()).toEqual(['172.31.40.10/32', '192.0.2.6/24']);
  expect(machine.system.kernel.describe()).toContain('route 254 192.0.2.0/24 dev eth1');
});

test('an ENI with DHCP keeps its lease: the client is its own', async () => {
  const machine = await found([], { config: `[eni "${eth1Mac}"]\nmode = dhcp\n` });
  await onceOk(machine);
  expect(machine.system.kernel.addresses.filter(a => a.link === 'eth1').map(a => a.dynamic)).toEqual([true]);
});

test.each([
  { beside: 'nothing', lines: [] },
  // Of networkd, NetworkManager or dhcpcd, which mark their routes: this one is not the client's.
  { beside: 'a lease and its own route', lines: [lease, dhcpDefault] },
])(
  'a default route by hand, beside $beside, is nobody’s leftover: the link is left alone',
  async ({ lines }) => {
    const machine = await found([...lines, 'route add default via 172.31.32.1 dev eth1 onlink metric 50']);
    machine.system.restart();
    const before = await strictPicture(machine);
    const { code, out } = await machine.agent('once');
    expect(code).toBe(2);
    expect(out).toContain('was not added by eni-agent');
    expect(await strictPicture(machine)).toEqual(before);
  },
);

describe('"remove" gives nothing back', () => {
  const taken = [lease, dhcpDefault];

  test('in another boot', async () => {
    const machine = await found(taken);
    await onceOk(machine);
    machine.reboot();
    await remove(machine);
    expect(addressesOf(machine, 'eth1')).toEqual([]);
    expect(defaultsOf(machine)).toEqual([['eth0', undefined]]);
  });

  test('to another device with the name and the MAC', async () => {
    const machine = await found(taken);
    await onceOk(machine);
    machine.detach('eth1');
    machine.system.kernel.addLink({ name: 'spare', mac: '02:00:00:00:00:99' });
    machine.attach(eth1Mac, 'eth1');
    await onceOk(machine);
    await remove(machine);
    expect(addressesOf(machine, 'eth1')).toEqual([]);
  });

  test('that has run out', async () => {
    const machine = await found(taken);
    await onceOk(machine);
    await machine.system.sleep(1_900_000);
    await remove(machine);
    expect(addressesOf(machine, 'eth1')).toEqual([]);
  });

  test('that another ENI has by now', async () => {
    const machine = await found(['addr replace 172.31.40.77/20 dev eth1 valid_lft 9000 preferred_lft 9000'], {
      recording: awsTwoSecondaries,
    });
    await onceOk(machine);
    setAddresses(machine, eth2Mac, '172.31.40.20', '172.31.40.77');
    await onceOk(machine);
    await remove(machine);
    expect(addressesOf(machine, 'eth1')).toEqual([]);
  });

  test('that would be asked before the primary', async () => {
    const machine = await found([lease, 'route add default via 172.31.32.1 dev eth1 proto dhcp metric 5']);
    await onceOk(machine);
    machine.system.sh('ip route del default dev eth0');
    machine.system.sh('ip route add default via 172.31.16.1 dev eth0 metric 100');
    await remove(machine);
    expect(addressesOf(machine, 'eth1')).toEqual(['172.31.40.10/20']);
    expect(defaultsOf(machine)).toEqual([['eth0', 100]]);
  });
});

test('what is left of a lifetime comes back', async () => {
  const machine = await found([lease]);
  await onceOk(machine);
  await machine.system.sleep(600_000);
  await remove(machine);
  const [address] = machine.system.kernel.addresses.filter(a => a.link === 'eth1');
  expect(address?.lifetime).toBeLessThanOrEqual(1200);
  expect(address?.lifetime).toBeGreaterThan(1100);
});

test('what somebody has added to a configured ENI stays with "remove", and with an ENI that is ignored', async () => {
  for (const isIgnored of [true, false]) {
    const machine = await found([]);
    await onceOk(machine);
    machine.system.sh('ip addr add 192.0.2.9/24 dev eth1');
    machine.system.sh('ip route add 198.18.0.0/15 via 192.0.2.1 dev eth1');
    if (isIgnored) {
      machine.system.put(
        conf,
        `${machine.system.files.get(conf)!.content}\n[eni "${eth1Mac}"]\nignore = yes\n`,
      );
      await onceOk(machine);
    } else await remove(machine);
    expect(addressesOf(machine, 'eth1')).toEqual(['192.0.2.9/24']);
    expect(machine.system.kernel.describe()).toContain('route 254 198.18.0.0/15 via 192.0.2.1 dev eth1');
  }
});

test('an ENI that the cloud has taken away gives nothing back: its link is about to go', async () => {
  const machine = await found([lease]);
  await onceOk(machine);
  unlist(machine, eth1Mac);
  await onceOk(machine);
  expect(addressesOf(machine, 'eth1')).toEqual([]);
  expect(machine.state().taken).toEqual({});
});
