// The table of packets in docs/how-it-works.md, walked through the rules and tables of the machine that the other examples show. Its ENI has
// a delegated prefix and IPv6 as well, and main has what the row says; the rules are what is planned for that.
import { beforeAll, describe, expect, test } from 'vitest';
import { planObjects } from '../../../agent/apply/kernel-objects.ts';
import { defaultSettings } from '../../../agent/config/read-settings.ts';
import { replayClient } from '../../../agent/metadata/recording.ts';
import { providerNamed } from '../../../agent/metadata/registry.ts';
import { type Cidr, familyOf, type Ip, parseIp } from '../../../agent/model/address.ts';
import { type Instance, value } from '../../../agent/model/instance.ts';
import { type KernelRule, type KernelState, ruleKey } from '../../../agent/model/kernel-state.ts';
import type { NetworkPlan } from '../../../agent/model/network-plan.ts';
import type { RuleWords } from '../../../agent/model/rule-words.ts';
import { freshMachine } from '../../../agent/plan/plan-input.ts';
import { planNetwork } from '../../../agent/plan/plan-network.ts';
import { readKernelState } from '../../../agent/system/kernel/reader.ts';
import { allWords, cidr, ip } from '../../support/example-plans.ts';
import { loadRecording } from '../../support/metadata-emulator-recordings.ts';
import { plainOptions } from '../../support/plan-parts.ts';
import { type Packet, type WalkerRoute, type World, walk, worldOf } from '../../support/rule-walker.ts';
import { after, debianMachine } from './debian-machine.ts';
import { readDocument, section, tableRows } from './documents.ts';

const rows = tableRows(section(readDocument('docs/how-it-works.md'), 'Packets'));
const mainTable = 254;
const primaryDefault = 'via fe80:ec2::1 dev eth0';

let kernel: KernelState;
let recorded: Instance;
/** With what the text adds to the machine. */
let instance: Instance;

beforeAll(async () => {
  kernel = await readKernelState(debianMachine(after).system);
  const provider = providerNamed('aws');
  recorded = provider.parse(await provider.read(replayClient(loadRecording('aws', 'two-enis'))));
  instance = {
    ...recorded,
    enis: recorded.enis.map(eni =>
      eni.primary
        ? eni
        : {
            ...eni,
            ipv4: { ...eni.ipv4, prefixes: value([cidr('172.31.34.16/28')]) },
            ipv6: {
              ...eni.ipv6,
              addresses: value([ip('2600:1f16:292:100::10')]),
              subnets: value([cidr('2600:1f16:292:100::/64')]),
              gateway: value(ip('fe80:ec2::1')),
            },
          },
    ),
  };
});

/** What the row says of the configuration. */
interface Options {
  /** Of the ENI. */
  readonly forward?: boolean;
  /** published-ports = yes. */
  readonly isMarked?: boolean;
}

function planOf(
  of: Instance,
  routes: readonly WalkerRoute[],
  words: RuleWords = allWords,
  { forward = false, isMarked = false }: Options = {},
): NetworkPlan {
  return planNetwork({
    ...freshMachine,
    instance: of,
    links: kernel.links,
    addresses: kernel.addresses,
    settings: {
      ...defaultSettings,
      routing: { ...defaultSettings.routing, publishedPorts: isMarked },
      enis: new Map(of.enis.map(eni => [eni.mac, { ...plainOptions, forward }])),
    },
    words,
    mainRoutes: routes,
  }).plan;
}

interface Choices {
  readonly words?: RuleWords;
  readonly hasGroup?: boolean;
}

/** What the row says that there is. */
interface There extends Options {
  readonly routes: readonly WalkerRoute[];
  readonly rules: World['rules'];
}

function worldFor({ routes, rules, ...options }: There, { words, hasGroup = true }: Choices = {}): World {
  const ofPrimary = kernel.routes
    .filter(r => r.table === mainTable)
    .map(r => ({ ...r, link: r.link!, metric: r.metric ?? 0 }));
  const ofMain = routes.filter(r => r.table === mainTable);
  const plan = planOf(instance, ofMain, words, options);
  const world = worldOf(plan, [...ofPrimary, inMain(`::/0 ${primaryDefault}`), ...routes]);
  return { ...world, rules: [...rules, ...world.rules], groups: new Map(hasGroup ? [['eth0', 28000]] : []) };
}

