// What `ip` says to a batch of `route get ... from ...`, and in its neighbour table. Seen with iproute2 5.9, 6.1 and 6.15, which differ in
// spaces only; what is marked as made up was seen nowhere, and is there so that it does no harm. And what the exit codes of ping mean.
import { expect, test } from 'vitest';
import type { Ip } from '../../../agent/model/address.ts';
import { parseNeighbours } from '../../../agent/system/kernel/neighbours.ts';
import { readOutcome, sendPings } from '../../../agent/system/kernel/pings.ts';
import { lookUpRoutes, parseAnswers } from '../../../agent/system/kernel/route-lookups.ts';
import type { CommandResult, System } from '../../../agent/system/system.ts';

const question = (from: string, to = '203.0.113.1') => ({ from: from as Ip, to: to as Ip });
const wayOf = (from: string) =>
  `203.0.113.1 from ${from} via 10.0.1.1 dev eth1 table 28000 uid 0 \\    cache \n`;
const way = { link: 'eth1', gateway: '10.0.1.1', refusal: undefined };
const nowhere = (refusal: string) => ({ link: undefined, gateway: undefined, refusal });
const unreachable = (line: number) => `RTNETLINK answers: Network is unreachable\nCommand failed -:${line}\n`;

const single: readonly (readonly [string, string, object])[] = [
  ['by a gateway', wayOf('10.0.1.10'), way],
  [
    'on-link',
    '10.0.1.1 from 10.0.1.10 dev eth1 table 28000 uid 0 \\    cache \n',
    { ...way, gateway: undefined },
  ],
  ['by main', '203.0.113.1 from 10.0.1.10 via 10.0.0.1 dev eth0 uid 0 \\    cache \n', { link: 'eth0' }],
  [
    'IPv6',
    '2001:db8::1 from 2001:db8:1::10 via fe80:ec2::1 dev eth1 table 28000 src 2001:db8:1::10 metric 1024 pref medium\n',
    { link: 'eth1', gateway: 'fe80:ec2::1' },
  ],
  [
    'IPv6 without the source (made up)',
    '2001:db8::1 from :: via fe80:ec2::1 dev eth1  src 2001:db8:1::10  metric 1024 \\    cache \n',
    { link: 'eth1', gateway: 'fe80:ec2::1' },
  ],
  [
    'refused in the answer itself (made up)',
    'unreachable 2001:db8::1 from 2001:db8:1::10 dev lo table unspec metric 4294967295 error -101\n',
    nowhere('unreachable'),
  ],
];

test.each(single)('an answer: %s', (_name, stdout, expected) => {
  expect(parseAnswers([question('10.0.1.10')], stdout, '')).toMatchObject([expected]);
});

test('refused lines are told by their number, and the answers go to the others', () => {
  const asked = ['10.0.1.99', '10.0.1.10', '10.0.1.98', '10.0.1.11'].map(ip => question(ip));
  const stderr = `${unreachable(1)}RTNETLINK answers: No route to host\nCommand failed -:3\n`;
  expect(parseAnswers(asked, wayOf('10.0.1.10') + wayOf('10.0.1.11'), stderr)).toEqual([
    { ...asked[0], ...nowhere('Network is unreachable') },
    { ...asked[1], ...way },
    { ...asked[2], ...nowhere('No route to host') },
    { ...asked[3], ...way },
  ]);
});

/** A machine where only commands run, each with the next result; what it was asked is kept. */
function systemThat(...results: readonly Partial<CommandResult>[]) {
  const inputs: string[] = [];
  const left = [...results];
  const run: System['run'] = async (argv, options) => {
    inputs.push(options?.input ?? argv.join(' '));
    return { exitCode: 0, stdout: '', stderr: '', ...left.shift() };
  };
  return { inputs, left, system: { run, ticks: () => 0 } as unknown as System };
}

test('a batch that ends at a refused line is asked again for the rest (made up)', async () => {
  const { system, inputs, left } = systemThat(
    { exitCode: 2, stdout: wayOf('10.0.1.10'), stderr: 'RTNETLINK answers: Network is unreachable\n' },
    { stdout: wayOf('10.0.1.12') },
  );
  const asked = ['10.0.1.10', '10.0.1.11', '10.0.1.12'].map(ip => question(ip));
  expect(await lookUpRoutes(system, asked)).toEqual([
    { ...asked[0], ...way },
    { ...asked[1], ...nowhere('Network is unreachable') },
    { ...asked[2], ...way },
  ]);
  expect(inputs.map(text => text.split('\n').length - 1)).toEqual([3, 1]);
  expect(left).toEqual([]);
});

