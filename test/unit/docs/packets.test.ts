// The table of packets in docs/how-it-works.md, walked through the rules and tables of the machine that the other examples show, with a
// container bridge added.
import { expect, test } from 'vitest';
import { type Ip, parseIp } from '../../../agent/model/address.ts';
import { readKernelState } from '../../../agent/system/kernel/reader.ts';
import { cidr } from '../../support/example-plans.ts';
import { type Packet, type WalkerRoute, type World, walk } from '../../support/rule-walker.ts';
import { after, debianMachine } from './debian-machine.ts';
import { readDocument, section, tableRows } from './documents.ts';

const rows = tableRows(section(readDocument('docs/how-it-works.md'), 'Packets'));
const noSource = parseIp('0.0.0.0')!;

async function readWorld(): Promise<World> {
  const { routes, rules } = await readKernelState(debianMachine(after).system);
  const bridge = {
    destination: cidr('172.17.0.0/16'),
    gateway: undefined,
    link: 'docker0',
    table: 254,
    metric: 0,
  };
  return {
    routes: [...routes.map(r => ({ ...r, link: r.link!, metric: r.metric ?? 0 })), bridge],
    rules: rules.map(r => ({ ...r, localOnly: r.iif === 'lo', table: r.table! })),
  };
}

/** The priority of the rule whose table has the answer. */
function decidedAt(world: World, packet: Packet): number | undefined {
  const upTo = (priority: number) => ({ ...world, rules: world.rules.filter(r => r.priority <= priority) });
  const priorities = world.rules.map(r => r.priority).sort((a, b) => a - b);
  return priorities.find(priority => walk(upTo(priority), packet) !== undefined);
}

function way({ gateway, link }: WalkerRoute): string {
  return gateway === undefined ? `dev ${link}` : `via ${gateway} dev ${link}`;
}

const packetOf = (row: readonly string[]): Packet => ({
  from: row[1] === '' ? noSource : (parseIp(row[1]!) as Ip),
  to: parseIp(row[2]!) as Ip,
  ...(row[3] === '' ? {} : { iif: row[3]! }),
});

test.each(rows.map(row => [row[0]!, row] as const))('%s', async (_name, row) => {
  const world = await readWorld();
  const packet = packetOf(row);
  expect([decidedAt(world, packet), way(walk(world, packet)!)]).toEqual([Number(row[4]), row[5]]);
});

test('each tier decides something, and so does main', async () => {
  expect([...new Set(rows.map(row => row[4]))].sort()).toEqual(['28000', '28300', '28600', '32766']);
});

test('what the text says of the two that go wrong: without tier 1, and with a connected route in main', async () => {
  const world = await readWorld();
  const answer = packetOf(rows.find(row => row[4] === '28000')!);
  const withoutTier1 = { ...world, rules: world.rules.filter(r => r.priority !== 28000) };
  expect(way(walk(withoutTier1, answer)!)).toBe('dev eth0');

  const primaryAnswers = packetOf(rows.find(row => row[1] === '172.31.16.20')!);
  const connected = {
    destination: cidr('172.31.32.0/20'),
    gateway: undefined,
    link: 'eth1',
    table: 254,
    metric: 0,
  };
  expect(way(walk({ ...world, routes: [...world.routes, connected] }, primaryAnswers)!)).toBe('dev eth1');
});
