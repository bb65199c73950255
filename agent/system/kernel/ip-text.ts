// Reads what `ip` prints. Text and not JSON: `ip -j` came with iproute2 4.13, and CentOS 7, Debian 8/9, Ubuntu 14.04/16.04 and
// SLES 11 are older; one parser for all is easier to trust than two. The grammar is the same everywhere: a head, then words of
// which some take a value. Anything that this program does not model makes the object opaque, and opaque objects are foreign.
import { type Cidr, type Family, hostCidr, parseCidr, parseIp, parseMac } from '../../model/address.ts';
import type { KernelAddress, KernelLink, KernelRoute, KernelRule } from '../../model/kernel-state.ts';

/** Table names of /etc/iproute2/rt_tables, which `ip` prints instead of numbers. */
export type TableNames = ReadonlyMap<string, number>;

export const standardTables: TableNames = new Map([
  ['local', 255],
  ['main', 254],
  ['default', 253],
]);

const localTable = 255;

/** Lines `NUMBER NAME`; comments and anything else are skipped. */
export function parseTableNames(text: string): TableNames {
  const entries = text.split('\n').flatMap(line => {
    const match = /^\s*(\d+|0x[0-9a-f]+)\s+([^\s#]+)/i.exec(line);
    return match ? [[match[2]!, Number(match[1])] as const] : [];
  });
  return new Map(entries);
}

/** `ip -d -o link show`. `physical` and `driver` come from sysfs, not from here. */
export function parseLinks(text: string): readonly Omit<KernelLink, 'physical' | 'driver'>[] {
  return lines(text).flatMap(line => {
    const head = /^(\d+): ([^:@\s]+)(?:@[^:\s]+)?: <([^>]*)>(.*)$/.exec(line);
    if (head === null) return [];
    const [general = '', ether = '', ...details] = head[4]!.split('\\');
    const heads = details.map(d => d.trim().split(/\s+/)[0] ?? '');
    // An alias comes behind the kind and is free text, with backslashes if somebody likes them: nothing behind it is read.
    const alias = heads.indexOf('alias');
    const kind = heads.slice(0, alias < 0 ? undefined : alias).find(isKind);
    return [
      {
        name: head[2]!,
        index: Number(head[1]),
        mac: parseMac(after(ether, 'link/ether') ?? ''),
        up: head[3]!.split(',').includes('UP'),
        mtu: Number(after(general, 'mtu') ?? 0),
        master: after(general, 'master'),
        kind,
      },
    ];
  });
}

/**
 * The kind leads its detail block. Other blocks are led by `bridge_slave`, `altname` (iproute2 5.5), `vf`, `alias` (any version) or
 * `prog/xdp` (4.18, with an XDP program of Cilium and the like loaded): taken for a kind, each would make a NIC look virtual.
 */
function isKind(word: string): boolean {
  return /^[a-z0-9_]+$/i.test(word) && !word.endsWith('_slave') && !['altname', 'vf'].includes(word);
}

/** `ip -o addr show`. */
export function parseAddresses(text: string): readonly KernelAddress[] {
  return lines(text).flatMap(line => {
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
      },
    ];
  });
}

const routeFlags = new Set([
  'onlink',
  'linkdown',
  'dead',
  'pervasive',
  'offload',
  'trap',
  'notify',
  'rt_offload',
  'rt_trap',
]);
const routeValues = new Set([
  'via',
  'dev',
  'table',
  'proto',
  'metric',
  'scope',
  'src',
  'pref',
  'expires',
  'error',
  'hoplimit',
  'mtu',
  'advmss',
  'realm',
  // Since iproute2 5.3; networkd has made such routes of router advertisements since 257.
  'nhid',
]);

/**
 * `ip -4|-6 -o route show table all`. Routes of table local and multicast routes are left out. With `-d` the words that go without saying are
 * there too, and are left out as well.
 */
export function parseRoutes(text: string, family: Family, tables: TableNames): readonly KernelRoute[] {
  const oneByOne = lines(text).flatMap(line => (family === 6 ? siblings(line) : [line]));
  return oneByOne.flatMap(line => {
    const words = line.replaceAll('\\', ' ').trim().split(/\s+/);
    const types = [
      'unicast',
      'local',
      'broadcast',
      'multicast',
      'anycast',
      'blackhole',
      'unreachable',
      'prohibit',
      'throw',
    ];
    const type = types.includes(words[0]!) ? words.shift()! : 'unicast';
    const target = words.shift();
    const destination = target === undefined ? undefined : parseDestination(target, family);
    if (destination === undefined || ['local', 'broadcast', 'multicast', 'anycast'].includes(type)) return [];
    const volatile = words.indexOf('expires');
    if (volatile >= 0) words.splice(volatile, 2);
    const text = [target, ...words.filter(word => word !== 'linkdown' && word !== 'dead')]
      .join(' ')
      .replace(/ (table main|proto boot|scope global)(?= |$)/g, '');
    const { values, rest } = readWords(words, routeValues, routeFlags);
    const [metric, nexthop] = [values.get('metric'), values.get('nhid')];
    const table = tableNumber(values.get('table') ?? 'main', tables) ?? 0;
    // Kernels before 4.x have `ff00::/8` there as a unicast route.
    if (table === localTable) return [];
    return [
      {
        family,
        destination,
        gateway: parseIp(values.get('via') ?? ''),
        link: values.get('dev'),
        table,
        protocol: values.get('proto') ?? 'boot',
        metric: metric === undefined ? undefined : Number(metric),
        ...(nexthop === undefined ? {} : { nexthopId: Number(nexthop) }),
        opaque: type === 'unicast' && rest.length === 0 ? undefined : [type, ...rest].join(' '),
        text,
      },
    ];
  });
}

