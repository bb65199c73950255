// What must hold for every plan of every instance: numbers are not shared, the plan does not depend on chance, each packet takes
// the way that the design promises, and nothing that metadata can say brings the primary's packets onto an ENI.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultSettings } from '../../agent/config.ts';
import { assembleInstance } from '../../agent/metadata/assemble-instance.ts';
import {
  bits,
  contains,
  type Family,
  familyOf,
  type Ip,
  type Mac,
  networkAddress,
  parseIp,
  prefixLengthOf,
} from '../../agent/model/address.ts';
import { type Eni, valueOr } from '../../agent/model/instance.ts';
import {
  type EniPlan,
  isDefaultRoute,
  mainTable,
  type PlannedRoute,
} from '../../agent/model/network-plan.ts';
import { type PlanResult, planNetwork } from '../../agent/plan/plan-network.ts';
import { arbitraryMachine, lyingMachine, type Machine } from '../support/arbitrary-instances.ts';
import { cidr, ip } from '../support/example-plans.ts';
import { type WalkerRoute, walk, worldOf } from '../support/rule-walker.ts';

const numRuns = Number(process.env.PROPERTY_RUNS ?? 150);
const far = { 4: ip('203.0.113.9'), 6: ip('2001:db8:ffff::9') };
const container = { 4: ip('172.17.0.5'), 6: ip('fd00:17::5') };

function planOf(machine: Machine, keptSlots: ReadonlyMap<Mac, number> = new Map()): PlanResult {
  return planNetwork({
    ...machine,
    settings: defaultSettings,
    keptSlots,
    occupiedSlots: new Set(),
    leases: new Map(),
    learnedSubnets: new Map(),
    suppressPrefixLength: true,
    claims: new Map(),
  });
}

/** Main as the machine has it without any ENI: the primary's subnets and default routes, and a container bridge. */
const mainRoutes: readonly WalkerRoute[] = [
  { destination: cidr('0.0.0.0/0'), gateway: ip('10.9.0.1'), link: 'eth0' },
  { destination: cidr('::/0'), gateway: ip('fe80::9'), link: 'eth0' },
  { destination: cidr('172.17.0.0/16'), gateway: undefined, link: 'docker0' },
  { destination: cidr('fd00:17::/64'), gateway: undefined, link: 'docker0' },
].map(r => ({ ...r, table: mainTable, metric: 100 }));

const worldFor = ({ plan }: PlanResult) => worldOf(plan, mainRoutes);

/** Each family of each planned ENI that is settled, with its routes. */
function settled({ plan }: PlanResult) {
  return plan.enis.flatMap(eni =>
    ([4, 6] as const)
      .filter(family => !(family === 4 && eni.awaiting !== undefined))
      .map(family => {
        const routes = eni.routes.filter(r => r.family === family && r.table === eni.table);
        return {
          eni,
          family,
          addresses: eni.addresses.filter(a => a.family === family).map(a => a.ip),
          subnets: routes.filter(r => !isDefaultRoute(r)).map(r => r.destination),
          gateway: routes.find(isDefaultRoute)?.gateway,
        };
      }),
  );
}

const check = (machines: fc.Arbitrary<Machine>, property: (machine: Machine) => void) =>
  fc.assert(fc.property(machines, property), { numRuns });

describe('numbers', () => {
  test('no two ENIs share a slot, a table, or a priority', () =>
    check(arbitraryMachine, machine => {
      const { enis } = planOf(machine).plan;
      expect(new Set(enis.map(e => e.table)).size).toBe(enis.length);
      const owners = new Map<number, EniPlan>();
      for (const eni of enis)
        for (const { priority } of eni.rules) {
          expect(owners.get(priority) ?? eni).toBe(eni);
          owners.set(priority, eni);
        }
      for (const priority of owners.keys()) expect(priority >= 28000 && priority < 28856).toBe(true);
    }));

  test('a hurt state file cannot make them share one either', () =>
    fc.assert(
      fc.property(arbitraryMachine, fc.array(fc.integer({ min: -1, max: 300 })), (machine, numbers) => {
        const kept = new Map(
          machine.instance.enis.map((e, i) => [e.mac, numbers[i % (numbers.length || 1)] ?? 0]),
        );
        const { enis } = planOf(machine, kept).plan;
        expect(new Set(enis.map(e => e.table)).size).toBe(enis.length);
        for (const { slot } of enis) expect(slot >= 0 && slot < 256).toBe(true);
      }),
      { numRuns },
    ));
});

