// The address nouns. Every value that reaches a file or a command went through one of these parsers: a branded
// string cannot be made any other way, so the compiler keeps unparsed metadata out of the renderers.
import ipaddr from 'ipaddr.js';
import { onceEach } from './value.ts';

declare const brand: unique symbol;

/** An IPv4 or IPv6 address in canonical text (`10.0.2.10`, `2001:db8:2::10`). */
export type Ip = string & { readonly [brand]: 'ip' };
/** A network in canonical text with the host bits zero (`10.0.2.0/24`, `2001:db8:2::/64`). */
export type Cidr = string & { readonly [brand]: 'cidr' };
/** A link-layer address, lower case with colons (`00:16:3e:00:00:02`). */
export type Mac = string & { readonly [brand]: 'mac' };
export type Family = 4 | 6;

export const families: readonly Family[] = [4, 6];

/** IPv4 in the one form that counts: no leading zero, no short form. */
const canonicalIpv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** Parses one address. Returns undefined for anything that is not exactly one address (no zone, no short IPv4). */
export function parseIp(text: string): Ip | undefined {
  return canonicalIpv4.test(text) ? (text as Ip) : readIp(text);
}

const readIp = onceEach((text): Ip | undefined => {
  const trimmed = text.trim();
  if (canonicalIpv4.test(trimmed)) return trimmed as Ip;
  const address = readIpv6(trimmed);
  return address && textOf(wordsOf(address));
});

/** Parses `NETWORK/LENGTH`; host bits are cleared. Returns undefined for anything else, a bare address included. */
export function parseCidr(text: string): Cidr | undefined {
  return readCidr(text);
}

const readCidr = onceEach((text): Cidr | undefined => {
  const [before, length, ...rest] = text.trim().split('/');
  if (before === undefined || length === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length))
    return undefined;
  const address = parseIp(before);
  if (address === undefined || Number(length) > bits(address)) return undefined;
  return networkText(prefixOf(address).words, Number(length));
});

/** The library says by an exception that a text is no address, which costs ten times as much as to read one: not tried without need. */
function readIpv6(text: string): ipaddr.IPv6 | undefined {
  if (!/^[\da-f:][\da-f:.]+$/i.test(text) || !text.includes(':')) return undefined;
  try {
    return ipaddr.IPv6.parse(text);
  } catch {
    return undefined;
  }
}

/** What of an address or a network is compared: its bits in words of 32, the highest first (IPv4 has one), and how many of them count. */
interface Prefix {
  readonly words: readonly number[];
  readonly length: number;
}

const prefixOf = onceEach((value): Prefix => {
  const [address = '', length] = value.split('/');
  const words = address.includes(':')
    ? wordsOf(ipaddr.IPv6.parse(address))
    : [address.split('.').reduce((word, byte) => (word << 8) | Number(byte), 0)];
  return { words, length: length === undefined ? 32 * words.length : Number(length) };
});

function wordsOf({ parts }: ipaddr.IPv6): readonly number[] {
  return [0, 2, 4, 6].map(i => (parts[i]! << 16) | parts[i + 1]!);
}

/** The canonical text (RFC 5952) of an address. */
function textOf(words: readonly number[]): Ip {
  const [word = 0] = words;
  if (words.length === 1) return [24, 16, 8, 0].map(shift => (word >>> shift) & 0xff).join('.') as Ip;
  const parts = words.flatMap(w => [w >>> 16, w & 0xffff]);
  return new ipaddr.IPv6(parts).toRFC5952String() as Ip;
}

/** The bits of word number `index` that belong to a prefix of that length. */
function maskOf(index: number, length: number): number {
  const count = length - 32 * index;
  return count >= 32 ? -1 : count <= 0 ? 0 : -1 << (32 - count);
}

function networkText(words: readonly number[], length: number): Cidr {
  return `${textOf(words.map((word, index) => word & maskOf(index, length)))}/${length}` as Cidr;
}

/** Parses a MAC address; colons or dashes, any case. All-zero and multicast addresses are refused. */
export function parseMac(text: string): Mac | undefined {
  const lower = text.trim().toLowerCase().replaceAll('-', ':');
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(lower) || lower === '00:00:00:00:00:00') return undefined;
  return Number.parseInt(lower.slice(0, 2), 16) % 2 === 1 ? undefined : (lower as Mac);
}

