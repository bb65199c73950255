// `doctor`: by which link each address leaves, whether the gateways answer, and pings on request. On a machine with one configured
// ENI somebody changes one thing.
import { afterEach, describe, expect, test } from 'vitest';
import { createMachine, type Machine } from '../../support/fake-machine.ts';
import { loadRecording } from '../../support/metadata-emulator-recordings.ts';

let machine: Machine;
afterEach(async () => {
  expect(machine.system.unknown).toEqual([]);
  await machine.close();
});

interface Finding {
  readonly check: string;
  readonly verdict: string;
  readonly saw: string;
  readonly hint: string | null;
}

async function configured(name = 'two-secondaries-one-subnet', config = ''): Promise<void> {
  machine = await createMachine({ recording: loadRecording('aws', name), config });
  machine.system.sh('ip -4 rule del priority 28450');
  expect((await machine.agent('once')).code).toBe(0);
}

async function findings(...args: readonly string[]): Promise<readonly Finding[]> {
  machine.system.restart();
  const { out } = await machine.agent('doctor', '--json', ...args);
  // It looks, and runs nothing that changes anything.
  expect(machine.system.journal.filter(line => line.startsWith('run '))).toEqual([]);
  const all = JSON.parse(out).findings as readonly Finding[];
  return all.filter(f => ['reachability', 'gateway', 'ping'].includes(f.check));
}

const fine = (saw: string, check = 'reachability') => ({ check, verdict: 'ok', saw, hint: null });
const used = (...gateways: readonly string[]) => {
  for (const gateway of gateways)
    machine.system.sh(`ip neigh replace ${gateway} dev eth1 lladdr 02:00:00:00:00:01 nud reachable`);
};