describe('the same input gives the same plan', () => {
  test('whatever the order of the metadata, the links and the addresses', () =>
    fc.assert(
      fc.property(arbitraryMachine, fc.infiniteStream(fc.nat()), (machine, dice) => {
        const shuffled = <T>(list: readonly T[]) =>
          list
            .map(item => ({ item, at: dice.next().value as number }))
            .sort((a, b) => a.at - b.at)
            .map(({ item }) => item);
        const assembled = (enis: readonly Eni[]) =>
          assembleInstance({
            provider: 'aws',
            instanceId: { state: 'value', value: 'i-1' },
            enis: enis.map(eni => ({ eni, others: [] })),
            problems: [],
            serviceAddresses: [],
          });
        const { links, addresses, instance } = machine;
        const other = {
          instance: assembled(shuffled(instance.enis)),
          links: shuffled(links),
          addresses: shuffled(addresses),
        };
        expect(planOf(other)).toEqual(planOf({ ...machine, instance: assembled(instance.enis) }));
      }),
      { numRuns },
    ));

  test('planning again with the slots of the first time', () =>
    check(arbitraryMachine, machine => {
      const first = planOf(machine);
      expect(planOf(machine, first.slots)).toEqual(first);
    }));
});

describe('one ENI comes or goes', () => {
  test('no other changes its numbers; who shares no subnet with it changes nothing', () =>
    fc.assert(
      fc.property(arbitraryMachine, fc.nat(), (machine, nat) => {
        const [primary, ...others] = machine.instance.enis as [Eni, ...Eni[]];
        const gone = others[nat % (others.length || 1)];
        const rest = others.filter(e => e !== gone);
        const all = planOf(machine);
        const without = { ...machine, instance: { ...machine.instance, enis: [primary, ...rest] } };
        const network = gone && [
          ...networksOf(gone),
          ...machine.addresses
            .filter(a => a.link === `eth${machine.instance.enis.indexOf(gone)}` && a.family === 4)
            .map(a => cidr(`${a.ip}/${a.prefixLength}`)),
        ];
        // It goes; and it comes, once to a machine that knows it and once to one that does not.
        const less = planOf(without, all.slots);
        const back = planOf(machine, less.slots);
        const fresh = planOf(without);
        const joined = planOf(machine, fresh.slots);
        expect(back).toEqual(all);
        for (const [before, after] of [
          [all, less],
          [fresh, joined],
        ] as const)
          for (const eni of before.plan.enis.filter(e => e.mac !== gone?.mac)) {
            const same = after.plan.enis.find(e => e.mac === eni.mac)!;
            expect(fixedPartOf(same)).toEqual(fixedPartOf(eni));
            const touched = eni.routes.some(r =>
              network?.some(n => contains(n, r.destination) || contains(r.destination, n)),
            );
            if (!touched) expect(same).toEqual(eni);
          }
      }),
      { numRuns },
    ));

  /** All but the rules, and who has main's connected route. */
  function fixedPartOf(eni: EniPlan) {
    return {
      ...eni,
      rules: [],
      sharedSubnet: false,
      addresses: eni.addresses.map(a => ({ ...a, prefixLength: 0 })),
      routes: eni.routes.map(r => ({ ...r, onLink: false })),
    };
  }

  const networksOf = (eni: Eni) =>
    [eni.ipv4, eni.ipv6].flatMap(f => [...valueOr(f.subnets, []), ...valueOr(f.prefixes, [])]);
});

describe('packets', () => {
  test('from each address leave by its ENI: through its gateway, or directly to a neighbour', () =>
    check(arbitraryMachine, machine => {
      const result = planOf(machine);
      const world = worldFor(result);
      for (const { eni, family, addresses, subnets, gateway } of settled(result))
        for (const from of addresses) {
          if (gateway !== undefined)
            expect(walk(world, { from, to: far[family] })).toMatchObject({ link: eni.link, gateway });
          for (const subnet of subnets.filter(s => contains(s, from)))
            expect(walk(world, { from, to: lastHost(subnet) })).toMatchObject({
              link: eni.link,
              gateway: undefined,
            });
        }
    }));

  test('to what main knows specifically (a container bridge) go there, from every address', () =>
    check(arbitraryMachine, machine => {
      const result = planOf(machine);
      for (const { family, addresses } of settled(result))
        for (const from of addresses)
          expect(walk(worldFor(result), { from, to: container[family] })?.link).toBe('docker0');
    }));

  test('of containers with an address of a delegated prefix leave by its ENI', () =>
    check(arbitraryMachine, machine => {
      const result = planOf(machine);
      for (const { eni, family, gateway } of settled(result)) {
        const found = machine.instance.enis.find(e => e.mac === eni.mac)!;
        const prefixes = valueOr(family === 4 ? found.ipv4.prefixes : found.ipv6.prefixes, []);
        for (const prefix of gateway === undefined ? [] : prefixes)
          expect(
            walk(worldFor(result), { from: networkAddress(prefix), to: far[family], iif: 'cni0' }),
          ).toMatchObject({ link: eni.link, gateway });
      }
    }));

  test('that the VM forwards for a neighbour in an ENI subnet keep using main', () =>
    check(arbitraryMachine, machine => {
      const result = planOf(machine);
      for (const { eni, family, subnets } of settled(result))
        for (const subnet of subnets)
          expect(
            walk(worldFor(result), { from: lastHost(subnet), to: far[family], iif: eni.link })?.link,
          ).toBe('eth0');
    }));
});

