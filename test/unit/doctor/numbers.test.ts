// `doctor`: who else uses the numbers of the agent. On a machine with a configured ENI (slot 0) somebody adds one thing.
import { afterEach, expect, test } from 'vitest';
import { defaultSettings } from '../../../agent/config/read-settings.ts';
import { numbers as checkNumbers } from '../../../agent/doctor/numbers.ts';
import { silentLog } from '../../../agent/log.ts';
import type { Inspection } from '../../../agent/pass/inspect.ts';
import { parseRoutes } from '../../../agent/system/kernel/ip-routes.ts';
import { standardTables } from '../../../agent/system/kernel/ip-words.ts';
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

/** After `once`, without the rule that the fake machine has at 28450. */
async function configured(config = ''): Promise<void> {
  machine = await createMachine({ recording: loadRecording('aws', 'two-enis'), config });
  machine.system.sh('ip -4 rule del priority 28450');
  expect((await machine.agent('once')).code).toBe(0);
}

async function numbers(): Promise<Finding> {
  machine.system.restart();
  const { out } = await machine.agent('doctor', '--json');
  const found = (JSON.parse(out).findings as readonly Finding[]).filter(f => f.check === 'numbers');
  expect(found).toHaveLength(1);
  return found[0]!;
}

const fine: readonly (readonly [string, readonly string[]])[] = [
  ['nobody', []],
  [
    'a rule with a priority of its own to the table of the ENI',
    ['ip rule add fwmark 9 lookup 28000 priority 90'],
  ],
  [
    'a rule in a gap between two tiers',
    ['ip rule add fwmark 9 lookup 500 priority 27956', 'ip rule add fwmark 9 lookup 500 priority 28256'],
  ],
  [
    'a rule before and behind the band',
    ['ip rule add fwmark 9 lookup 500 priority 27699', 'ip rule add fwmark 9 lookup 500 priority 29456'],
  ],
  ['a table behind those of the slots', ['ip route add default dev docker0 table 28256']],
  [
    'what the kernel adds by the ENI itself',
    ['ip route add 172.31.40.99/32 dev eth1 proto kernel table 28000'],
  ],
  ['a missing rule of ours, which is another check', ['ip rule del priority 28600']],
];

test.each(fine)('no collision: %s', async (_name, lines) => {
  await configured();
  for (const line of lines) machine.system.sh(line);
  expect(await numbers()).toEqual({
    check: 'numbers',
    verdict: 'ok',
    saw: '27700 to 29455, 33000 to 33255: nothing else uses them',
    hint: null,
  });
});

const collisions: readonly (readonly [string, string, string])[] = [
  [
    'a rule of tier 0',
    'ip rule add from 10.9.0.0/16 lookup 500 priority 27700',
    'IPv4 rule 27700 (from 10.9.0.0/16 lookup 500)',
  ],
  [
    'a rule of tier 1',
    'ip rule add from 10.9.0.0/16 lookup 500 priority 28255',
    'IPv4 rule 28255 (from 10.9.0.0/16 lookup 500)',
  ],
  [
    'a rule of tier 2, in no form that is known',
    'ip rule add fwmark 7 lookup 500 priority 28450',
    'IPv4 rule 28450 (from all fwmark 0x7 lookup 500)',
  ],
  [
    'a rule of tier 3 with the priority of the ENI',
    'ip rule add from 10.9.0.0/16 lookup 500 priority 28600',
    'IPv4 rule 28600 (from 10.9.0.0/16 lookup 500)',
  ],
  [
    'a rule like the ENI’s, with a mark',
    'ip rule add from 172.31.32.0/20 iif lo fwmark 7 lookup 28000 priority 28600',
    'IPv4 rule 28600 (from 172.31.32.0/20 fwmark 0x7 iif lo lookup 28000)',
  ],
  [
    'IPv6',
    'ip -6 rule add from 2001:db8:9::/64 lookup 500 priority 28855',
    'IPv6 rule 28855 (from 2001:db8:9::/64 lookup 500)',
  ],
  [
    'a table of a free slot',
    'ip route add 10.9.0.0/16 dev docker0 table 28255',
    'route 28255 10.9.0.0/16 dev docker0',
  ],
  [
    'the table of the ENI, by another link',
    'ip route add 10.9.0.0/16 dev docker0 table 28000',
    'route 28000 10.9.0.0/16 dev docker0',
  ],
  [
    'a rule to a table of the band that no ENI has',
    'ip rule add fwmark 7 lookup 28007 priority 90',
    'IPv4 rule 90 (from all fwmark 0x7 lookup 28007)',
  ],
];

test.each(collisions)('a collision: %s', async (_name, line, seen) => {
  await configured();
  machine.system.sh(line);
  expect(await numbers()).toEqual({
    check: 'numbers',
    verdict: 'warning',
    saw: `other programs use numbers of the agent (27700 to 29455, 33000 to 33255): ${seen}`,
    hint: expect.stringContaining('[routing] base'),
  });
});

test('the numbers are those of the configuration; a table that it gives to an ENI counts too', async () => {
  await configured('[routing]\nbase = 20000\n[eni "0a:07:84:3d:6e:01"]\ntable = 1001\n');
  machine.system.sh('ip rule add from 10.9.0.0/16 lookup 500 priority 28300');
  expect(await numbers()).toMatchObject({
    verdict: 'ok',
    saw: '19700 to 21455, 33000 to 33255: nothing else uses them',
  });
  machine.system.sh('ip route add 10.9.0.0/16 dev docker0 table 1001');
  expect((await numbers()).saw).toContain(': route 1001 10.9.0.0/16 dev docker0');
});

test('many: three of them are shown', async () => {
  await configured();
  for (const n of [1, 2, 3, 4, 5])
    machine.system.sh(`ip rule add from 10.9.${n}.0/24 lookup 500 priority 2830${n}`);
  expect((await numbers()).saw).toMatch(/28301 .*; .*28302 .*; .*28303 .* \(and 2 more\)$/);
});

test('an ENI that is left alone now keeps its numbers', async () => {
  await configured();
  machine.system.put('/etc/network/interfaces.d/40-by-hand', 'iface eth1 inet manual\n');
  expect(await numbers()).toMatchObject({ verdict: 'ok' });
});

test('a route by the ENI’s own link in a form that is not known is not ours', async () => {
  await configured();
  const inspection = {
    enis: [{ plan: machine.state().applied[0]! }],
    leftOver: [],
    kernel: {
      rules: [],
      routes: parseRoutes(
        'default nexthop via 172.31.32.1 dev eth1 weight 1 nexthop via 172.31.16.1 dev eth0 weight 1 table 28000',
        4,
        standardTables,
      ),
    },
  };
  const context = { system: machine.system, settings: defaultSettings, log: silentLog };
  const [finding] = await checkNumbers(inspection as unknown as Inspection, context);
  expect(finding?.saw).toMatch(
    /: route 28000 0\.0\.0\.0\/0 nexthop via 172\.31\.32\.1 dev eth1 weight 1 nexthop via /,
  );
});

test('without metadata the last applied plan tells what is ours', async () => {
  await configured();
  await machine.metadata.close();
  expect(await numbers()).toMatchObject({ verdict: 'ok' });
});
