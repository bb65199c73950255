// What must hold for every plan of every instance: numbers are not shared, the plan does not depend on chance, and an ENI that comes
// or goes leaves the others alone.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assembleInstance } from '../../agent/metadata/assemble-instance.ts';
import { contains, hostCidr } from '../../agent/model/address.ts';
import { type Eni, valueOr } from '../../agent/model/instance.ts';
import type { EniPlan } from '../../agent/model/network-plan.ts';
import { arbitraryMachine, type Machine } from '../support/arbitrary-instances.ts';
import { cidr } from '../support/example-plans.ts';
import { planOf } from '../support/plan-of-machine.ts';

const numRuns = Number(process.env.PROPERTY_RUNS ?? 150);

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
      for (const priority of owners.keys())
        expect((priority >= 27700 && priority < 29456) || (priority >= 33000 && priority < 33256)).toBe(true);
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
    [eni.ipv4, eni.ipv6].flatMap(f => [
      ...valueOr(f.subnets, []),
      ...valueOr(f.prefixes, []),
      ...valueOr(f.addresses, []).map(hostCidr),
    ]);
});