test('without a question no process is started; each family has one', async () => {
  const none = systemThat();
  expect(await lookUpRoutes(none.system, [])).toEqual([]);
  expect(none.inputs).toEqual([]);
  const both = systemThat();
  await lookUpRoutes(both.system, [question('10.0.1.10'), question('2001:db8:1::10', '2001:db8::1')]);
  expect(both.inputs.sort()).toEqual([
    'route get 2001:db8::1 from 2001:db8:1::10\n',
    'route get 203.0.113.1 from 10.0.1.10\n',
  ]);
});

// Made up: extern_learn, proxy.
const neighbours: readonly (readonly [string, readonly object[]])[] = [
  ['10.0.1.1 dev eth1 lladdr 02:00:00:00:00:01 REACHABLE ', [{ ip: '10.0.1.1', state: 'REACHABLE' }]],
  ['10.0.1.1 dev eth1 FAILED ', [{ link: 'eth1', state: 'FAILED' }]],
  ['10.0.1.1 dev eth1  INCOMPLETE', [{ link: 'eth1', state: 'INCOMPLETE' }]],
  [
    'fe80:ec2::1 dev eth1 lladdr 02:00:00:00:00:01 router STALE ',
    [{ ip: 'fe80:ec2::1', link: 'eth1', state: 'STALE' }],
  ],
  ['10.0.1.1 dev eth1 lladdr 02:00:00:00:00:01 extern_learn DELAY proto 11', [{ state: 'DELAY' }]],
  ['10.0.1.9 dev eth1 proxy', []],
  ['garbage', []],
  ['', []],
];

test.each(neighbours)('neighbour: %j', (line, expected) => {
  expect(parseNeighbours(`${line}\n`)).toMatchObject(expected);
  expect(parseNeighbours(`${line}\n`)).toHaveLength(expected.length);
});

test.each([
  [0, '', 'answered', ''],
  [1, '', 'lost', ''],
  [124, '', 'lost', ''],
  [127, '', 'no-program', ''],
  [2, 'ping: bind: Cannot assign requested address\n', 'failed', 'bind: Cannot assign requested address'],
  [2, '', 'failed', 'exit 2'],
])('ping ends with %i %j: %s', (exitCode, stderr, outcome, reason) => {
  expect(readOutcome(exitCode, stderr)).toEqual({ outcome, reason });
});

const six = { from: '2001:db8:1::10' as Ip, to: '2001:db8:ffff::9' as Ip };

test('a ping that knows no IPv6 has another program beside it; if not, what the first said counts (made up)', async () => {
  const old = systemThat({ exitCode: 2, stderr: 'ping: unknown host 2001:db8:ffff::9\n' }, { exitCode: 0 });
  expect(await sendPings(old.system, [six])).toEqual([{ ...six, outcome: 'answered', reason: '' }]);
  expect(old.inputs).toEqual(
    ['ping', 'ping6'].map(name => `${name} -n -q -c 1 -W 1 -I 2001:db8:1::10 2001:db8:ffff::9`),
  );
  const alone = systemThat({ exitCode: 2, stderr: 'ping: socket: denied\n' }, { exitCode: 127 });
  expect(await sendPings(alone.system, [six])).toMatchObject([
    { outcome: 'failed', reason: 'socket: denied' },
  ]);
});

test('many pings: so many at once, and none after the time is over', async () => {
  let [running, most, sent, clock] = [0, 0, 0, 0];
  const system = {
    ticks: () => clock,
    async run() {
      sent += 1;
      running += 1;
      most = Math.max(most, running);
      await new Promise(resolve => setImmediate(resolve));
      running -= 1;
      // Every one of a batch is lost in the same second.
      if (running === 0) clock += 1000;
      return { exitCode: 1, stdout: '', stderr: '' };
    },
  } as unknown as System;
  const results = await sendPings(
    system,
    Array.from({ length: 800 }, () => six),
  );
  expect(most).toBe(32);
  expect(sent).toBe(640);
  expect(results.filter(r => r.outcome === 'lost')).toHaveLength(640);
  expect(results.filter(r => r.outcome === 'not-sent')).toHaveLength(160);
});
