// The address nouns. Every value that reaches a file or a command went through one of these parsers: a branded
// string cannot be made any other way, so the compiler keeps unparsed metadata out of the renderers.
import ipaddr from 'ipaddr.js';

declare const brand: unique symbol;

/** An IPv4 or IPv6 address in canonical text (`10.0.2.10`, `2001:db8:2::10`). */
export type Ip = string & { readonly [brand]: 'ip' };
/** A network in canonical text with the host bits zero (`10.0.2.0/24`, `2001:db8:2::/64`). */
export type Cidr = string & { readonly [brand]: 'cidr' };
/** A link-layer address, lower case with colons (`00:16:3e:00:00:02`). */
export type Mac = string & { readonly [brand]: 'mac' };
export type Family = 4 | 6;

export const families: readonly Family[] = [4, 6];

/** Most addresses are in this form already, and a pass meets each of them many times. */
const canonicalIpv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** Texts that are kept, and characters of the longest; an address has at most 45. */
const mostKept = 4096;
const longestKept = 64;

/** The same few hundred texts come again and again, in one pass and from pass to pass: each is worked out once. */
function onceEach<T>(make: (text: string) => T): (text: string) => T {
  const made = new Map<string, T>();
  return text => {
    const before = made.get(text);
    if (before !== undefined) return before;
    const value = make(text);
    if (made.size >= mostKept) made.clear();
    if (text.length <= longestKept) made.set(text, value);
    return value;
  };
}

/** Parses one address. Returns undefined for anything that is not exactly one address (no zone, no short IPv4). */
export function parseIp(text: string): Ip | undefined {
  return canonicalIpv4.test(text) ? (text as Ip) : readIp(text);
}

const readIp = onceEach((text): Ip | undefined => {
  const address = read(text.trim());
  return address && textOf(address);
});

/** Parses `NETWORK/LENGTH`; host bits are cleared. Returns undefined for anything else, a bare address included. */
export function parseCidr(text: string): Cidr | undefined {
  return readCidr(text);
}

const readCidr = onceEach((text): Cidr | undefined => {
  const [before, length, ...rest] = text.trim().split('/');
  if (before === undefined || length === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length))
    return undefined;
  const address = read(before.trim());
  if (address === undefined || Number(length) > 8 * address.toByteArray().length) return undefined;
  return networkFrom(address, Number(length));
});

type Parsed = ipaddr.IPv4 | ipaddr.IPv6;

/** The library says by an exception that a text is no address, which costs ten times as much as to read one: not tried without need. */
function read(text: string): Parsed | undefined {
  if (/^[\d.]+$/.test(text))
    return ipaddr.IPv4.isValidFourPartDecimal(text) ? ipaddr.IPv4.parse(text) : undefined;
  if (!/^[\da-f:][\da-f:.]+$/i.test(text) || !text.includes(':')) return undefined;
  try {
    return ipaddr.IPv6.parse(text);
  } catch {
    return undefined;
  }
}

function textOf(address: Parsed): Ip {
  return (address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString()) as Ip;
}

function networkFrom(address: Parsed, prefixLength: number): Cidr {
  const bytes = address.toByteArray().map((byte, i) => {
    const kept = Math.min(Math.max(prefixLength - 8 * i, 0), 8);
    return byte & (0xff00 >> kept);
  });
  return `${textOf(ipaddr.fromByteArray(bytes))}/${prefixLength}` as Cidr;
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

/** What of an address or a network is compared: its bits in words of 32, the highest first, and how many of them count. */
interface Prefix {
  readonly words: readonly number[];
  readonly length: number;
}

const prefixOf = onceEach((value): Prefix => {
  const [address = '', length] = value.split('/');
  const bytes = ipaddr.parse(address).toByteArray();
  const words = [];
  for (let i = 0; i < bytes.length; i += 4)
    words.push(new DataView(Uint8Array.from(bytes).buffer).getInt32(i));
  return { words, length: length === undefined ? 8 * bytes.length : Number(length) };
});

/** True if `inner` (an address or a network) lies wholly inside `outer`. */
export function contains(outer: Cidr, inner: Ip | Cidr): boolean {
  const [a, b] = [prefixOf(outer), prefixOf(inner)];
  if (a.words.length !== b.words.length || b.length < a.length) return false;
  for (let i = 0, left = a.length; left > 0; i++, left -= 32) {
    const mask = left >= 32 ? -1 : -1 << (32 - left);
    if (((a.words[i]! ^ b.words[i]!) & mask) !== 0) return false;
  }
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
  const length = prefixLengthOf(cidr);
  const bytes = ipaddr.parse(networkAddress(cidr)).toByteArray();
  const upper = bytes.map((byte, i) => (i === length >> 3 ? byte | (0x80 >> (length & 7)) : byte));
  return [bytes, upper].map(half => networkFrom(ipaddr.fromByteArray(half), length + 1));
}

/** The first address after the network address, where AWS and JD Cloud put the router of a subnet. */
export function firstHost(cidr: Cidr): Ip {
  const bytes = ipaddr.parse(networkAddress(cidr)).toByteArray();
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 1;
  return textOf(ipaddr.fromByteArray(bytes));
}

/** The directed broadcast address of an IPv4 network. */
export function broadcastOf(cidr: Cidr): Ip {
  return ipaddr.IPv4.broadcastAddressFromCIDR(cidr).toString() as Ip;
}

export function netmaskOf(prefixLength: number): Ip {
  return ipaddr.IPv4.subnetMaskFromPrefixLength(prefixLength).toString() as Ip;
}

/** `network` or `broadcast`: an address of an IPv4 network that no host of it can have. Undefined for any other; a /31 has two hosts. */
export function edgeOf(cidr: Cidr, ip: Ip): 'network' | 'broadcast' | undefined {
  if (familyOf(cidr) === 6 || prefixLengthOf(cidr) > 30) return undefined;
  if (ip === networkAddress(cidr)) return 'network';
  return ip === broadcastOf(cidr) ? 'broadcast' : undefined;
}

/** What the kernel has on-link on each link with IPv6. */
export const linkLocalNetwork = 'fe80::/64' as Cidr;

export function isLinkLocal(ip: Ip): boolean {
  return rangeOf(ip) === 'linkLocal';
}

/** True for an address that a host may own: not unspecified, loopback, multicast or broadcast. */
export function isHostAddress(ip: Ip): boolean {
  return !['unspecified', 'loopback', 'multicast', 'broadcast'].includes(rangeOf(ip));
}

const rangeOf = onceEach(ip => ipaddr.parse(ip).range());