export function familyOf(value: Ip | Cidr): Family {
  return value.includes(':') ? 6 : 4;
}

/** Address length in bits: 32 or 128. */
export function bits(value: Ip | Cidr): number {
  return familyOf(value) === 4 ? 32 : 128;
}

/** The network that holds `ip` at `prefixLength`. */
export function networkOf(ip: Ip, prefixLength: number): Cidr {
  return prefixLength === bits(ip) ? hostCidr(ip) : readCidr(`${ip}/${prefixLength}`)!;
}

/** `ip` as a host network, `/32` or `/128`. */
export function hostCidr(ip: Ip): Cidr {
  return `${ip}/${bits(ip)}` as Cidr;
}

export function networkAddress(cidr: Cidr): Ip {
  return cidr.slice(0, cidr.indexOf('/')) as Ip;
}

export function prefixLengthOf(cidr: Cidr): number {
  return Number(cidr.slice(cidr.indexOf('/') + 1));
}

/** True if `inner` (an address or a network) lies wholly inside `outer`. */
export function contains(outer: Cidr, inner: Ip | Cidr): boolean {
  return holds(prefixOf(outer), prefixOf(inner));
}

/** Whether an address or a network lies in one of these: for those that are asked again and again. */
export function within(networks: readonly Cidr[]): (inner: Ip | Cidr) => boolean {
  const prefixes = networks.map(prefixOf);
  return inner => {
    const asked = prefixOf(inner);
    return prefixes.some(prefix => holds(prefix, asked));
  };
}

function holds(a: Prefix, b: Prefix): boolean {
  if (a.words.length !== b.words.length || b.length < a.length) return false;
  for (let i = 0; i < a.words.length; i++)
    if (((a.words[i]! ^ b.words[i]!) & maskOf(i, a.length)) !== 0) return false;
  return true;
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return contains(a, b) || contains(b, a);
}

/** What is left of a network without those of `holes` that lie in it, in as few networks as there can be. */
export function without(cidr: Cidr, holes: readonly Cidr[]): readonly Cidr[] {
  const inside = holes.filter(hole => contains(cidr, hole));
  if (inside.length === 0) return [cidr];
  return inside.includes(cidr) ? [] : halvesOf(cidr).flatMap(half => without(half, inside));
}

function halvesOf(cidr: Cidr): readonly Cidr[] {
  const { words, length } = prefixOf(cidr);
  const upper = words.map((word, i) => (i === length >> 5 ? word | (0x80000000 >>> (length & 31)) : word));
  return [words, upper].map(half => networkText(half, length + 1));
}

/** The first address after the network address, where AWS and JD Cloud put the router of a subnet. */
export function firstHost(cidr: Cidr): Ip {
  const { words } = prefixOf(cidr);
  return textOf(words.map((word, i) => (i === words.length - 1 ? word | 1 : word)));
}

/** The directed broadcast address of an IPv4 network. */
export function broadcastOf(cidr: Cidr): Ip {
  return lastOf(cidr);
}

const lastOf = onceEach((cidr): Ip => {
  const { words, length } = prefixOf(cidr);
  return textOf(words.map((word, i) => word | ~maskOf(i, length)));
});

export function netmaskOf(prefixLength: number): Ip {
  return textOf([maskOf(0, prefixLength)]);
}

/** `network` or `broadcast`: an address of an IPv4 network that no host of it can have. Undefined for any other; a /31 has two hosts. */
export function edgeOf(cidr: Cidr, ip: Ip): 'network' | 'broadcast' | undefined {
  if (familyOf(cidr) === 6 || prefixLengthOf(cidr) > 30) return undefined;
  if (ip === networkAddress(cidr)) return 'network';
  return ip === broadcastOf(cidr) ? 'broadcast' : undefined;
}

/** What the kernel has on-link on each link with IPv6. */
export const linkLocalNetwork = 'fe80::/64' as Cidr;

export const isLinkLocal: (ip: Ip) => boolean = within(['169.254.0.0/16', 'fe80::/10'] as Cidr[]);

const isNoHost = within([
  ...['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/4', '255.255.255.255/32'],
  ...['::/128', '::1/128', 'ff00::/8'],
] as Cidr[]);

/** True for an address that a host may own: not unspecified, loopback, multicast or broadcast. */
export function isHostAddress(ip: Ip): boolean {
  return !isNoHost(ip);
}
