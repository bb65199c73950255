// Made-up ENIs: subnets that are apart, the same, or one inside of the other (two VPCs); addresses, prefixes and VIPs in and out of them.
import type { Family } from '../../../agent/model/address.ts';
import type { Dice } from './dice.ts';
import { emptySide, type Nic, type Side } from './machine.ts';
import { hostOf, isIn, type Net, net, overlap, partOf, same, sizeOf } from './net.ts';

/** What is taken already: no address twice, nothing of one ENI in a prefix of another. */
interface Taken {
  readonly addresses: Net[];
  readonly prefixes: Net[];
  readonly gateways: Net[];
}

const vpc = { 4: net('10.200.0.0/16'), 6: net('2001:db8:a0::/48') } as const;
const beside = { 4: net('198.19.0.0/16'), 6: net('2001:db8:b0::/48') } as const;
const sizes = { 4: [20, 22, 24, 24, 26, 28], 6: [64, 64, 64, 60, 72] } as const;
const prefixSize = { 4: 28, 6: 80 } as const;

export function makeNics(dice: Dice, count: number): readonly Nic[] {
  const families: readonly Family[] = dice.pick([[4], [4, 6], [4, 6], [4, 6], [6]]);
  const kind = dice.pick(['apart', 'any', 'any', 'together']);
  const pool = { 4: makePool(dice, 4, kind), 6: makePool(dice, 6, kind) };
  const taken: Taken = { addresses: [], prefixes: [], gateways: [] };
  const connects = dice.chance(0.15);
  const someClaimed = dice.chance(0.2);
  return Array.from({ length: count }, (_, number) => {
    const own = number === 0 || dice.chance(0.8) ? families : [dice.pick(families)];
    const place = kind === 'apart' ? number : dice.roll(pool[4].length);
    const side = (family: Family): Side =>
      own.includes(family) ? makeSide(dice, pool[family], place, taken, number) : emptySide;
    return {
      number,
      sides: { 4: side(4), 6: side(6) },
      connected: number > 0 && connects && dice.chance(0.5),
      claimed: number > 0 && someClaimed && dice.chance(0.4),
    };
  });
}

function makePool(dice: Dice, family: Family, kind: string): readonly Net[] {
  const pool: Net[] = [];
  const count = kind === 'together' ? 1 : 8;
  while (pool.length < count) {
    const length = dice.pick(sizes[family]);
    const inside = kind === 'any' && pool.length > 0 && dice.chance(0.4) ? dice.pick(pool) : undefined;
    const outer = inside !== undefined && inside.length < length ? inside : vpc[family];
    // In front of a nested network, behind it or in its midst.
    const found = partOf(outer, length, BigInt(dice.roll(64)));
    if (kind === 'apart' && pool.some(p => overlap(p, found))) continue;
    pool.push(found);
  }
  return pool;
}

function makeSide(dice: Dice, pool: readonly Net[], place: number, taken: Taken, number: number): Side {
  const first = pool[place % pool.length]!;
  const { family } = first;
  const more = dice.chance(0.12) ? [dice.pick(pool)].filter(p => !same(p, first)) : [];
  const subnets = [first, ...more];
  const gateway = gatewayOf(dice, first, taken);
  taken.gateways.push(gateway);
  const addresses: Net[] = [];
  const take = (network: Net, list: Net[], low: number) => {
    for (let tries = 0; tries < 40; tries++) {
      const size = sizeOf(network);
      const address = hostOf(network, BigInt(low + dice.roll(Number(size > 4096n ? 4000n : size - 4n))));
      const isTaken =
        taken.addresses.some(a => same(a, address)) ||
        taken.prefixes.some(p => isIn(address, p)) ||
        // The kernel refuses a gateway that is one of its own addresses (two VPCs): routing-kernel.test.ts has that one.
        taken.gateways.some(g => same(g, address)) ||
        isEdge(address, [...pool, network]);
      if (isTaken) continue;
      taken.addresses.push(address);
      list.push(address);
      return;
    }
  };
  const many = dice.pick([1, 1, 2, 3, 6]);
  for (let i = 0; i < many; i++) take(i > 0 ? dice.pick(subnets) : first, addresses, 2);
  // One that the configuration adds, out of all subnets.
  if (number > 0 && dice.chance(0.15)) take(beside[family], addresses, 10);
  const vips: Net[] = [];
  if (dice.chance(0.15)) take(first, vips, 2);
  return { subnets, gateway, addresses, vips, prefixes: makePrefixes(dice, first, pool, taken) };
}

function gatewayOf(dice: Dice, subnet: Net, taken: Taken): Net {
  if (subnet.family === 6 && dice.chance(0.7)) return net(dice.pick(['fe80::1', 'fe80:ec2::1']));
  const gateway = hostOf(subnet, subnet.family === 4 && dice.chance(0.3) ? -3n : 1n);
  const isTaken = (ip: Net) =>
    taken.addresses.some(a => same(a, ip)) || taken.prefixes.some(p => isIn(ip, p));
  return [gateway, ...[-2n, 2n, 3n, -4n, -5n].map(n => hostOf(subnet, n))].find(g => !isTaken(g)) ?? gateway;
}

function makePrefixes(dice: Dice, subnet: Net, pool: readonly Net[], taken: Taken): readonly Net[] {
  if (!dice.chance(0.3)) return [];
  const { family } = subnet;
  const outer = dice.chance(0.7) ? subnet : dice.chance(0.5) ? beside[family] : dice.pick(pool);
  const length = Math.max(prefixSize[family], Math.min(outer.length + 2, family === 4 ? 30 : 120));
  const prefix = partOf(
    outer,
    length,
    BigInt(1 + dice.roll(family === 4 ? 2 ** Math.min(length - outer.length, 10) : 500)),
  );
  const clash =
    taken.addresses.some(a => isIn(a, prefix)) ||
    taken.prefixes.some(p => overlap(p, prefix)) ||
    taken.gateways.some(g => isIn(g, prefix)) ||
    pool.some(
      p => isIn(hostOf(p, 1n), prefix) || isIn(hostOf(p, -3n), prefix) || isIn(hostOf(p, -2n), prefix),
    );
  if (clash) return [];
  taken.prefixes.push(prefix);
  return [prefix];
}

/** Network and broadcast addresses are no host's. */
export const isEdge = (address: Net, networks: readonly Net[]): boolean =>
  networks.some(n => isIn(address, n) && (same(address, hostOf(n, 0n)) || same(address, hostOf(n, -1n))));
