// Links and addresses as `ip link show` and `ip addr show` print them.
import { parseIp, parseMac } from '../../model/address.ts';
import type { KernelAddress, KernelLink, Lifetime } from '../../model/kernel-state.ts';
import { after, groupNumber, lineByLine, lines, type Names, wordAfter } from './ip-words.ts';

/** Index, name with its parent, flags, the rest. The kernel takes any name without a blank, a slash and a colon. */
const heading = /^(\d+): ([^:\s]+): <([^>]*)>(.*)$/;

/** `ip -d -o link show`. `physical` and `driver` come from sysfs, not from here. */
export function parseLinks(text: string, groups?: Names): readonly Omit<KernelLink, 'physical' | 'driver'>[] {
  const all = lines(text);
  const known = new Set(
    all.flatMap(line => {
      const name = heading.exec(line)?.[2] ?? '';
      return [name, ...splitsOf(name).map(([own]) => own)];
    }),
  );
  return all.flatMap(line => {
    const head = heading.exec(line);
    if (head === null) return [];
    const [general = '', ether = '', ...details] = head[4]!.split('\\');
    const heads = details.map(d => d.trim().split(/\s+/)[0] ?? '');
    // An alias comes behind the kind and is free text, with backslashes if somebody likes them: nothing behind it is read.
    const alias = heads.indexOf('alias');
    const kind = heads.slice(0, alias < 0 ? undefined : alias).find(isKind);
    return [
      {
        name: nameIn(head[2]!, kind, known),
        index: Number(head[1]),
        // iproute2 prints them behind the alias; a free text that pretends to be one makes a name too many, which costs nothing.
        altNames: details.flatMap(d => /^\s*altname\s+(\S+)\s*$/.exec(d)?.[1] ?? []),
        mac: parseMac(after(ether, 'link/ether') ?? ''),
        permanentMac: parseMac(after(ether, 'permaddr') ?? ''),
        up: head[3]!.split(',').includes('UP'),
        mtu: Number(after(general, 'mtu') ?? 0),
        maxMtu: numberIn(after(ether, 'maxmtu')),
        // iproute2 before 2.6.38 prints none.
        group: groupNumber(after(general, 'group') ?? 'default', groups),
        master: after(general, 'master'),
        kind,
      },
    ];
  });
}

/**
 * `ip` prints what a link stands on behind an `@`: `eth1.5@eth1`, `veth1@if2` in another namespace, `gre0@NONE`. An `@` may be in the name as well:
 * a NIC stands on nothing, and what is no link of this machine is no parent.
 */
function nameIn(text: string, kind: string | undefined, known: ReadonlySet<string>): string {
  const split = splitsOf(text).find(
    ([, below]) => /^(if\d+|NONE)$/.test(below) || (kind !== undefined && known.has(below)),
  );
  return split?.[0] ?? text;
}

function numberIn(word: string | undefined): number | undefined {
  return word === undefined ? undefined : Number(word);
}

/** Before and behind each `@` that a name may end at: it has 15 characters at most. */
function splitsOf(text: string): readonly (readonly [string, string])[] {
  return [...text.slice(0, 16).matchAll(/@/g)].map(({ index }) => [
    text.slice(0, index),
    text.slice(index + 1),
  ]);
}

/**
 * The kind leads its detail block. Other blocks are led by `bridge_slave`, `altname` (iproute2 5.5), `vf`, `alias` (any version) or
 * `prog/xdp` (4.18, with an XDP program of Cilium and the like loaded): taken for a kind, each would make a NIC look virtual.
 */
function isKind(word: string): boolean {
  return /^[a-z0-9_]+$/i.test(word) && !word.endsWith('_slave') && !['altname', 'vf'].includes(word);
}

/** `ip -4|-6 -o addr show`. */
export const parseAddresses = lineByLine((line): readonly KernelAddress[] => {
  const words = line.replaceAll('\\', ' ').trim().split(/\s+/);
  const [, link, type, address] = words;
  if (link === undefined || address === undefined || (type !== 'inet' && type !== 'inet6')) return [];
  // A point-to-point address is printed as `10.0.0.1 peer 10.0.0.2/32`.
  const [ipText = '', length = type === 'inet' ? '32' : '128'] = address.split('/');
  const ip = parseIp(ipText);
  if (ip === undefined) return [];
  return [
    {
      link: link.replace(/:$/, ''),
      family: type === 'inet' ? (4 as const) : (6 as const),
      ip,
      prefixLength: Number(length),
      scope: wordAfter(words, 'scope') ?? 'global',
      tentative: words.includes('tentative') || words.includes('dadfailed'),
      dynamic: words.includes('dynamic'),
      ...lifetimeOf(words),
      text: addressText(words),
    },
  ];
});

/** Nothing for an address that stays for good. */
function lifetimeOf(words: readonly string[]): { readonly lifetime?: Lifetime } {
  const seconds = (word: string) => {
    const value = Number.parseInt(wordAfter(words, word) ?? '', 10);
    return Number.isNaN(value) ? undefined : value;
  };
  const valid = seconds('valid_lft');
  return valid === undefined ? {} : { lifetime: { valid, preferred: seconds('preferred_lft') } };
}

/** What `ip addr add` takes of a line: not the device, which the caller knows, and not what the kernel decides itself. */
function addressText(words: readonly string[]): string {
  const [, link, , address = ''] = words;
  const pairs = ['peer', 'brd', 'scope', 'metric'].flatMap(word => {
    const value = wordAfter(words, word);
    return value === undefined || (word === 'scope' && value === 'global') ? [] : [word, value];
  });
  // The label of an alias stands alone, in front of the lifetimes.
  const label = words[words.indexOf('valid_lft') - 1] ?? '';
  const isAlias = label.startsWith(`${link}:`);
  const flags = ['noprefixroute', 'mngtmpaddr', 'home'].filter(flag => words.includes(flag));
  return [address, ...pairs, ...(isAlias ? ['label', label] : []), ...flags].join(' ');
}
