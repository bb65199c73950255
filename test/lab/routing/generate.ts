// Made-up machines for the kernel: the same one for the same seed.
import type { Family } from '../../../agent/model/address.ts';
import { type Dice, diceOf } from './dice.ts';
import { isEdge, makeNics } from './generate-nics.ts';
import { type Behind, localAddresses, type Machine, type Nic, networkOf, type OtherLink } from './machine.ts';
import { hostOf, isIn, type Net, net, partOf, same } from './net.ts';

export function makeMachine(seed: number): Machine {
  const dice = diceOf(seed);
  const nics = makeNics(dice, 1 + dice.pick([1, 1, 1, 2, 2, 3, 4, 5, 7, 0]));
  const group = dice.chance(0.85);
  const bare = {
    nics,
    others: [],
    statics: [],
    group,
    strict: dice.chance(0.7),
    advertised: dice.chance(0.5),
  };
  const bridged = { ...bare, others: holdPrefixes(dice, bare) };
  const others = [...bridged.others, ...makeOthers(dice, bridged)];
  // Without the group a route of main by the primary takes an ENI's packets, as ever.
  const statics = group && dice.chance(0.2) ? makeStatics(dice, { ...bridged, others }) : [];
  // By dice of their own, so that a seed gives the same machine with and without.
  const forwarding = diceOf(seed + 500_009);
  const some = forwarding.chance(0.4);
  const forwards = () => some && forwarding.chance(0.6);
  const routers = nics.map(n => (n.number > 0 && !n.claimed && forwards() ? { ...n, forwards: true } : n));
  const behind = forwarding.chance(0.3) ? [...places] : [];
  const withBehind = routers.map(n => {
    if (n.number === 0 || n.claimed || !forwarding.chance(0.6)) return n;
    const given = behind
      .splice(0, 1 + forwarding.roll(2))
      .flatMap(place => behindAt({ ...bridged, others }, n, place));
    return given.length === 0 ? n : { ...n, behind: given };
  });
  // Something of a VPN inside of such a network.
  const hasInside = forwarding.chance(0.5);
  const more = others.map(o =>
    o.link === 'wg0' && hasInside ? { ...o, routes: [...o.routes, ...insidePlaces.map(net)] } : o,
  );
  return { ...bridged, nics: withBehind, others: more, statics };
}

/** Networks that no subnet has, and what a VPN has may lie around. */
const places = [
  { 4: '10.150.0.0/16', 6: '2001:db8:c0::/48' },
  { 4: '10.151.4.0/24', 6: '2001:db8:c1:5::/64' },
  { 4: '192.168.64.0/18', 6: 'fd00:9:0:4::/64' },
] as const;

const insidePlaces = ['10.150.7.0/24', '2001:db8:c0:7::/64'];

/** By the ENI's gateway or by a host in its subnet. An IPv6 gateway that is not link-local may be one that main refuses. */
function behindAt(machine: Machine, nic: Nic, place: (typeof places)[number]): readonly Behind[] {
  return ([4, 6] as const).flatMap(family => {
    const { gateway, subnets, addresses } = nic.sides[family];
    const host = subnets[0] === undefined ? undefined : hostOf(subnets[0], -4n);
    const isFree = host !== undefined && !holdsOwn(machine, host) && family === 4 && nic.number % 2 === 0;
    const via = isFree ? host : gateway;
    if (addresses.length === 0 || via === undefined || (family === 6 && !isIn(via, net('fe80::/10'))))
      return [];
    return [{ ...net(place[family]), gateway: via }];
  });
}

/** Bridges for most of the delegated prefixes, the primary's too, with the first address each. */
function holdPrefixes(dice: Dice, { nics }: Machine): readonly OtherLink[] {
  const prefixes = nics.flatMap(n => [...n.sides[4].prefixes, ...n.sides[6].prefixes]);
  return prefixes
    .filter(() => dice.chance(0.8))
    .map((p, i) => ({ link: `br${i}`, addresses: [{ ...hostOf(p, 1n), length: p.length }], routes: [] }));
}

const containers = { 4: ['172.17.0.1/16'], 6: ['fd00:17::1/64'] } as const;
const wide = {
  4: ['10.0.0.0/8', '10.200.0.0/16', '10.192.0.0/12', '0.0.0.0/1,128.0.0.0/1', '192.168.0.0/16'],
  6: ['2001:db8::/32', '2001:db8:a0::/48', '::/1,8000::/1', 'fd00:9::/48'],
} as const;