describe('the way out', () => {
  test('all is well: one line per ENI', async () => {
    await configured();
    used('172.31.32.1');
    expect(await findings()).toEqual([
      fine('packets from 3 addresses leave by eth1 via 172.31.32.1 and fe80:ec2::1 (not used yet)'),
      fine(
        'packets from 3 addresses leave by eth2 via 172.31.32.1 (not used yet) and fe80:ec2::1 (not used yet)',
      ),
    ]);
  });

  test('an ENI that is not configured yet is the matter of another check', async () => {
    machine = await createMachine({ recording: loadRecording('aws', 'two-enis') });
    expect(await findings()).toEqual([]);
  });

  test('an address that is not there is not counted', async () => {
    await configured();
    machine.system.sh('ip -4 addr del 172.31.40.11/32 dev eth1');
    expect((await findings())[0]!.saw).toMatch(/^packets from 2 of 3 addresses leave by eth1 /);
  });

  test('without metadata the last applied plan is looked at', async () => {
    await configured('two-enis');
    await machine.metadata.close();
    expect(await findings()).toEqual([
      fine('packets from 1 address leave by eth1 via 172.31.32.1 (not used yet)'),
    ]);
  });

  const eth1 = 'by eth1 via 172.31.32.1';
  const away = `172.31.40.10 would leave by eth0 via 172.31.16.1 to 203.0.113.1, not ${eth1}`;
  const detours: readonly (readonly [string, readonly string[], string, RegExp])[] = [
    [
      'a rule is missing',
      ['ip -4 rule del priority 28600'],
      `${away}: IPv4 rule 28600 (from 172.31.32.0/20 iif lo lookup 28000) is missing`,
      /^"eni-agent once" adds it/,
    ],
    [
      'the default route is missing',
      ['ip -4 route del default table 28000'],
      `${away}: route 28000 0.0.0.0/0 via 172.31.32.1 dev eth1 is missing`,
      /^"eni-agent once" adds it/,
    ],
    [
      'the default route is missing, and there is no other',
      ['ip -4 route del default table 28000', 'ip -4 route del default'],
      `172.31.40.10 cannot reach 203.0.113.1 (Network is unreachable); the way is ${eth1}: route 28000 0.0.0.0/0 via 172.31.32.1 dev eth1 is missing`,
      /^"eni-agent once" adds it/,
    ],
    [
      'another gateway',
      ['ip route replace default via 172.31.32.9 dev eth1 onlink table 28000'],
      `172.31.40.10 would leave by eth1 via 172.31.32.9 to 203.0.113.1, not ${eth1}: route 28000 0.0.0.0/0 via 172.31.32.1 dev eth1 is missing`,
      /^"eni-agent once" adds it/,
    ],
    [
      'a rule of somebody else for the address',
      ['ip rule add from 172.31.40.10 lookup main priority 90'],
      `${away}: IPv4 rule 90 (from 172.31.40.10 lookup main) comes before the rules of the ENI`,
      /a priority above 29455, .*: see "Why 28000" in docs\/how-it-works\.md$/,
    ],
    [
      'a rule of somebody else for all, before the missing one of ours',
      ['ip rule add from all lookup main priority 90', 'ip -4 rule del priority 28600'],
      `${away}: IPv4 rule 90 (from all lookup main) comes before the rules of the ENI`,
      /a priority above 29455, .*: see "Why 28000" in docs\/how-it-works\.md$/,
    ],
    [
      'the table has a longer route',
      ['ip route add 203.0.113.0/24 via 172.31.16.1 dev eth0 table 28000'],
      `${away}: route 28000 203.0.113.0/24 via 172.31.16.1 dev eth0 is used instead`,
      /remove it/,
    ],
    [
      'a route that refuses',
      ['ip route add unreachable 203.0.113.0/24 table 28000'],
      `172.31.40.10 cannot reach 203.0.113.1 (No route to host); the way is ${eth1}: route 28000 unreachable 203.0.113.0/24 is used instead`,
      /remove it/,
    ],
  ];
  test.each(detours)('%s', async (_name, lines, saw, hint) => {
    await configured('two-enis');
    for (const line of lines) machine.system.sh(line);
    const found = await findings();
    expect(found[0]).toEqual({
      check: 'reachability',
      verdict: 'failure',
      saw,
      hint: expect.stringMatching(hint),
    });
    expect(found).toHaveLength(1);
  });

  test('rules that select no such packet are not blamed', async () => {
    await configured('two-enis');
    for (const line of [
      'ip rule add fwmark 9 lookup main priority 80',
      'ip rule add from 172.31.16.0/20 lookup main priority 81',
      'ip rule add from all to 198.51.100.0/24 lookup main priority 82',
      'ip rule add from all iif eth0 lookup main priority 83',
    ])
      machine.system.sh(line);
    expect((await findings()).map(f => f.verdict)).toEqual(['ok']);
    machine.system.sh('ip -4 rule del priority 28600');
    expect((await findings()).map(f => f.saw)).toEqual([expect.stringContaining('IPv4 rule 28600 (')]);
  });

  test('a specific route of main is a warning: it may be meant', async () => {
    await configured('two-enis');
    machine.system.sh('ip route add 128.0.0.0/1 via 172.31.16.1 dev eth0');
    // By the primary it takes nothing of the ENI, unless the group is missing.
    expect((await findings()).map(f => f.verdict)).toEqual(['ok']);
    machine.system.sh('ip link set dev eth0 group 0');
    expect(await findings()).toMatchObject([
      {
        verdict: 'warning',
        saw: `${away}: main has route 254 128.0.0.0/1 via 172.31.16.1 dev eth0, and its specific routes come before the ENI's table`,
        hint: expect.stringContaining('containers and VPNs'),
      },
    ]);
  });

  test('the way to the gateway alone', async () => {
    await configured('two-enis');
    machine.system.sh('ip rule add from all to 172.31.32.1/32 lookup main priority 90');
    expect(await findings()).toMatchObject([
      {
        verdict: 'failure',
        saw: '172.31.40.10 would leave by eth0 via 172.31.16.1 to 172.31.32.1, not by eth1: IPv4 rule 90 (from all to 172.31.32.1 lookup main) comes before the rules of the ENI',
      },
    ]);
  });

  test('IPv6, and the other family is not concerned', async () => {
    await configured();
    machine.system.sh('ip -6 route del default table 28000');
    const [first, ...others] = await findings();
    expect(first!.saw).toMatch(
      /^2600:1f16:292:100::10 cannot reach .*: route 28000 ::\/0 via fe80:ec2::1 dev eth1 is missing$/,
    );
    expect(others).toEqual([
      fine(
        'packets from 3 addresses leave by eth2 via 172.31.32.1 (not used yet) and fe80:ec2::1 (not used yet)',
      ),
    ]);
  });

  test('a link-local gateway is not looked up: main may have its network by any link', async () => {
    await configured();
    machine.system.sh('ip -6 route add fe80:ec2::/64 dev eth0');
    expect((await findings()).map(f => f.verdict)).toEqual(['ok', 'ok']);
  });

  test('many addresses with one cause are one finding', async () => {
    await configured('fifteen-enis-fifty-addresses');
    machine.system.sh('ip -4 rule del priority 28600');
    const wrong = (await findings()).filter(f => f.verdict !== 'ok');
    expect(wrong).toHaveLength(1);
    expect(wrong[0]!.saw).toMatch(/^[\d.]+, [\d.]+, [\d.]+ and 47 more would leave by eth0 /);
  });
});

