// The acceptance of the ifupdown backend: three ENIs with three addresses each and IPv6, the real ifupdown, strict reverse path
// filters on both ends, a VPC that drops every spoofed packet; and a primary that must not notice any of it.
// needs: tree bookworm
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost, networkState } from './agent-host.ts';
import { countEvents } from './event-counter.ts';
import { guestOk, runInGuest } from './guest-commands.ts';
import { readGuestFile, writeGuestFile } from './guest-files.ts';
import { rebootGuest } from './guest-power.ts';
import { createNamespace, ipBatch, labName, removeNamespace } from './namespace.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import { assignAddress, attachEni, detachEni, readSpoofDrops, unassignAddress } from './vpc.ts';
import type { EniSpec } from './vpc-spec.ts';

const eni = (number: number, net = number): EniSpec => ({
  link: `eth${number}`,
  mac: `02:00:00:00:00:0${number + 1}`,
  // The router advertises itself on every ENI: a static ENI must not take a default route from it.
  advertise: number > 0,
  subnets: [
    { subnet: `10.0.${net}.0/24`, addresses: [10, 11, 12].map(last => `10.0.${net}.${number * 20 + last}`) },
    {
      subnet: `2001:db8:${net}::/64`,
      addresses: [`2001:db8:${net}::${number}0`, `2001:db8:${net}::${number}1`],
    },
  ],
});
const primary: EniSpec = {
  ...eni(0),
  subnets: [
    { subnet: '10.0.9.0/24', addresses: ['10.0.9.10'] },
    { subnet: '2001:db8:9::/64', addresses: ['2001:db8:9::10'] },
  ],
};

