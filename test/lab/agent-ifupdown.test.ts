// The real agent on the real ifupdown: ENIs come, change, survive a reboot without the agent, and go; every address is pinged
// in both directions under strict rp_filter, and the primary and everything foreign notices nothing.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Outcome } from './command.ts';
import { type Emulator, startEmulator } from './emulator.ts';
import { countEvents } from './event-counter.ts';
import { createGuest, type Guest, guestOk, listGuestDir, rebootGuest, runAgent, stopGuest } from './guest.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import {
  assignAddress,
  attachEni,
  createVpc,
  destroyVpc,
  detachEni,
  readSpoofDrops,
  unassignAddress,
  type Vpc,
} from './vpc.ts';
import type { EniSpec } from './vpc-spec.ts';

/** An ENI with three IPv4 addresses and one IPv6 address; `subnet` is the third number of its subnets. */
function eniSpec(link: string, subnet: number, first: number): EniSpec {
  return {
    link,
    mac: `00:16:3e:00:01:0${link.at(-1)}`,
    advertise: true,
    subnets: [
      { subnet: `10.0.${subnet}.0/24`, addresses: [0, 1, 2].map(n => `10.0.${subnet}.${first + n}`) },
      { subnet: `2001:db8:${subnet}::/64`, addresses: [`2001:db8:${subnet}::${first}`] },
    ],
  };
}

const primary: EniSpec = {
  link: 'eth0',
  mac: '00:16:3e:00:01:00',
  subnets: [
    { subnet: '10.0.1.0/24', addresses: ['10.0.1.10'] },
    { subnet: '2001:db8:1::/64', addresses: ['2001:db8:1::10'] },
  ],
};
const eth1 = eniSpec('eth1', 2, 10);
/** Shares eth1's subnets. */
const eth2 = eniSpec('eth2', 2, 20);
const eth3 = eniSpec('eth3', 3, 10);

