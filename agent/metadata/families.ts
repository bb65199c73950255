// One address family of one ENI, from raw readings to parsed ones: addresses, subnets, gateway, prefixes. A list with one bad
// entry is unknown as a whole, because a list that is trusted in part would take working addresses away. Pure.
import type { Cidr, Family, Ip } from '../model/address.ts';
import {
  edgeOf,
  familyOf,
  isHostAddress,
  isLinkLocal,
  networkAddress,
  parseCidr,
  parseIp,
  prefixLengthOf,
  within,
} from '../model/address.ts';
import type { EniFamily, Reading } from '../model/instance.ts';
import { absent, unknown, value } from '../model/instance.ts';
import { isEmptyList, parseList } from './lists.ts';
import { parseReading, quote } from './scalars.ts';

/** Far above any cloud's limit (64 per ENI on AWS): a longer list is not a list of this ENI's addresses. */
const mostEntries = 256;

/**
 * The shortest prefix that a subnet or a delegated prefix may have. Clouds stop at /16 and /44; a shorter one would put
 * something like a default route or a catch-all rule on a secondary ENI.
 */
const shortestNetwork = { 4: 8, 6: 32 } as const;

/** Reserved, and IPv4-mapped. */
const isNobodys = within(['240.0.0.0/4', '::ffff:0:0/96'].map(text => parseCidr(text)!));

export const emptyFamily: EniFamily = {
  addresses: absent,
  subnets: absent,
  gateway: absent,
  prefixes: absent,
};

/** All four readings unknown, for one reason. */
export function unknownFamily(why: string): EniFamily {
  const reading = unknown(why);
  return { addresses: reading, subnets: reading, gateway: reading, prefixes: reading };
}

/** A list of addresses in its order, without repetitions. An explicit `[]` is absence. */
export function parseAddresses(key: string, family: Family, raw: Reading<string>): Reading<readonly Ip[]> {
  return parseEntries(key, `an IPv${family} address that a VM may own`, raw, text => {
    const ip = parseIp(text);
    return ip !== undefined && familyOf(ip) === family && isOwnable(ip) ? ip : undefined;
  });
}

/** A list of networks; host bits are cleared. An explicit `[]` is absence. */
export function parseNetworks(key: string, family: Family, raw: Reading<string>): Reading<readonly Cidr[]> {
  const what = `an IPv${family} network of /${shortestNetwork[family]} or longer`;
  return parseEntries(key, what, raw, text => {
    const cidr = parseCidr(text);
    if (cidr === undefined || familyOf(cidr) !== family) return undefined;
    if (prefixLengthOf(cidr) < shortestNetwork[family]) return undefined;
    return isOwnable(networkAddress(cidr)) ? cidr : undefined;
  });
}

/** One gateway. A link-local one is right for IPv6 and impossible for IPv4. */
export function parseGateway(key: string, family: Family, raw: Reading<string>): Reading<Ip> {
  return parseReading(key, `an IPv${family} gateway`, raw, text => {
    const ip = parseIp(text);
    if (ip === undefined || familyOf(ip) !== family) return undefined;
    return isOwnable(ip) || (family === 6 && isHostAddress(ip) && isLinkLocal(ip)) ? ip : undefined;
  });
}

/** The family with whatever contradicts itself made unknown: own addresses at the ends of a subnet. */
export function checkFamily(family: EniFamily): EniFamily {
  if (family.addresses.state !== 'value' || family.subnets.state !== 'value') return family;
  for (const ip of family.addresses.value) {
    const subnet = family.subnets.value.find(s => edgeOf(s, ip) !== undefined);
    if (subnet !== undefined)
      return {
        ...family,
        addresses: unknown(`address ${ip} is the network or broadcast address of its subnet ${subnet}`),
      };
  }
  return family;
}

/** An address that a cloud can assign: no loopback, multicast, link-local, reserved or IPv4-mapped one. */
function isOwnable(ip: Ip): boolean {
  return isHostAddress(ip) && !isLinkLocal(ip) && !isNobodys(ip);
}

function parseEntries<T>(
  key: string,
  what: string,
  raw: Reading<string>,
  parse: (text: string) => T | undefined,
): Reading<readonly T[]> {
  if (raw.state !== 'value') return raw;
  if (isEmptyList(raw.value)) return absent;
  const texts = parseList(raw.value);
  if (texts.length === 0) return unknown(`${key} ${quote(raw.value)} has no entry`);
  if (texts.length > mostEntries) return unknown(`${key} has ${texts.length} entries, above ${mostEntries}`);
  const entries = new Set<T>();
  for (const text of texts) {
    const entry = parse(text);
    if (entry === undefined) return unknown(`${key} ${quote(text)} is not ${what}`);
    entries.add(entry);
  }
  return value([...entries]);
}