function makeOthers(dice: Dice, machine: Machine): readonly OtherLink[] {
  const families: readonly Family[] = [4, 6];
  const docker: OtherLink = {
    link: 'docker0',
    addresses: families.map(f => net(containers[f][0])),
    routes: [],
  };
  const list: OtherLink[] = dice.chance(0.6) ? [docker] : [];
  // A container network that lies in a subnet: where containers have addresses of the VPC.
  if (dice.chance(0.35)) {
    const addresses = families.flatMap(f => {
      const found = insideSubnet(dice, machine, f);
      return found === undefined ? [] : [{ ...hostOf(found, 1n), length: found.length }];
    });
    if (addresses.length > 0) list.push({ link: 'cni0', addresses, routes: [] });
  }
  if (dice.chance(0.5)) {
    const routes = families.flatMap(f => [
      ...(dice.chance(0.6) ? dice.pick(wide[f]).split(',').map(net) : []),
      ...(dice.chance(0.4) ? hostsOfSubnets(dice, machine, f) : []),
      ...(dice.chance(0.25) ? [insideSubnet(dice, machine, f)].filter(n => n !== undefined) : []),
      ...(dice.chance(0.3) ? aroundSubnet(dice, machine, f) : []),
    ]);
    const ofCni = list.flatMap(o => o.addresses.map(networkOf));
    const own = [net('172.30.99.2'), net('fd00:99::2')];
    list.push({
      link: 'wg0',
      addresses: own,
      routes: distinct(routes.filter(r => !ofCni.some(c => same(c, r)))),
    });
  }
  return list;
}

/** A network in a subnet of an ENI or the primary that holds none of the machine's addresses and no gateway. */
function insideSubnet(dice: Dice, machine: Machine, family: Family): Net | undefined {
  const subnets = machine.nics.flatMap(n => n.sides[family].subnets);
  if (subnets.length === 0) return undefined;
  const outer = dice.pick(subnets);
  const found = partOf(outer, outer.length + dice.pick([1, 2, 3, 4]), BigInt(dice.roll(16)));
  return found.length > (family === 4 ? 29 : 120) || holdsOwn(machine, found) ? undefined : found;
}

/** A network that lies in one subnet and holds another one. */
function aroundSubnet(dice: Dice, { nics }: Machine, family: Family): readonly Net[] {
  const subnets = nics.flatMap(n => n.sides[family].subnets);
  const pairs = subnets.flatMap(outer =>
    subnets.filter(s => isIn(s, outer) && s.length > outer.length + 1).map(inner => ({ outer, inner })),
  );
  if (pairs.length === 0) return [];
  const { outer, inner } = dice.pick(pairs);
  return [networkOf({ ...inner, length: outer.length + 1 + dice.roll(inner.length - outer.length - 1) })];
}

function holdsOwn(machine: Machine, network: Net): boolean {
  const gateways = machine.nics.flatMap(n => [n.sides[4].gateway, n.sides[6].gateway]);
  const prefixes = machine.nics.flatMap(n => [...n.sides[4].prefixes, ...n.sides[6].prefixes]);
  return (
    [...localAddresses(machine), ...gateways.filter(g => g !== undefined)].some(a => isIn(a, network)) ||
    prefixes.some(p => isIn(p, network) || isIn(network, p))
  );
}

function hostsOfSubnets(dice: Dice, machine: Machine, family: Family): readonly Net[] {
  const subnets = machine.nics.flatMap(n => n.sides[family].subnets);
  const hosts = subnets.map(s => hostOf(s, BigInt(2 + dice.roll(200))));
  return dice.some(
    hosts.filter(h => !holdsOwn(machine, h) && !isEdge(h, subnets)),
    3,
  );
}

function makeStatics(dice: Dice, machine: Machine): readonly Net[] {
  const taken = machine.others.flatMap(o => [...o.addresses.map(networkOf), ...o.routes]);
  const subnets = machine.nics.flatMap(n => [...n.sides[4].subnets, ...n.sides[6].subnets]);
  const chosen = ([4, 6] as const).flatMap(f => [
    ...(dice.chance(0.5) ? [net(dice.pick(wide[f]).split(',')[0]!)] : []),
    ...(dice.chance(0.4) ? [insideSubnet(dice, machine, f)].filter(n => n !== undefined) : []),
  ]);
  return distinct(chosen.filter(c => ![...taken, ...subnets].some(t => same(t, c))));
}

const distinct = (list: readonly Net[]): readonly Net[] =>
  list.filter((n, i) => list.findIndex(o => same(o, n)) === i);