/** `172.17.0.0/16 dev docker0`, `198.51.100.0/24 via 172.31.16.1 dev eth0` */
function inMain(text: string): WalkerRoute {
  const { destination, gateway, link } = /^(?<destination>\S+)( via (?<gateway>\S+))? dev (?<link>\S+)$/.exec(
    text,
  )!.groups!;
  return {
    destination: destination as Cidr,
    gateway: gateway === undefined ? undefined : ip(gateway),
    link: link!,
    table: mainTable,
    metric: 0,
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

function packetOf([, from = '', to = '', link = '']: readonly string[]): Packet {
  const [, iif, marked] = /^in by (\w+)(, marked)?$/.exec(link) ?? [];
  const [, oif] = /^bound to (\S+)$/.exec(link) ?? [];
  if (link !== '' && iif === undefined && oif === undefined) throw new Error(`what is "${link}"?`);
  const destination = parseIp(to) as Ip;
  return {
    from: from === '' ? ip(familyOf(destination) === 4 ? '0.0.0.0' : '::') : ip(from),
    to: destination,
    ...(iif === undefined ? {} : { iif }),
    ...(oif === undefined ? {} : { oif }),
    ...(marked === undefined ? {} : { mark: 0x0100_0000 }),
  };
}

/** A route in main, or after `27999:` one in a table of somebody's, to which he has such a rule. */
function thereIs(row: readonly string[]): There {
  if (row[4] === '`forward = yes`') return { routes: [], rules: [], forward: true };
  const [, priority, route = ''] = /^(?:(\d+): )?(.*)$/.exec(row[4]!)!;
  const isMarked = row[3]!.endsWith(', marked');
  if (route === '') return { routes: [], rules: [], isMarked };
  const found = inMain(route);
  if (priority === undefined) return { routes: [found], rules: [], isMarked };
  const table = 51820;
  const asks = { from: undefined, to: undefined, localOnly: false, oif: undefined };
  const suppresses = { suppressPrefixLength: undefined, suppressGroup: undefined };
  const rule = { family: 4 as const, priority: Number(priority), table, ...asks, ...suppresses };
  return { routes: [{ ...found, table }], rules: [rule] };
}

const nothing: There = { routes: [], rules: [] };
const rowNamed = (name: string) => rows.find(([first]) => first === name)!;

/** Where the packet of this row leaves: its link. */
function linkOfRow(name: string, choices: Choices): string {
  const row = rowNamed(name);
  return walk(worldFor(thereIs(row), choices), packetOf(row))!.link;
}

test.each(rows.map(row => [row[0]!, row] as const))('%s', (_name, row) => {
  const world = worldFor(thereIs(row));
  const packet = packetOf(row);
  expect([decidedAt(world, packet), way(walk(world, packet)!)]).toEqual([Number(row[5]), row[6]]);
});

test('each tier decides something, and so does main', () => {
  const priorities = ['27700', '28000', '28300', '28600', '28900', '29200', '32766', '33000'];
  const others = rows.flatMap(row => thereIs(row).rules.map(rule => String(rule.priority)));
  const own = rows.map(row => row[5]!).filter(priority => !others.includes(priority));
  expect([...new Set(own)].sort()).toEqual(priorities);
});

test('the machine of the other examples has the rules and the group that are planned for it', () => {
  const planned = planOf(recorded, [])
    .enis.flatMap(eni => planObjects(eni, { ruleProtocol: false }))
    .filter(o => o.kind === 'rule')
    .map(o => o.key);
  const isOwn = ({ priority }: KernelRule) => priority >= 27700 && ![32766, 32767].includes(priority);
  expect(kernel.rules.filter(isOwn).map(ruleKey).sort()).toEqual(planned.sort());
  expect(kernel.links.find(l => l.name === 'eth0')!.group).toBe(28000);
});

describe('what the text says of those that go wrong', () => {
  const bare: RuleWords = { ...allWords, primaryGroup: undefined };
  const withoutTier = (priority: number, row: readonly string[], choices?: Choices) => {
    const world = worldFor(thereIs(row), choices);
    return walk({ ...world, rules: world.rules.filter(r => r.priority !== priority) }, packetOf(row))!.link;
  };

  test('a neighbour of the primary: tier 1 does it, and so does the group', () => {
    const row = rowNamed('reply to a neighbour of the primary');
    expect(withoutTier(28000, row, { words: bare })).toBe('eth0');
    expect(withoutTier(28000, row)).toBe('eth1');
    expect(linkOfRow(row[0]!, { words: bare })).toBe('eth1');
  });

  test('the primary’s answers: with a connected route in main they leave by eth1', () => {
    const row = rowNamed('the primary replies to a neighbour of eth1');
    const connected = inMain('172.31.32.0/20 dev eth1');
    expect(walk(worldFor({ ...nothing, routes: [connected] }), packetOf(row))!.link).toBe('eth1');
  });

  test('a wide route: without tier 1 the neighbours are in the tunnel', () => {
    expect(withoutTier(28000, rowNamed('the same, and a VPN has a wide route'))).toBe('wg0');
  });

  test('a bound socket: without oif nothing leads off the link', () => {
    const row = rowNamed('by a socket bound to eth1 and to no address');
    const world = worldFor(nothing);
    expect(walk({ ...world, rules: world.rules.filter(r => r.oif === undefined) }, packetOf(row))).toBe(
      undefined,
    );
  });

  test('without the group, whatever the reason, only two rows are others', () => {
    const lost = [
      'where main has a static route by the primary',
      'to a host that told the primary its path MTU',
    ];
    for (const choices of [{ hasGroup: false }, { words: bare }]) {
      const others = rows.filter(row => {
        const world = worldFor(thereIs(row), choices);
        return way(walk(world, packetOf(row))!) !== row[6];
      });
      expect(others.map(([name]) => name)).toEqual(lost);
      for (const name of lost) expect(linkOfRow(name, choices)).toBe('eth0');
    }
  });
});