/**
 * IPv6 routes with the same destination and metric are routes of their own, each with its link, that come and go one by one; `ip` shows them
 * as one with several nexthops, under the protocol of one of them. For IPv4, and by a group of nexthop objects, such a route is one object. A
 * weight stays, and so it is no plain route.
 */
function siblings(line: string): readonly string[] {
  const [head = '', ...hops] = line.replaceAll('\\', ' ').split(/\snexthop\s/);
  if (hops.length === 0 || / nhid /.test(head)) return [line];
  const [target = '', ...rest] = head.trim().split(/\s+/);
  return hops.map(hop => [target, hop.trim().replace(/ weight 1(?= |$)/, ''), ...rest].join(' '));
}

const ruleValues = new Set([
  'from',
  'to',
  'iif',
  'lookup',
  'table',
  'suppress_prefixlength',
  'proto',
  'protocol',
]);

/** With `-d` also a rule that nobody claims has a protocol: the kernel's own ones, and those that were added without a word. */
const nobodysProtocol = / proto (kernel|unspec)(?= |$)/;

/** `ip -4|-6 rule show`, with or without `-d`. */
export function parseRules(text: string, family: Family, tables: TableNames): readonly KernelRule[] {
  return lines(text).flatMap(line => {
    const head = /^(\d+):\s+(.*)$/.exec(line);
    if (head === null) return [];
    const text = head[2]!.trim().replace(nobodysProtocol, '');
    const { values, rest } = readWords(text.split(/\s+/), ruleValues, new Set());
    const suppress = values.get('suppress_prefixlength');
    const lookup = values.get('lookup') ?? values.get('table');
    const table = lookup === undefined ? undefined : tableNumber(lookup, tables);
    const from = parseSelector(values.get('from'));
    const to = parseSelector(values.get('to'));
    const opaque = [
      ...rest,
      ...(from === 'unreadable' ? [`from ${values.get('from')}`] : []),
      ...(to === 'unreadable' ? [`to ${values.get('to')}`] : []),
      // `lookup [l3mdev-table]` (VRF), or a name that stands in no rt_tables.
      ...(lookup !== undefined && table === undefined ? [`lookup ${lookup}`] : []),
      ...(suppress === undefined || suppress === '0' ? [] : [`suppress_prefixlength ${suppress}`]),
    ];
    return [
      {
        family,
        priority: Number(head[1]),
        from: from === 'unreadable' ? undefined : from,
        to: to === 'unreadable' ? undefined : to,
        iif: values.get('iif'),
        table,
        suppressDefault: suppress === '0',
        protocol: values.get('proto') ?? values.get('protocol'),
        opaque: opaque.length === 0 ? undefined : opaque.join(' '),
        text,
      },
    ];
  });
}

function readWords(words: readonly string[], withValue: ReadonlySet<string>, flags: ReadonlySet<string>) {
  const values = new Map<string, string>();
  const rest: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (withValue.has(word) && words[i + 1] !== undefined && !values.has(word)) values.set(word, words[++i]!);
    else if (!flags.has(word)) rest.push(word);
  }
  return { values, rest };
}

function parseDestination(text: string, family: Family): Cidr | undefined {
  if (text === 'default') return (family === 4 ? '0.0.0.0/0' : '::/0') as Cidr;
  return parseNetwork(text);
}

/** `ip` shows a network of one address as that address. */
function parseNetwork(text: string): Cidr | undefined {
  if (text.includes('/')) return parseCidr(text);
  const ip = parseIp(text);
  return ip === undefined ? undefined : hostCidr(ip);
}

/** Undefined: any. A selector that cannot be read must not be taken for that. */
function parseSelector(text: string | undefined): Cidr | 'unreadable' | undefined {
  if (text === undefined || text === 'all') return undefined;
  return parseNetwork(text) ?? 'unreadable';
}

function tableNumber(text: string, tables: TableNames): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : (tables.get(text) ?? standardTables.get(text));
}

function lines(text: string): readonly string[] {
  return text.split('\n').filter(line => line.trim() !== '');
}

function after(text: string, word: string): string | undefined {
  return wordAfter(text.trim().split(/\s+/), word);
}

function wordAfter(words: readonly string[], word: string): string | undefined {
  const at = words.indexOf(word);
  return at < 0 ? undefined : words[at + 1];
}