describe('the primary', () => {
  test.each([
    ['honest', arbitraryMachine],
    ['lying', lyingMachine],
  ])('has no address whose packets a rule leads to an ENI (%s metadata)', (_name, machines) =>
    check(machines, machine => {
      const result = planOf(machine);
      // Main without connected routes: only what the rules do is of interest here.
      const world = {
        ...worldFor(result),
        routes: worldFor(result).routes.filter(r => r.table !== mainTable),
      };
      for (const from of sourcesOfPrimary(machine))
        for (const to of [far[familyOf(from)], container[familyOf(from)], lastHostNear(from)])
          for (const packet of [
            { from, to },
            { from, to, iif: 'cni0' },
          ])
            expect(walk(world, packet), JSON.stringify(packet)).toBeUndefined();
    }),
  );

  test('is in no plan, nor is its link or one of its addresses (lying metadata)', () =>
    check(lyingMachine, machine => {
      const { plan } = planOf(machine);
      expect(plan.enis.some(e => e.link === 'eth0' || e.mac === machine.instance.enis[0]!.mac)).toBe(false);
      const own = new Set<string>(sourcesOfPrimary(machine));
      expect(plan.enis.flatMap(e => e.addresses).filter(a => own.has(a.ip))).toEqual([]);
    }));

  test('keeps main: no route is planned there, and no connected route to a subnet of the primary', () =>
    check(arbitraryMachine, machine => {
      const { plan } = planOf(machine);
      const routes: readonly PlannedRoute[] = plan.enis.flatMap(e => e.routes);
      expect(routes.filter(r => r.table === mainTable)).toEqual([]);
      const own = sourcesOfPrimary(machine);
      const connected = worldOf(plan, []).routes.filter(r => r.table === mainTable);
      for (const { destination } of connected)
        expect(own.filter(address => contains(destination, address))).toEqual([]);
      expect(new Set(connected.map(r => r.destination)).size).toBe(connected.length);
    }));

  /** Its addresses, and those that its containers have from its delegated prefixes. */
  function sourcesOfPrimary({ instance }: Machine): readonly Ip[] {
    const { ipv4, ipv6 } = instance.enis[0]!;
    return [
      ...valueOr(ipv4.addresses, []),
      ...valueOr(ipv6.addresses, []),
      ...[...valueOr(ipv4.prefixes, []), ...valueOr(ipv6.prefixes, [])].flatMap(p => [
        networkAddress(p),
        lastHost(p),
      ]),
    ];
  }

  const lastHostNear = (address: Ip) => lastHost(cidr(`${address}/${familyOf(address) === 4 ? 22 : 64}`));
});

/** An address of the network that no generated ENI has: the highest but one. */
function lastHost(network: ReturnType<typeof cidr>): Ip {
  const family: Family = familyOf(network);
  const width = family === 4 ? 8 : 16;
  const groups =
    family === 4 ? networkAddress(network).split('.').map(Number) : groupsOf(networkAddress(network));
  const free = bits(network) - prefixLengthOf(network);
  for (let bit = 0; bit < free; bit++) {
    const at = groups.length - 1 - Math.floor(bit / width);
    groups[at] = groups[at]! | (1 << (bit % width));
  }
  groups[groups.length - 1]! &= ~1;
  const text = family === 4 ? groups.join('.') : groups.map(g => g.toString(16)).join(':');
  return parseIp(text)!;
}

function groupsOf(address: Ip): number[] {
  const [head = '', tail = ''] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].map(g => Number.parseInt(g, 16));
}
