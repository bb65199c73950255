// Somebody changes what is ours: it is put back within a second of the event, with one line in the log that says what had changed, and
// whether or not the metadata answers. What is foreign may change as it likes.
import { describe, expect, test } from 'vitest';
import type { Machine, Picture } from '../support/fake-machine.ts';
import { type Life, useDaemons } from './daemon-story.ts';
import { addressesOf, awsTwoEnis, eth1Mac, leavesBy, setAddresses } from './story.ts';

const start = useDaemons();
const file = '/etc/network/interfaces.d/60-eni-eth1';

interface Fault {
  readonly name: string;
  readonly act: (machine: Machine) => void;
  /** What the log says. */
  readonly says: RegExp;
  /** Lines in the log, if not one: ifupdown can only take such a link down and bring it up again. */
  readonly lines?: number;
}

const faults: readonly Fault[] = [
  {
    name: 'a rule deleted',
    act: m => m.system.sh('ip -4 rule del priority 28600'),
    says: /drift=missing: rule 4 28600/,
  },
  {
    name: 'the table flushed',
    act: m => m.system.sh('ip -4 route flush table 28000'),
    says: /missing: route 28000 0.0.0.0\/0 via/,
  },
  {
    name: 'an address deleted',
    act: m => m.system.sh('ip addr del 172.31.40.11/32 dev eth1'),
    says: /missing: address eth1 172.31.40.11\/32/,
  },
  {
    name: 'all addresses flushed',
    act: m => m.system.sh('ip addr flush dev eth1'),
    says: /missing: address eth1 172.31.40.10\/32/,
  },
  { name: 'an owned file edited', act: m => edit(m, '.11', '.77'), says: /60-eni-eth1 was changed/ },
  {
    name: 'an owned file deleted',
    act: m => void m.system.files.delete(file),
    says: /60-eni-eth1 is missing/,
  },
  {
    name: 'the link set down',
    act: m => m.system.sh('ip link set dev eth1 down'),
    says: /link eth1 is down/,
    lines: 2,
  },
  { name: 'ifdown', act: m => m.system.sh('ifdown eth1'), says: /missing: address eth1/ },
  {
    name: 'the network service restarted without our file',
    act(m) {
      m.system.sh('ifdown eth1');
      m.system.files.delete(file);
      m.system.bootNetwork();
    },
    says: /172.31.40.11/,
  },
  {
    name: 'a route that a former plan would have had',
    act: m => m.system.sh('ip -4 route add 172.31.0.0/16 dev eth1 table 28000'),
    says: /172.31.0.0\/16/,
  },
];

describe('repaired within a second, and told once', () => {
  test.each(faults)('$name', async ({ act, says, lines = 1 }) => {
    const { machine, daemon, reads, good } = await settled();
    const [logged, asked] = [daemon.log.length, reads.length];
    act(machine);
    expect(machine.picture()).not.toEqual(good);
    await daemon.runFor(999);
    expect(machine.picture()).toEqual(good);
    expect(daemon.log.slice(logged)).toHaveLength(lines);
    expect(daemon.log.at(-1)).toMatch(/^info repaired: /);
    expect(daemon.log.at(-1)).toMatch(says);
    expect(daemon.report().counters).toMatchObject({ repairs: 1, changes: 2, failures: 0 });
    expect(daemon.report().enis).toMatchObject([{ state: 'working' }]);
    // It goes by what the metadata said last.
    expect(reads.length).toBe(asked);
  });

  test.each(faults)('$name, while the metadata is down', async ({ act }) => {
    const { machine, daemon, service, good } = await settled();
    service.fault = () => ({ status: 503, body: '' });
    await daemon.runFor(200_000);
    expect(daemon.report().mood).toBe('failing');
    act(machine);
    await daemon.runFor(999);
    expect(machine.picture()).toEqual(good);
    expect(daemon.report().metadata.state).toBe('failing');
    expect(daemon.report().error).not.toBeNull();
  });
});

test('a restart of the service that ends as it began is no drift', async () => {
  const { machine, daemon, good } = await settled();
  machine.system.sh('ifdown eth1');
  machine.system.bootNetwork();
  await daemon.runFor(5000);
  expect(machine.picture()).toEqual(good);
  expect(daemon.report().counters.repairs).toBe(0);
});

test('drift in the middle of a repair is seen after it', async () => {
  const { machine, daemon, good } = await settled();
  machine.system.interfere({
    match: /^run ifup --force eth1|^run ip -4 rule add/,
    when: 'after',
    times: 1,
    act: () => machine.system.sh('ip -4 rule del priority 28300'),
  });
  machine.system.sh('ip -4 rule del priority 28600');
  await daemon.runFor(15_000);
  expect(machine.picture()).toEqual(good);
});

describe('files of others', () => {
  test('one that now claims the ENI: it is left alone with what it has, and the report says whose it is', async () => {
    const { machine, daemon, good } = await settled();
    machine.system.put('/etc/network/interfaces.d/50-mine', 'auto eth1\niface eth1 inet dhcp\n');
    await daemon.runFor(1000);
    expect(machine.picture().kernel).toEqual(good.kernel);
    expect(daemon.report().enis).toMatchObject([
      { mac: eth1Mac, state: 'left-alone', text: expect.stringContaining('50-mine') },
    ]);
    machine.system.files.delete('/etc/network/interfaces.d/50-mine');
    await daemon.runFor(1000);
    expect(daemon.report().enis).toMatchObject([{ state: 'working' }]);
    expect(machine.picture()).toEqual(good);
  });

  test('an owned file that lost our marker is theirs from now on', async () => {
    const { machine, daemon, good } = await settled();
    const text = machine.system.files.get(file)!.content.split('\n').slice(1).join('\n');
    machine.system.put(file, text);
    await daemon.runFor(2000);
    expect(machine.system.files.get(file)!.content).toBe(text);
    expect(machine.picture().kernel).toEqual(good.kernel);
    expect(daemon.report().enis).toMatchObject([{ state: 'left-alone' }]);
  });

  test('one that has nothing to do with us', async () => {
    const { machine, daemon } = await settled();
    machine.system.put('/etc/network/interfaces.d/20-docker', 'auto docker0\n');
    machine.system.journal = [];
    await daemon.runFor(2000);
    expect(machine.system.journal.filter(line => !line.includes('/run/eni-agent/'))).toEqual([]);
  });
});

/** A quiet daemon, and an ENI with two addresses. */
async function settled(): Promise<Life & { readonly good: Picture }> {
  const life = await start({
    recording: awsTwoEnis,
    prepare: m => setAddresses(m, eth1Mac, '172.31.40.10', '172.31.40.11'),
  });
  await life.daemon.runFor(300_000);
  expect(leavesBy(life.machine.system, '172.31.40.11')).toBe('eth1');
  expect(addressesOf(life.machine, 'eth1')).toHaveLength(2);
  return { ...life, good: life.machine.picture() };
}

function edit(machine: Machine, from: string, to: string): void {
  machine.system.put(file, machine.system.files.get(file)!.content.replaceAll(from, to));
}
