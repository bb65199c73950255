// The highest address but one of a network: one that no generated ENI has.
import {
  bits,
  type Cidr,
  familyOf,
  type Ip,
  networkAddress,
  parseIp,
  prefixLengthOf,
} from '../../agent/model/address.ts';

export function lastHost(network: Cidr): Ip {
  const family = familyOf(network);
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
