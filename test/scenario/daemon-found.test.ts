// What the made-up lives of test/property/daemon-life.test.ts have found, each told once more so that a person can read it.
import { describe, expect, test } from 'vitest';
import { type LifeEni, lifeSecondaries } from '../support/life-enis.ts';
import { createLifeMachine, type LifeMachine } from '../support/life-machine.ts';

const [first, second] = lifeSecondaries as [LifeEni, LifeEni];

describe('links that come back under each other’s names', () => {
  test('each ENI has its own file and addresses, and the one that came first is not taken down when the other comes', async () => {
    const machine = await machineWith([first, 'eth1'], [second, 'eth2']);
    machine.system.kernel.removeLink('eth1');
    machine.system.kernel.removeLink('eth2');
    await machine.runFor(5000);
    machine.plug(second, 'eth1');
    await machine.runFor(5000);
    // The name is the second one's now, whatever the first one had there.
    expect(filesOf(machine)).toEqual({ '60-eni-eth1': '172.31.48.40/32' });
    const gone: string[] = [];
    machine.onStep = () => {
      if (!addressesOf(machine).includes('eth1 172.31.48.40')) gone.push('eth1 172.31.48.40');
    };
    machine.plug(first, 'eth2');
    await machine.runFor(5000);
    expect(gone).toEqual([]);
    expect(addressesOf(machine)).toEqual(['eth1 172.31.48.40', 'eth2 172.31.32.30']);
    expect(filesOf(machine)).toEqual({ '60-eni-eth1': '172.31.48.40/32', '60-eni-eth2': '172.31.32.30/32' });
    expect(machine.daemon!.report().error).toBeNull();
  });
});

describe('a link that is renamed where it stands', () => {
  test('keeps its addresses, and no apply fails on the way', async () => {
    const machine = await machineWith([second, 'eth1']);
    const { system, daemon } = machine;
    // As `ip link set eth1 down; ip link set eth1 name lan1; ip link set lan1 up`.
    rename(machine, 'eth1', 'lan1');
    const lines = daemon!.log.length;
    await machine.runFor(5000);
    expect(daemon!.log.slice(lines).filter(line => /^(warn|error) /.test(line))).toEqual([]);
    expect(addressesOf(machine)).toEqual(['lan1 172.31.48.40']);
    expect(system.kernel.routes.filter(r => r.table === 28_000).map(r => r.link)).toEqual([
      'lan1',
      'lan1',
      'lan1',
    ]);
    // The rule of bound sockets names the link.
    expect(system.kernel.rules.flatMap(r => r.oif ?? [])).toEqual(['lan1']);
    expect(filesOf(machine)).toEqual({ '60-eni-lan1': '172.31.48.40/32' });
  });
});

test('two links that change names with each other where they stand: each ENI keeps its addresses', async () => {
  const machine = await machineWith([first, 'eth1'], [second, 'eth2']);
  rename(machine, 'eth1', 'spare');
  rename(machine, 'eth2', 'eth1');
  rename(machine, 'spare', 'eth2');
  await machine.runFor(5000);
  expect(addressesOf(machine)).toEqual(['eth1 172.31.48.40', 'eth2 172.31.32.30']);
  expect(filesOf(machine)).toEqual({ '60-eni-eth1': '172.31.48.40/32', '60-eni-eth2': '172.31.32.30/32' });
  expect(machine.daemon!.log.filter(line => /^(warn|error) /.test(line))).toEqual([]);
});

test('a link that was set down, with its addresses, while our file was deleted: both come back', async () => {
  const machine = await machineWith([second, 'eth1']);
  await machine.daemon!.stop();
  machine.kill();
  machine.system.kernel.setLink('eth1', { up: false });
  machine.system.files.delete('/etc/network/interfaces.d/60-eni-eth1');
  machine.start();
  await machine.runFor(5000);
  expect(machine.daemon!.report().error).toBeNull();
  expect(machine.system.kernel.links.find(l => l.name === 'eth1')?.up).toBe(true);
  expect(addressesOf(machine)).toEqual(['eth1 172.31.48.40']);
  expect(filesOf(machine)).toEqual({ '60-eni-eth1': '172.31.48.40/32' });
});

test('an ENI all of whose addresses are others now: the old ones go', async () => {
  const machine = await machineWith([first, 'eth1']);
  const { system, cloud } = machine;
  // IPv6 is what is left of it in the kernel, and just that is taken away in the cloud.
  await machine.daemon!.stop();
  machine.kill();
  system.kernel.deleteAddress('eth1', first.pool4[0]!, 32);
  cloud.unassign(first, first.pool6[0]!, 0);
  machine.start();
  await machine.runFor(10_000);
  expect(system.kernel.addresses.filter(a => a.link === 'eth1').map(a => a.ip)).toEqual([first.pool4[0]]);
});

/** A machine with these ENIs, configured and at rest. */
async function machineWith(...enis: readonly (readonly [LifeEni, string])[]): Promise<LifeMachine> {
  const machine = createLifeMachine('aws');
  for (const [eni, name] of enis) {
    machine.cloud.attach(eni, 0);
    machine.plug(eni, name);
  }
  machine.start();
  await machine.runFor(120_000);
  expect(machine.daemon!.report().enis.map(e => e.state)).toEqual(enis.map(() => 'working'));
  return machine;
}

function rename({ system: { kernel } }: LifeMachine, from: string, to: string): void {
  const moved = <T extends { readonly link: string | undefined }>(list: readonly T[]) =>
    list.map(o => (o.link === from ? { ...o, link: to } : o));
  kernel.setLink(from, { up: false });
  kernel.links = kernel.links.map(l => (l.name === from ? { ...l, name: to } : l));
  kernel.addresses = moved(kernel.addresses);
  kernel.setLink(to, { up: true });
}

/** IPv4 addresses of the secondary links, `LINK IP`. */
function addressesOf({ system, isSecondary }: LifeMachine): readonly string[] {
  return system.kernel.addresses
    .filter(a => a.family === 4 && isSecondary(a.link))
    .map(a => `${a.link} ${a.ip}`)
    .sort();
}

/** Name of each owned file to the first address in it. */
function filesOf({ system }: LifeMachine): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...system.files]
      .filter(([path]) => path.includes('/60-eni-'))
      .map(([path, { content }]) => [path.split('/').at(-1)!, /address (\S+)/.exec(content)?.[1] ?? ''])
      .sort(([a], [b]) => (a! < b! ? -1 : 1)),
  );
}