describe('gateways', () => {
  test.each(['reachable', 'stale', 'delay', 'probe', 'permanent'])('%s is fine', async state => {
    await configured('two-enis');
    machine.system.sh(`ip neigh replace 172.31.32.1 dev eth1 lladdr 02:00:00:00:00:01 nud ${state}`);
    expect(await findings()).toEqual([fine('packets from 1 address leave by eth1 via 172.31.32.1')]);
  });

  test.each(['failed', 'incomplete'])('%s: a warning for that link only', async state => {
    await configured();
    machine.system.sh(`ip neigh replace 172.31.32.1 dev eth2 nud ${state}`);
    expect(await findings()).toEqual([
      fine(
        'packets from 3 addresses leave by eth1 via 172.31.32.1 (not used yet) and fe80:ec2::1 (not used yet)',
      ),
      fine('packets from 3 addresses leave by eth2 via 172.31.32.1 and fe80:ec2::1 (not used yet)'),
      {
        check: 'gateway',
        verdict: 'warning',
        saw: `the gateway 172.31.32.1 does not answer on eth2 (${state.toUpperCase()})`,
        hint: expect.stringContaining('that the ENI of eth2 is attached'),
      },
    ]);
  });
});

describe('--ping', () => {
  const pings = async (...targets: readonly string[]) =>
    (await findings(...targets.flatMap(t => ['--ping', t]))).filter(f => f.check === 'ping');

  test('each address of the family, and only when asked', async () => {
    await configured();
    const sent: string[] = [];
    machine.system.ping = (_program, from, to) => {
      sent.push(`${from} ${to}`);
      return { exitCode: 0, stdout: '', stderr: '' };
    };
    expect(await pings()).toEqual([]);
    expect(sent).toEqual([]);
    expect(await pings('198.51.100.7', '2001:db8:9::7', '198.51.100.7')).toEqual([
      fine('198.51.100.7 answers 2 addresses of eth1', 'ping'),
      fine('2001:db8:9::7 answers 1 address of eth1', 'ping'),
      fine('198.51.100.7 answers 2 addresses of eth2', 'ping'),
      fine('2001:db8:9::7 answers 1 address of eth2', 'ping'),
    ]);
    expect(sent.sort()).toEqual([
      '172.31.40.10 198.51.100.7',
      '172.31.40.11 198.51.100.7',
      '172.31.40.20 198.51.100.7',
      '172.31.40.21 198.51.100.7',
      '2600:1f16:292:100::10 2001:db8:9::7',
      '2600:1f16:292:100::20 2001:db8:9::7',
    ]);
  });

  test.each([
    [
      'one address has no answer',
      '172.31.40.11',
      '172.31.40.11 (1 of 2 addresses of eth1)',
      'answers other addresses',
    ],
    ['nobody has', '', '172.31.40.10, 172.31.40.11 (2 of 2 addresses of eth1)', 'known to answer pings'],
  ])('%s', async (_name, lost, saw, hint) => {
    await configured();
    machine.system.ping = (_program, from) => ({
      exitCode: from === lost || lost === '' ? 1 : 0,
      stdout: '',
      stderr: '',
    });
    expect((await pings('198.51.100.7'))[0]).toEqual({
      check: 'ping',
      verdict: 'warning',
      saw: `198.51.100.7 does not answer ${saw}`,
      hint: expect.stringContaining(hint),
    });
  });

  test('it cannot be sent, there is no program, there is no address of that family', async () => {
    await configured('two-enis');
    machine.system.ping = () => ({
      exitCode: 2,
      stdout: '',
      stderr: 'ping: socket: Operation not permitted\n',
    });
    expect(await pings('198.51.100.7')).toMatchObject([
      {
        verdict: 'warning',
        saw: 'no ping could be sent from 172.31.40.10 to 198.51.100.7: socket: Operation not permitted',
      },
    ]);
    machine.system.ping = () => ({ exitCode: 127, stdout: '', stderr: '' });
    expect(await pings('198.51.100.7')).toMatchObject([
      {
        verdict: 'warning',
        saw: expect.stringContaining('no program "ping"'),
        hint: expect.stringContaining('iputils'),
      },
    ]);
    expect(await pings('2001:db8:9::7')).toMatchObject([
      { verdict: 'warning', saw: 'no ENI has an address to ping 2001:db8:9::7 from' },
    ]);
  });

  test.each(['example.com', '127.0.0.1', 'fe80::1', '224.0.0.1', ''])('%j is refused', async text => {
    await configured('two-enis');
    const outcome = await machine.agent('doctor', `--ping=${text}`);
    expect(outcome.code).toBe(64);
    expect(outcome.err).toContain(`doctor: --ping ${JSON.stringify(text)} is not the address of a host`);
  });
});
