// Addresses and networks as numbers. The oracle counts with these, so that it shares no arithmetic with the planner.
import { type Cidr, type Family, type Ip, parseIp } from '../../../agent/model/address.ts';

/** A network, or an address (one of full length). */
export interface Net {
  readonly family: Family;
  readonly value: bigint;
  readonly length: number;
}

const widths = { 4: 32, 6: 128 } as const;
export const widthOf = ({ family }: Pick<Net, 'family'>): number => widths[family];

/** Reads `10.0.0.0/8`, `10.0.0.1`, `2001:db8::/32`, `fe80::1`. */
export function net(text: string): Net {
  const [address = '', length] = text.split('/');
  const family = address.includes(':') ? 6 : 4;
  const value =
    family === 4 ? numberOf(address.split('.').map(Number), 8n) : numberOf(groupsOf(address), 16n);
  return { family, value, length: length === undefined ? widths[family] : Number(length) };
}

/** The address this far behind the network's first; negative: this far in front of its end. */
export function hostOf(network: Net, offset: bigint): Net {
  const size = sizeOf(network);
  const { family, value } = network;
  return { family, value: value + (((offset % size) + size) % size), length: widths[family] };
}

export const sizeOf = (network: Net): bigint => 1n << BigInt(widthOf(network) - network.length);

/** The `index`th of the networks of this length in `outer`. */
export function partOf(outer: Net, length: number, index: bigint): Net {
  const size = 1n << BigInt(widthOf(outer) - length);
  return { family: outer.family, value: outer.value + ((index * size) % sizeOf(outer)), length };
}

export function isIn(inner: Net, outer: Net): boolean {
  if (inner.family !== outer.family || inner.length < outer.length) return false;
  const shift = BigInt(widthOf(outer) - outer.length);
  return inner.value >> shift === outer.value >> shift;
}

export const overlap = (a: Net, b: Net): boolean => isIn(a, b) || isIn(b, a);
export const same = (a: Net, b: Net): boolean => isIn(a, b) && a.length === b.length;

/** The longest of those that hold the address. */
export function longest<T extends Net>(networks: readonly T[], address: Net): T | undefined {
  return networks
    .filter(n => isIn(address, n))
    .reduce<T | undefined>((best, n) => (best === undefined || n.length > best.length ? n : best), undefined);
}

/** The address alone, as the kernel prints it. */
export function ipText({ family, value }: Net): Ip {
  const size = family === 4 ? 8n : 16n;
  const parts = Array.from({ length: family === 4 ? 4 : 8 }, (_, i) => {
    const part = (value >> (BigInt(family === 4 ? 3 - i : 7 - i) * size)) & ((1n << size) - 1n);
    return family === 4 ? part.toString() : part.toString(16);
  });
  return parseIp(parts.join(family === 4 ? '.' : ':'))!;
}

export const cidrText = (n: Net): Cidr => `${ipText(n)}/${n.length}` as Cidr;

const numberOf = (parts: readonly number[], size: bigint) =>
  parts.reduce((v, p) => (v << size) | BigInt(p), 0n);

function groupsOf(address: string): readonly number[] {
  const [head = '', tail] = address.split('::');
  const read = (text: string) => (text === '' ? [] : text.split(':').map(g => Number.parseInt(g, 16)));
  if (tail === undefined) return read(head);
  const zeros = Array.from({ length: 8 - read(head).length - read(tail).length }, () => 0);
  return [...read(head), ...zeros, ...read(tail)];
}
