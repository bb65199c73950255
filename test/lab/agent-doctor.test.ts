// `doctor` on a real kernel: every address leaves by its own ENI and the VPC answers it; and each thing that can go wrong on the way
// is named, with what to do.
// needs: tree bookworm
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { guestOk } from './guest-commands.ts';
import { ip, runIn } from './namespace.ts';
import { eniOf } from './vpc.ts';
import { type EniSpec, remoteClient } from './vpc-spec.ts';

// Not 2001:db8::/64: what doctor looks up lies there, and is to be outside of every subnet.
const eni = (n: number, addresses: readonly string[]): EniSpec => ({
  link: `eth${n}`,
  mac: `02:00:00:00:08:0${n}`,
  subnets: [
    { subnet: `10.0.${n}.0/24`, addresses },
    { subnet: `2001:db8:1${n}::/64`, addresses: [`2001:db8:1${n}::10`] },
  ],
});
const client = remoteClient.address;
const pings = ['--ping', client[4], '--ping', client[6]];

describe('doctor', () => {
  let host: AgentHost;
  beforeAll(async () => {
    const enis = [eni(0, ['10.0.0.10']), eni(1, ['10.0.1.10', '10.0.1.11']), eni(2, ['10.0.2.10'])];
    host = await createAgentHost({ name: 'doctor', provider: 'aws', enis });
    await agentOk(host, ['once']);
    await settle();
  });
  afterAll(() => destroyAgentHost(host));

  const guest = (line: string) => guestOk(host.guest, line.split(' '));
  /** Until every gateway has answered; in the first instants after a link came up IPv6 may lose some. */
  const settle = async () => {
    for (const [from, to] of [
      ['2001:db8:11::10', client[6]],
      ['2001:db8:12::10', client[6]],
      ['10.0.1.10', client[4]],
      ['10.0.2.10', client[4]],
    ])
      await guest(`ping -n -q -c 1 -w 5 -I ${from} ${to}`);
  };
  const lines = async (code: number, ...args: readonly string[]) =>
    (await agentOk(host, ['doctor', ...args], code)).split('\n');
  /** The lines of the checks that look at the way out, with the advice below. */
  const seen = async (code: number, ...args: readonly string[]) => {
    const all = await lines(code, ...args);
    return all.flatMap((line, at) =>
      / (reachability|gateway|ping): /.test(line)
        ? [line, ...(line.startsWith('ok') ? [] : [all[at + 1]!.trim()])]
        : [],
    );
  };
  const healthy = [
    'ok    reachability: packets from 3 addresses leave by eth1 via 10.0.1.1 and fe80:ec2::1',
    'ok    reachability: packets from 2 addresses leave by eth2 via 10.0.2.1 and fe80:ec2::1',
  ];

  test('a healthy machine: one line per ENI, and with --ping one per ENI and host', async () => {
    expect(await seen(0, ...pings)).toEqual([
      ...healthy,
      `ok    ping: ${client[4]} answers 2 addresses of eth1`,
      `ok    ping: ${client[6]} answers 1 address of eth1`,
      `ok    ping: ${client[4]} answers 1 address of eth2`,
      `ok    ping: ${client[6]} answers 1 address of eth2`,
    ]);
    // Without --ping nothing is sent, and the rest is the same.
    expect(await seen(0)).toEqual(healthy);
  });

  test('a rule that was deleted', async () => {
    await guest('ip rule del priority 28600');
    expect(await seen(2)).toEqual([
      'FAIL  reachability: 10.0.1.10, 10.0.1.11 would leave by eth0 via 10.0.0.1 to 203.0.113.1, not by eth1 via 10.0.1.1: ' +
        'IPv4 rule 28600 (from 10.0.1.0/24 iif lo lookup 28000) is missing',
      '"eni-agent once" adds it; if it disappears again, another program on this machine removes it',
      healthy[1],
    ]);
    await agentOk(host, ['once']);
    expect(await seen(0)).toEqual(healthy);
  });

  test('a default route that was deleted: nothing else takes the packets', async () => {
    await guest('ip -6 route del default table 28001');
    expect(await seen(2)).toEqual([
      healthy[0],
      expect.stringMatching(
        /^FAIL {2}reachability: 2001:db8:12::10 (would|cannot) .*: route 28001 ::\/0 via fe80:ec2::1 dev eth2 is missing$/,
      ),
      expect.stringContaining('"eni-agent once" adds it'),
    ]);
    await agentOk(host, ['once']);
    expect(await seen(0)).toEqual(healthy);
  });

  const everyones = /^not fwmark/;
  test.each([
    ['by its source', 'from 10.0.1.11 lookup main priority 90', 'IPv4 rule 90 (from 10.0.1.11 lookup main)'],
    [
      'of a VPN, for all but the marked',
      'not fwmark 0xca6c lookup 254 priority 91',
      'IPv4 rule 91 (not from all fwmark 0xca6c lookup main)',
    ],
    ['that refuses', 'from 10.0.1.11 prohibit priority 92', 'IPv4 rule 92 (from 10.0.1.11 prohibit)'],
  ])('a foreign rule with a smaller priority: %s', async (_name, rule, named) => {
    await guest(`ip rule add ${rule}`);
    const found = await seen(2);
    expect(found[0]).toMatch(
      /^FAIL {2}reachability: .*10\.0\.1\.11 (would|cannot) .* by eth1 via 10\.0\.1\.1: /,
    );
    expect(found[0]).toContain(`: ${named} comes before the rules of the ENI`);
    expect(found[1]).toContain('a priority above 29455');
    // `status` says as much without asking the kernel for a route.
    const [, priority] = /^IPv4 rule (\d+) /.exec(named)!;
    const shadow = `shadowed by rule ${priority}, see doctor`;
    expect(await agentOk(host, ['status'], 2)).toContain(`state      working: ${shadow}`);
    const { attention, enis } = JSON.parse(await agentOk(host, ['status', '--json'], 2));
    expect(attention).toContain(`eth1 working: ${shadow}`);
    expect(
      enis.map((e: { shadowedBy: { priority: number }[] }) => e.shadowedBy.map(s => s.priority)),
    ).toEqual([[Number(priority)], everyones.test(rule) ? [Number(priority)] : []]);
    await guest(`ip rule del ${rule}`);
    expect(await seen(0)).toEqual(healthy);
  });

  test('a specific route of main, as a VPN adds it: a warning, for it may be meant', async () => {
    await guest('ip route add 128.0.0.0/1 via 10.0.0.1 dev eth0');
    // By the primary it takes nothing of an ENI, unless the group is missing.
    expect(await seen(0)).toEqual(healthy);
    await guest('ip link set dev eth0 group 0');
    const found = await seen(2);
    expect(found[0]).toMatch(
      /^WARN {2}reachability: 10\.0\.1\.10, 10\.0\.1\.11 would leave by eth0 .*: main has route 254 128\.0\.0\.0\/1 /,
    );
    await guest('ip route del 128.0.0.0/1');
    await guest('ip link set dev eth0 group 28000');
  });

  test('a gateway that does not answer', async () => {
    const { port } = eniOf(host.vpc, 'eth2');
    await ip(host.vpc.router, 'link', 'set', 'dev', port, 'arp', 'off');
    await guest('ip neigh flush dev eth2');
    await guest('ip neigh del 10.0.2.1 dev eth2').catch(() => '');
    const found = await seen(2, '--ping', client[4]);
    expect(found).toContainEqual(
      expect.stringMatching(
        /^WARN {2}gateway: the gateway 10\.0\.2\.1 does not answer on eth2 \((FAILED|INCOMPLETE)\)$/,
      ),
    );
    expect(found).toContainEqual(expect.stringContaining('that the ENI of eth2 is attached'));
    expect(found).toContainEqual(
      `WARN  ping: ${client[4]} does not answer 10.0.2.10 (1 of 1 address of eth2)`,
    );
    await ip(host.vpc.router, 'link', 'set', 'dev', port, 'arp', 'on');
    await settle();
  });

  test('a ping that is dropped on the way, of one address only', async () => {
    const { port } = eniOf(host.vpc, 'eth1');
    await runIn(host.vpc.router, ['nft', 'delete', 'element', 'inet', port, 'v4', '{ 10.0.1.11 }']);
    const found = await seen(2, '--ping', client[4]);
    expect(found.slice(0, 4)).toEqual([
      ...healthy,
      `WARN  ping: ${client[4]} does not answer 10.0.1.11 (1 of 2 addresses of eth1)`,
      'it answers other addresses: check in the cloud that these are assigned to this ENI, and check its security group',
    ]);
    await runIn(host.vpc.router, ['nft', 'add', 'element', 'inet', port, 'v4', '{ 10.0.1.11 }']);
  });

  test('no program to ping with: one line says so', async () => {
    await guest('mv /bin/ping /bin/ping.away');
    const found = await seen(2, ...pings);
    await guest('mv /bin/ping.away /bin/ping');
    expect(found).toEqual([
      ...healthy,
      'WARN  ping: there is no program "ping" on this machine: nothing was pinged',
      'install it (iputils-ping or iputils), or leave --ping out',
    ]);
  });
});