describe('ifupdown with three ENIs', () => {
  let host: AgentHost;
  const container = labName('ifupdown', 'container');

  beforeAll(async () => {
    host = await createAgentHost({ name: 'ifupdown', provider: 'aws', enis: [primary, eni(1), eni(2)] });
    await createNamespace(container);
    // What a machine has beside us: a container bridge, a rule and a route of the administrator, and a VIP.
    await ipBatch(host.vpc.guest, [
      'link add br0 type bridge',
      'addr add 172.17.0.1/16 dev br0',
      `link add veth0 type veth peer name eth0 netns ${container}`,
      'link set veth0 master br0 up',
      'link set br0 up',
      'rule add from 192.0.2.0/24 lookup 77 priority 500',
      'route add 198.51.100.0/24 dev br0 table 77',
      'route add 198.51.100.0/24 dev br0 metric 9',
    ]);
    await ipBatch(container, [
      'link set lo up',
      'addr add 172.17.0.2/16 dev eth0',
      'link set eth0 up',
      'route add default via 172.17.0.1',
    ]);
  });
  afterAll(async () => {
    removeNamespace(container);
    await destroyAgentHost(host);
  });

  const foreign = async () => {
    const text = await guestOk(host.guest, [
      'sh',
      '-c',
      'ip rule; ip route show table 77; ip route; ip -o addr show br0',
    ]);
    return [
      '500:\tfrom 192.0.2.0/24 lookup 77',
      '198.51.100.0/24 dev br0 scope link metric 9',
      '172.17.0.1/16',
    ].every(line => text.includes(line));
  };
  const expectAllPings = async () => {
    const results = await pingMatrix(host.guest);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
    return results.length;
  };

  test('plan shows everything and changes nothing', async () => {
    const before = await networkState(host);
    const plan = JSON.parse(await agentOk(host, ['plan', '--json'], 2));
    expect(plan.outcome).toBe('pending');
    expect(plan.backend.name).toBe('ifupdown');
    expect(plan.files.map((f: { path: string }) => f.path)).toEqual([
      '/etc/network/eni-agent-stanza',
      '/etc/network/interfaces.d/60-eni-eth1',
      '/etc/network/interfaces.d/60-eni-eth2',
      '/etc/udev/rules.d/70-eni-agent-primary.rules',
    ]);
    expect(await networkState(host)).toBe(before);
  });

  test('two ENIs at boot: every address works both ways, and eth0 hears nothing', async () => {
    const { events } = await countEvents(host.vpc, () => agentOk(host, ['once']));
    expect(events.of('eth0')).toEqual([]);
    expect(await expectAllPings()).toBe(2 * 3 + 2 * 5 * 3);
    expect(await foreign()).toBe(true);
  });

  test('doing it again does nothing: no event of any link, no file written', async () => {
    const stamp = () =>
      guestOk(host.guest, [
        'sh',
        '-c',
        'stat -c "%n %y %i" /etc/network/interfaces.d/* /var/lib/eni-agent/*',
      ]);
    const before = await stamp();
    const settled = { settle: ['eth0', 'eth1', 'eth2'] };
    const { events, result } = await countEvents(host.vpc, () => agentOk(host, ['once']), settled);
    expect(result).toContain('Nothing to do.');
    expect(events.lines).toEqual([]);
    expect(await stamp()).toBe(before);
    expect(await agentOk(host, ['plan'])).toContain('Nothing to do.');
  });

  test('a third ENI is hot-plugged: the others hear nothing', async () => {
    await attachEni(host.vpc, eni(3));
    await host.metadata.sync();
    const settled = { settle: ['eth0', 'eth1', 'eth2'] };
    const { events } = await countEvents(host.vpc, () => agentOk(host, ['once']), settled);
    expect(['eth0', 'eth1', 'eth2'].flatMap(link => events.of(link))).toEqual([]);
    expect(await expectAllPings()).toBe(2 * 3 + 3 * 5 * 3);
  });

  test('no router advertisement and no DHCP answer of a secondary ENI changed anything', async () => {
    expect(host.vpc.servers.get('eth1')?.log()).toContain('RTR-ADVERT');
    const main = await guestOk(host.guest, ['sh', '-c', 'ip route show default; ip -6 route show default']);
    expect(
      main
        .trim()
        .split('\n')
        .filter(line => !line.includes('dev eth0')),
    ).toEqual([]);
    expect(readGuestFile(host.guest, '/etc/resolv.conf')).not.toMatch(/198\.18\.[123]\.53/);
  });

  test('containers are reached from secondary addresses: specific routes in main win', async () => {
    for (const address of ['10.0.1.30', '10.0.2.51'])
      await guestOk(host.guest, ['ping', '-n', '-c', '1', '-W', '2', '-I', address, '172.17.0.2']);
  });

  test('addresses come and go live: the ENI keeps all the others, eth0 hears nothing', async () => {
    await assignAddress(host.vpc, 'eth1', '10.0.1.33');
    await assignAddress(host.vpc, 'eth1', '2001:db8:1::13');
    await unassignAddress(host.vpc, 'eth1', '10.0.1.32');
    await host.metadata.sync();
    const settled = { settle: ['eth0', 'eth1', 'eth2', 'eth3'] };
    const { events } = await countEvents(host.vpc, () => agentOk(host, ['once']), settled);
    expect(events.of('eth0')).toEqual([]);
    // Nothing but the address that was taken away (with its host route) went.
    expect(events.deletionsOf('eth1').filter(line => !line.includes('10.0.1.32'))).toEqual([]);
    expect(await guestOk(host.guest, ['ip', '-o', 'addr', 'show', 'eth1'])).not.toContain('10.0.1.32');
    await expectAllPings();
  });

  test('an address of the administrator and foreign rules stay', async () => {
    await guestOk(host.guest, ['ip', 'addr', 'add', '10.0.1.200/32', 'dev', 'eth1']);
    await guestOk(host.guest, [
      'ip',
      'rule',
      'add',
      'from',
      '10.0.1.200',
      'lookup',
      '77',
      'priority',
      '28599',
    ]);
    await assignAddress(host.vpc, 'eth1', '10.0.1.34');
    await host.metadata.sync();
    await agentOk(host, ['once']);
    expect(await guestOk(host.guest, ['ip', '-o', 'addr', 'show', 'eth1'])).toContain('10.0.1.200');
    expect(await guestOk(host.guest, ['ip', 'rule'])).toContain('28599:\tfrom 10.0.1.200 lookup 77');
    await guestOk(host.guest, [
      'ip',
      'rule',
      'del',
      'from',
      '10.0.1.200',
      'lookup',
      '77',
      'priority',
      '28599',
    ]);
    await guestOk(host.guest, ['ip', 'addr', 'del', '10.0.1.200/32', 'dev', 'eth1']);
  });

  test('drift is mended: what somebody deleted comes back, a route of ours that came into main goes', async () => {
    await guestOk(host.guest, [
      'sh',
      '-c',
      'ip rule add from 10.0.2.0/24 lookup 28001 priority 28601; ip rule del priority 28600; ip route flush table 28001; ip addr del 10.0.3.71/32 dev eth3; ip route add 10.0.3.0/24 dev eth3',
    ]);
    const status = await agentOk(host, ['status'], 2);
    expect(status).toContain('missing: rule 4 28600');
    expect(status).toContain('left over: route 254 10.0.3.0/24 dev eth3');
    await agentOk(host, ['once']);
    expect(await guestOk(host.guest, ['ip', 'route', 'show', 'table', 'main'])).not.toContain('dev eth3');
    expect(await agentOk(host, ['status'])).not.toContain('missing');
    await expectAllPings();
  });

  test('another ENI joins the first one’s subnet: not one packet of the first is lost', async () => {
    const steady = runInGuest(host.guest, [
      'ping',
      '-n',
      '-q',
      '-i',
      '0.01',
      '-w',
      '4',
      '-I',
      '10.0.1.30',
      '203.0.113.9',
    ]);
    await new Promise(resolve => setTimeout(resolve, 500));
    await attachEni(host.vpc, { ...eni(4, 1), advertise: false });
    await host.metadata.sync();
    await agentOk(host, ['once']);
    const { stdout } = await steady;
    const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(stdout) ?? [];
    expect(Number(sent)).toBeGreaterThan(200);
    // The very last one may still be on its way when ping ends.
    expect(Number(sent) - Number(received), stdout).toBeLessThanOrEqual(1);
    await expectAllPings();
    const rules = await guestOk(host.guest, ['ip', 'rule']);
    expect(rules).toContain('from 10.0.1.30 lookup 28000');
    expect(rules).not.toContain('from 10.0.1.0/24 iif lo lookup 28000');
  });

  test('it leaves again: rules by subnet are back', async () => {
    await detachEni(host.vpc, 'eth4');
    await host.metadata.sync();
    const { events } = await countEvents(host.vpc, () => agentOk(host, ['once']));
    expect(events.of('eth0')).toEqual([]);
    expect(await guestOk(host.guest, ['ip', 'rule'])).toContain('from 10.0.1.0/24 iif lo lookup 28000');
    await expectAllPings();
    expect(await foreign()).toBe(true);
  });

  test('after a reboot ifupdown alone brings everything back', async () => {
    await rebootGuest(host.guest);
    await expectAllPings();
    expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
  });

  test('a detached ENI leaves nothing behind; re-attached with other addresses it gets its numbers back', async () => {
    const before = await readSpoofDrops(host.vpc);
    await detachEni(host.vpc, 'eth2');
    await host.metadata.sync();
    const { events } = await countEvents(host.vpc, () => agentOk(host, ['once']));
    expect(events.of('eth0')).toEqual([]);
    expect(
      await guestOk(host.guest, ['sh', '-c', 'ip rule; ip -6 rule; ip route show table all']),
    ).not.toContain('28001');
    expect(readGuestFile(host.guest, '/etc/network/interfaces.d/60-eni-eth2')).toBeUndefined();
    expect(readGuestFile(host.guest, '/run/network/ifstate')).not.toContain('eth2');
    await attachEni(host.vpc, { ...eni(2), subnets: [{ subnet: '10.0.7.0/24', addresses: ['10.0.7.77'] }] });
    await host.metadata.sync();
    await agentOk(host, ['once']);
    expect(await guestOk(host.guest, ['ip', 'route', 'show', 'table', '28001'])).toContain(
      'default via 10.0.7.1 dev eth2',
    );
    await expectAllPings();
    expect((await readSpoofDrops(host.vpc)).total - before.total).toBe(0);
  });

  test('remove takes all of it off, and nothing else', async () => {
    writeGuestFile(host.guest, '/etc/network/interfaces.d/99-mine', '# nothing\n');
    const { events } = await countEvents(host.vpc, () => agentOk(host, ['remove']));
    expect(events.of('eth0')).toEqual([]);
    const state = await networkState(host);
    expect(state).not.toMatch(/28[036]\d\d|330\d\d|eni-eth|dev eth[123]/);
    expect(state).toContain('== 99-mine');
    expect(state).toContain('default via 10.0.9.1 dev eth0');
  });
});
