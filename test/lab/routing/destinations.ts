// Whereto packets are sent on a made-up machine.
import type { Family } from '../../../agent/model/address.ts';
import type { Dice } from './dice.ts';
import { isEdge } from './generate-nics.ts';
import { behindOf, localAddresses, type Machine, specificsOf } from './machine.ts';
import { hostOf, isIn, type Net, net, same, sizeOf } from './net.ts';

const far = {
  4: ['203.0.113.9', '10.77.1.9', '10.200.254.9', '169.254.169.254', '192.168.3.3'],
  6: ['2001:db8:ffff::9', '2001:db8:a0:fff0::9', 'fd00:9::9', '2600::1'],
} as const;
/** Addresses that are nobody's of this machine: far ones, and some in everything that the machine knows. */
export function destinations(machine: Machine, family: Family, dice: Dice): readonly Net[] {
  const sides = machine.nics.map(n => n.sides[family]);
  const specifics = specificsOf(machine).filter(n => n.family === family);
  const networks = [
    ...sides.flatMap(s => [...s.subnets, ...s.prefixes]),
    ...specifics,
    ...behindOf(machine).filter(n => n.family === family),
    ...machine.statics.filter(n => n.family === family),
  ];
  const inside = networks.flatMap(n => {
    const size = Number(sizeOf(n) > 60000n ? 60000n : sizeOf(n));
    return size === 1
      ? [hostOf(n, 0n)]
      : [hostOf(n, BigInt(dice.roll(size))), hostOf(n, BigInt(dice.roll(size))), hostOf(n, -2n)];
  });
  const gateways = sides.flatMap(s => (s.gateway === undefined ? [] : [s.gateway]));
  const own = localAddresses(machine);
  const all = [...far[family].map(net), ...inside, ...gateways.filter(g => !isIn(g, net('fe80::/10')))];
  const whole = networks.filter(n => sizeOf(n) > 1n);
  return all.filter(
    (d, i) =>
      !own.some(a => same(a, d)) &&
      !(
        isEdge(d, whole) ||
        (family === 6 && d.value >> 120n === 0xffn) ||
        (family === 4 && (d.value >> 24n === 0n || d.value >> 28n >= 14n || d.value >> 24n === 127n))
      ) &&
      all.findIndex(o => same(o, d)) === i,
  );
}
