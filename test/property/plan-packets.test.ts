// Where packets go by the planned rules, walked as the kernel walks them: each takes the way that the design promises, and nothing
// that metadata can say brings the primary's packets onto an ENI.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Cidr,
  contains,
  familyOf,
  hostCidr,
  type Ip,
  linkLocalNetwork,
  networkAddress,
  overlaps,
} from '../../agent/model/address.ts';
import { type Eni, valueOr } from '../../agent/model/instance.ts';
import { isDefaultRoute, mainTable, type NetworkPlan } from '../../agent/model/network-plan.ts';
import type { PlanResult } from '../../agent/plan/plan-network.ts';
import { arbitraryMachine, lyingMachine, type Machine } from '../support/arbitrary-instances.ts';
import { cidr, ip } from '../support/example-plans.ts';
import { lastHost } from '../support/last-host.ts';
import { planOf } from '../support/plan-of-machine.ts';
import { type WalkerRoute, walk, worldOf } from '../support/rule-walker.ts';

const numRuns = Number(process.env.PROPERTY_RUNS ?? 150);
const far = { 4: ip('203.0.113.9'), 6: ip('2001:db8:ffff::9') };
const container = { 4: ip('172.17.0.5'), 6: ip('fd00:17::5') };

/** Main as the machine has it without any ENI: the primary's subnets and default routes, and a container bridge. */
const mainRoutes: readonly WalkerRoute[] = [
  { destination: cidr('0.0.0.0/0'), gateway: ip('10.9.0.1'), link: 'eth0' },
  { destination: cidr('::/0'), gateway: ip('fe80::9'), link: 'eth0' },
  { destination: cidr('172.17.0.0/16'), gateway: undefined, link: 'docker0' },
  { destination: cidr('fd00:17::/64'), gateway: undefined, link: 'docker0' },
].map(r => ({ ...r, table: mainTable, metric: 100 }));

/** @param hasGroup the primary is in its link group; without it nothing here may be another way */
const worldFor = ({ plan }: PlanResult, machine?: Machine, hasGroup = true) => ({
  ...worldOf(plan, [
    ...mainRoutes,
    ...subnetsOf(machine?.instance.enis[0]).map(destination => ({
      destination,
      gateway: undefined,
      link: 'eth0',
      table: mainTable,
      metric: 0,
    })),
  ]),
  groups: new Map(hasGroup ? [['eth0', 28_000]] : []),
});

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
          subnets: routes.filter(r => r.gateway === undefined).map(r => r.destination),
          gateway: routes.find(isDefaultRoute)?.gateway,
        };
      }),
  );
}

/** The primary's addresses, and those that its containers have from its delegated prefixes. */
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

const check = (machines: fc.Arbitrary<Machine>, property: (machine: Machine) => void) =>
  fc.assert(fc.property(machines, property), { numRuns });

