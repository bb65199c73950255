// What must hold for every plan of every instance: numbers are not shared, the plan does not depend on chance, each packet takes
// the way that the design promises, and nothing that metadata can say brings the primary's packets onto an ENI.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultSettings } from '../../agent/config.ts';
import { assembleInstance } from '../../agent/metadata/assemble-instance.ts';
import { contains, familyOf, type Ip, type Mac, networkAddress } from '../../agent/model/address.ts';
import { type Eni, valueOr } from '../../agent/model/instance.ts';
import { type EniPlan, isDefaultRoute, mainTable } from '../../agent/model/network-plan.ts';
import { type PlanResult, planNetwork } from '../../agent/plan/plan-network.ts';
import { arbitraryMachine, lyingMachine, type Machine } from '../support/arbitrary-instances.ts';
import { cidr, ip } from '../support/example-plans.ts';
import { lastHost } from '../support/last-host.ts';
import { plainOptions } from '../support/plan-parts.ts';
import { type WalkerRoute, walk, worldOf } from '../support/rule-walker.ts';

const numRuns = Number(process.env.PROPERTY_RUNS ?? 150);
const far = { 4: ip('203.0.113.9'), 6: ip('2001:db8:ffff::9') };
const container = { 4: ip('172.17.0.5'), 6: ip('fd00:17::5') };

/** @param connected every ENI is to have its connected route in main, as an administrator may want it */
function planOf(
  machine: Machine,
  keptSlots: ReadonlyMap<Mac, number> = new Map(),
  connected = false,
): PlanResult {
  const options = { ...plainOptions, connectedRoute: true };
  const enis = new Map(connected ? machine.instance.enis.map(e => [e.mac, options] as const) : []);
  return planNetwork({
    ...machine,
    settings: { ...defaultSettings, enis },
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

const worldFor = ({ plan }: PlanResult, machine?: Machine) =>
  worldOf(plan, [
    ...mainRoutes,
    ...subnetsOf(machine?.instance.enis[0]).map(destination => ({
      destination,
      gateway: undefined,
      link: 'eth0',
      table: mainTable,
      metric: 0,
    })),
  ]);

const subnetsOf = (eni: Eni | undefined) =>
  [eni?.ipv4, eni?.ipv6].flatMap(f => (f === undefined ? [] : valueOr(f.subnets, [])));

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