describe.each(['aws', 'alibaba'] as const)('%s on ifupdown', provider => {
  let vpc: Vpc;
  let guest: Guest;
  let emulator: Emulator;

  beforeAll(async () => {
    vpc = await createVpc({ name: `if${provider}`, provider, enis: [primary, eth1, eth3] });
    emulator = await startEmulator(vpc);
    guest = await createGuest(vpc);
    await makeForeignThings();
  });
  afterAll(async () => {
    await emulator?.stop();
    if (guest !== undefined) await stopGuest(guest);
    if (vpc !== undefined) await destroyVpc(vpc);
  });

  /** A container bridge, a rule, routes: what other programs own on a real machine. */
  async function makeForeignThings(): Promise<void> {
    const lines = [
      'link add name br0 type bridge',
      'link set dev br0 up',
      'addr add 172.17.0.1/16 dev br0',
      'route add 198.51.100.0/24 via 10.0.1.1 dev eth0 onlink',
      'route add default via 10.0.1.1 dev eth0 onlink table 500',
      'rule add from 172.17.0.0/16 lookup 500 priority 500',
      // Amid the agent's own numbers.
      'rule add fwmark 7 lookup 500 priority 28450',
    ];
    await guestOk(guest, ['ip', '-batch', '-'], { input: `${lines.join('\n')}\n` });
  }

  async function readForeignThings(): Promise<readonly string[]> {
    const show = async (...args: readonly string[]) =>
      (await guestOk(guest, ['ip', ...args])).trim().split('\n');
    const rules = (await show('rule')).filter(line => /^(500|28450):/.test(line));
    const routes = (await show('route', 'show', 'table', 'all')).filter(line =>
      /198\.51\.100|table 500|br0/.test(line),
    );
    const bridge = (await show('-br', 'addr', 'show', 'dev', 'br0')).map(line =>
      line.split(/\s+/).slice(0, 3).join(' '),
    );
    const resolv = await guestOk(guest, ['cat', '/etc/resolv.conf', '/etc/network/interfaces']);
    return [...rules, ...routes, ...bridge, resolv];
  }

  /** One pass: ends with 0, no event on eth0, nothing foreign changed, no packet with a foreign source. */
  async function once(): Promise<Outcome> {
    const [foreign, drops] = [await readForeignThings(), await readSpoofDrops(vpc)];
    const { events, result } = await countEvents(vpc, () => runAgent(guest, ['once']));
    expect(result.exitCode, `${result.stdout}${result.stderr}`).toBe(0);
    expect(events.of('eth0')).toEqual([]);
    expect(events.of('br0')).toEqual([]);
    expect(await readForeignThings()).toEqual(foreign);
    expect((await readSpoofDrops(vpc)).total).toBe(drops.total);
    return result;
  }

  async function expectAllPings(count: number): Promise<void> {
    const before = await readSpoofDrops(vpc);
    const results = await pingMatrix(guest);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
    expect(results.length).toBe(count * 3);
    expect((await readSpoofDrops(vpc)).total).toBe(before.total);
  }

  /** Pings lost on one address while `action` runs: one every 20 ms, until it ends. */
  async function lostDuring(address: string, action: () => Promise<unknown>): Promise<number> {
    const script = `ping -n -q -i 0.02 -W 1 -I ${address} 203.0.113.9 > /tmp/ping & p=$!
      while [ ! -e /tmp/stop ]; do sleep 0.05; done; kill -INT $p; wait $p; rm -f /tmp/stop; cat /tmp/ping`;
    const pinging = guestOk(guest, ['sh', '-c', script], { timeout: 60_000 });
    await new Promise(resolve => setTimeout(resolve, 300));
    await action();
    await guestOk(guest, ['touch', '/tmp/stop']);
    const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(await pinging) ?? [];
    expect(Number(sent)).toBeGreaterThan(20);
    // The last one may still be on its way when ping is told to stop.
    return Math.max(0, Number(sent) - Number(received) - 1);
  }

  test('plan changes nothing', async () => {
    const { events, result } = await countEvents(vpc, () => runAgent(guest, ['plan']));
    expect(result.exitCode, result.stderr).toBe(2);
    expect(events.lines).toEqual([]);
    expect(listGuestDir(guest, '/etc/network/interfaces.d')).toEqual([]);
  });

  test('two ENIs are added, and work from every address both ways', async () => {
    await once();
    await expectAllPings(2 + 4 + 4);
    for (const family of ['-4', '-6']) {
      const defaults = await guestOk(guest, ['ip', family, 'route', 'show', 'default']);
      expect(defaults.split('\n').filter(line => /eth[13]/.test(line))).toEqual([]);
    }
    // A specific route in main (the bridge) wins over the ENI's default.
    expect(await guestOk(guest, ['ip', 'route', 'get', '172.17.0.9', 'from', '10.0.2.11'])).toContain(
      'dev br0',
    );
  });

  test('a second pass does nothing at all', async () => {
    const { events, result } = await countEvents(vpc, () => runAgent(guest, ['once']));
    expect(result.exitCode).toBe(0);
    expect(events.lines).toEqual([]);
  });

  test('addresses come and go without a lost packet on the others', async () => {
    await assignAddress(vpc, 'eth3', '10.0.3.13');
    await unassignAddress(vpc, 'eth3', '10.0.3.12');
    await emulator.sync();
    expect(await lostDuring('10.0.3.11', once)).toBe(0);
    expect(await guestOk(guest, ['ip', 'addr', 'show', 'dev', 'eth3'])).not.toContain('10.0.3.12/');
    await expectAllPings(2 + 4 + 4);
  });

  test('a second ENI joins a subnet: the first keeps every packet, both work', async () => {
    await attachEni(vpc, eth2);
    await emulator.sync();
    expect(await lostDuring('10.0.2.11', once)).toBe(0);
    await expectAllPings(2 + 4 + 4 + 4);
  });

  test('after a reboot everything is back before the agent has run, and the agent finds nothing to do', async () => {
    await rebootGuest(guest);
    await makeForeignThings();
    await expectAllPings(2 + 4 + 4 + 4);
    const { events, result } = await countEvents(vpc, () => runAgent(guest, ['once']));
    expect(result.exitCode, `${result.stdout}${result.stderr}`).toBe(0);
    expect(events.lines).toEqual([]);
  });

  test('an ENI leaves the shared subnet: the other goes on without a lost packet', async () => {
    await detachEni(vpc, 'eth2');
    await emulator.sync();
    expect(await lostDuring('10.0.2.11', once)).toBe(0);
    await expectAllPings(2 + 4 + 4);
  });

  test('after all are detached nothing of ours is left', async () => {
    await detachEni(vpc, 'eth1');
    await detachEni(vpc, 'eth3');
    await emulator.sync();
    await once();
    await expectAllPings(2);
    for (const family of ['-4', '-6']) {
      const rules = (await guestOk(guest, ['ip', family, 'rule'])).trim().split('\n');
      expect(rules.filter(line => /^28\d{3}:/.test(line) && !line.startsWith('28450:'))).toEqual([]);
    }
    expect(await guestOk(guest, ['ip', 'route', 'show', 'table', 'all'])).not.toContain('table 280');
    expect(listGuestDir(guest, '/etc/network/interfaces.d')).toEqual([]);
  });
});