describe('packets', () => {
  test.each([
    ['plain', false, true],
    ['with forward', { forward: true }, true],
    ['plain, without the link group', false, false],
    ['with connected routes', true, true],
    ['with connected routes, without the link group', true, false],
  ])(
    'from each address leave by its ENI: through its gateway, or directly to a neighbour (%s)',
    // Ten seconds on an idle machine.
    { timeout: 1_200_000 },
    (_name, connected, hasGroup) =>
      check(arbitraryMachine, machine => {
        const result = planOf(machine, undefined, connected);
        const world = worldFor(result, machine, hasGroup);
        for (const { eni, family, addresses, subnets, gateway } of settled(result))
          for (const from of addresses) {
            if (gateway !== undefined)
              expect(walk(world, { from, to: far[family] })).toMatchObject({ link: eni.link, gateway });
            for (const subnet of subnets.filter(s => contains(s, from)))
              expect(walk(world, { from, to: lastHost(subnet) })).toMatchObject({
                link: eni.link,
                gateway: undefined,
              });
            // Into the subnet of another ENI, the primary's too: main may have that one on-link by a link with other sources.
            for (const to of machine.instance.enis.flatMap(subnetsOf).map(lastHost))
              if (gateway !== undefined && familyOf(to) === family && !subnets.some(s => contains(s, to)))
                expect(walk(world, { from, to }), `${from} to ${to}`).toMatchObject({
                  link: eni.link,
                  gateway,
                });
          }
      }),
  );

  test('of a socket that is bound to the link, and to no address, leave by it as well', () =>
    check(arbitraryMachine, machine => {
      const result = planOf(machine);
      const world = worldFor(result, machine);
      for (const { eni, family, addresses, subnets, gateway } of settled(result)) {
        if (addresses.length === 0) continue;
        const bound = { from: ip(family === 4 ? '0.0.0.0' : '::'), oif: eni.link };
        if (gateway !== undefined)
          expect(walk(world, { ...bound, to: far[family] })).toMatchObject({ link: eni.link, gateway });
        for (const subnet of subnets)
          expect(walk(world, { ...bound, to: lastHost(subnet) })).toMatchObject({ link: eni.link });
        if (family === 6 && gateway !== undefined)
          expect(walk(world, { ...bound, to: ip('fe80::77') })).toMatchObject({
            link: eni.link,
            gateway: undefined,
          });
      }
    }));

  test('to where main has a wide route leave by the ENI where they are its own networks, and by that route elsewhere', () =>
    check(arbitraryMachine, machine => {
      const result = planOf(machine);
      const wide = ['0.0.0.0/1', '128.0.0.0/1', '::/1'].map(text => ({
        destination: cidr(text),
        gateway: undefined,
        link: 'wg0',
        table: mainTable,
        metric: 0,
      }));
      const world = worldFor(result, machine);
      const withVpn = { ...world, routes: [...world.routes, ...wide] };
      for (const { eni, family, addresses, subnets, gateway } of settled(result))
        for (const from of addresses) {
          for (const subnet of subnets.filter(s => contains(s, from)))
            expect(walk(withVpn, { from, to: lastHost(subnet) })?.link).toBe(eni.link);
          if (gateway !== undefined && subnets.some(s => contains(s, gateway)))
            expect(walk(withVpn, { from, to: gateway })?.link).toBe(eni.link);
          expect(walk(withVpn, { from, to: far[family] })?.link).toBe('wg0');
        }
    }));

  test('to a host of which main has a copy of the primary’s default route (IPv6 path MTU) leave by the ENI', () =>
    check(arbitraryMachine, machine => {
      const result = planOf(machine);
      const copy = mainRoutes
        .filter(r => r.destination === '::/0')
        .map(r => ({ ...r, destination: cidr(`${far[6]}/128`), metric: 0 }));
      const world = worldFor(result, machine);
      for (const { eni, family, addresses, gateway } of settled(result))
        for (const from of family === 6 && gateway !== undefined ? addresses : [])
          expect(walk({ ...world, routes: [...world.routes, ...copy] }, { from, to: far[6] })?.link).toBe(
            eni.link,
          );
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

  test('that the VM forwards to the subnet of an ENI with `forward = yes` leave by it, and the way back is the one that they came by', () =>
    check(arbitraryMachine, machine => {
      const result = planOf(machine, undefined, { forward: true });
      const world = worldFor(result, machine);
      const reached = settled(result).flatMap(({ eni, family, subnets }) =>
        eni.rules.some(r => r.family === family && r.priority >= 28_900 && r.priority < 33_000)
          ? subnets.filter(s => isAlone(machine, eni.mac, s)).map(subnet => ({ eni, to: lastHost(subnet) }))
          : [],
      );
      for (const { eni, to } of reached) {
        const family = familyOf(to);
        const others = reached.filter(r => r.eni !== eni && familyOf(r.to) === family);
        for (const one of others) {
          expect(walk(world, { from: one.to, to, iif: one.eni.link })?.link).toBe(eni.link);
          // As the reverse path check asks: with the link by which the packet is going to leave.
          expect(walk(world, { from: to, to: one.to, iif: eni.link })?.link).toBe(one.eni.link);
        }
        // NAT by the primary, and what the neighbour sends to the primary.
        expect(walk(world, { from: to, to: far[family], iif: eni.link })?.link).toBe('eth0');
        expect(walk(world, { from: far[family], to, iif: 'eth0' })?.link).toBe(eni.link);
        for (const from of sourcesOfPrimary(machine).filter(a => familyOf(a) === family))
          for (const packet of [{ from }, { from, iif: 'cni0' }])
            if (packet.iif === undefined || isOfPrefix(machine, from))
              expect(walk(world, { ...packet, to })?.link, JSON.stringify([packet, to])).toBe('eth0');
      }
    }));

  /** Whether nobody else has anything there. */
  function isAlone({ instance }: Machine, mac: string, subnet: Cidr): boolean {
    return instance.enis
      .filter(e => e.mac !== mac)
      .flatMap(e => [
        ...subnetsOf(e),
        ...[e.ipv4, e.ipv6].flatMap(f => [
          ...valueOr(f.prefixes, []),
          ...valueOr(f.addresses, []).map(hostCidr),
        ]),
      ])
      .every(other => !overlaps(other, subnet));
  }

  const isOfPrefix = ({ instance }: Machine, from: Ip): boolean => {
    const { ipv4, ipv6 } = instance.enis[0]!;
    return [...valueOr(ipv4.prefixes, []), ...valueOr(ipv6.prefixes, [])].some(p => contains(p, from));
  };

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

/** One that may be, and many that would take what is others'. */
const greedy = [
  '10.20.0.0/16',
  '2001:db8:20::/48',
  '0.0.0.0/0',
  '::/0',
  '10.0.0.0/8',
  '10.0.2.0/24',
  '198.51.100.0/24',
  '169.254.0.0/16',
  'fd00::/8',
  '2001:db8::/32',
  '2001:db8:0:2::/63',
].map(text => ({ destination: cidr(text), gateway: undefined }));

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

  test.each([
    ['honest', arbitraryMachine],
    ['lying', lyingMachine],
  ])(
    'reaches its neighbours, all ENIs and the metadata as it did before, whatever `routes` say (%s metadata)',
    (_name, machines) =>
      check(machines, machine => {
        const result = planOf(machine, undefined, { routes: greedy });
        const world = worldFor(result, machine);
        const services = [ip('169.254.169.254'), ip('fd00:ec2::254')];
        const targets = [...machine.instance.enis.flatMap(subnetsOf).map(lastHost), ...services];
        for (const from of sourcesOfPrimary(machine))
          for (const to of [...targets, ...sourcesOfPrimary(machine).map(lastHostNear)])
            if (familyOf(to) === familyOf(from))
              expect(walk(world, { from, to })?.link, `${from} to ${to}`).toBe('eth0');
        for (const { eni, family, addresses, gateway } of settled(result))
          for (const from of gateway === undefined ? [] : addresses)
            expect(walk(world, { from, to: ip(family === 4 ? '10.20.3.4' : '2001:db8:20::4') })?.link).toBe(
              eni.link,
            );
      }),
  );

  test('reaches the subnets of all ENIs as it did before', () =>
    check(arbitraryMachine, machine => {
      const result = planOf(machine);
      const world = worldFor(result, machine);
      for (const from of sourcesOfPrimary(machine))
        for (const to of machine.instance.enis.flatMap(subnetsOf).map(lastHost))
          if (familyOf(to) === familyOf(from)) expect(walk(world, { from, to })?.link).toBe('eth0');
    }));

  test('is in no plan, nor is its link or one of its addresses (lying metadata)', () =>
    check(lyingMachine, machine => {
      const { plan } = planOf(machine);
      expect(plan.enis.some(e => e.link === 'eth0' || e.mac === machine.instance.enis[0]!.mac)).toBe(false);
      const own = new Set<string>(sourcesOfPrimary(machine));
      expect(plan.enis.flatMap(e => e.addresses).filter(a => own.has(a.ip))).toEqual([]);
    }));

  test('keeps main: nothing is planned there, not even a connected route', () =>
    check(arbitraryMachine, machine => {
      // fe80::/64 of each link is the kernel's own.
      const inMain = (of: NetworkPlan) =>
        worldOf(of, []).routes.filter(r => r.table === mainTable && r.destination !== linkLocalNetwork);
      expect(inMain(planOf(machine).plan)).toEqual([]);
      // Where the administrator wants connected routes: still none to a subnet of the primary, and none twice.
      const own = sourcesOfPrimary(machine);
      const { plan } = planOf(machine, undefined, true);
      expect(plan.enis.flatMap(e => e.routes).filter(r => r.table === mainTable)).toEqual([]);
      const connected = inMain(plan);
      for (const { destination } of connected)
        expect(own.filter(address => contains(destination, address))).toEqual([]);
      expect(new Set(connected.map(r => r.destination)).size).toBe(connected.length);
    }));

  const lastHostNear = (address: Ip) => lastHost(cidr(`${address}/${familyOf(address) === 4 ? 22 : 64}`));
});
