// Reads the `ip` commands of a rendered script as iproute2 would: what they add is in the kernel afterwards. For the parsers of
// backends that say a part of the plan in a script. Knows no backend.

import {
  type Cidr,
  type Family,
  hostCidr,
  type Ip,
  parseCidr,
  parseIp,
} from '../../../agent/model/address.ts';
import { addressKey, routeKey, ruleKey } from '../../../agent/model/kernel-state.ts';
import { mainTable } from '../../../agent/model/network-plan.ts';
import { parseOwnMark } from '../../../agent/model/rule-words.ts';
import { type KernelLines, kernelLines, kernelMetric } from './kernel-lines.ts';

const tableNames: Readonly<Record<string, number>> = { main: mainTable, default: 253, local: 255 };

/** @param text shell lines; several commands on one line are split at `;`, `&&` and `||`. What is no `ip` command is skipped. */
export function readIpScript(text: string, link: string): KernelLines {
  const addresses: string[] = [];
  const routes: string[] = [];
  const rules: string[] = [];
  for (const command of text.split(/\n|;|&&|\|\|/)) {
    const all = command.trim().split(/\s+/);
    const from = all.findIndex(w => w === 'ip' || w.endsWith('/ip'));
    if (from < 0 || all.slice(0, from).includes('#')) continue;
    const words = all.slice(from + 1).filter(w => !w.includes('>'));
    const family: Family = words[0] === '-6' ? 6 : 4;
    const [object, verb, ...rest] = words.filter(w => w !== '-6' && w !== '-4');
    if (verb !== 'add' && verb !== 'replace') continue;
    if (object === 'rule') rules.push(readRuleWords(rest, family));
    if (object === 'route') routes.push(readRouteWords(rest, family, link));
    if (object === 'addr' || object === 'address') addresses.push(...readAddressWords(rest, link));
  }
  return kernelLines({ addresses, routes, rules });
}

/** Words after `ip rule add`, as the rule's canonical line. A word that iproute2 does not know is an Error. */
export function readRuleWords(words: readonly string[], family: Family): string {
  const values = pairs(words, {
    lookup: 'table',
    pref: 'priority',
    order: 'priority',
    suppress_pl: 'suppress_prefixlength',
  });
  const known = ['from', 'to', 'fwmark', 'iif', 'oif', 'table', 'priority', 'protocol', 'proto'].concat([
    'suppress_prefixlength',
    'suppress_ifgroup',
  ]);
  for (const key of values.keys()) if (!known.includes(key)) throw new Error(`ip rule: unknown word ${key}`);
  return ruleKey({
    family,
    priority: Number(values.get('priority') ?? Number.NaN),
    from: networkFrom(values.get('from')),
    to: networkFrom(values.get('to')),
    iif: values.get('iif'),
    oif: values.get('oif'),
    fwmark: parseOwnMark(values.get('fwmark') ?? ''),
    table: tableOf(values.get('table')),
    suppressPrefixLength: numberOrNone(values.get('suppress_prefixlength')),
    suppressGroup: numberOrNone(values.get('suppress_ifgroup')),
  });
}

export function numberOrNone(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

/** Words after `ip route add|replace`, as the route's canonical line. A route of another link is an Error. */
export function readRouteWords(words: readonly string[], family: Family, link: string): string {
  const [destination = '', ...rest] = words.filter(w => w !== 'onlink');
  const values = pairs(rest, { proto: 'protocol' });
  if (values.get('dev') !== link) throw new Error(`ip route without dev ${link}: ${words.join(' ')}`);
  const everything = family === 4 ? '0.0.0.0/0' : '::/0';
  const metric = values.get('metric');
  return routeKey({
    table: tableOf(values.get('table')) ?? mainTable,
    destination: destination === 'default' ? (everything as Cidr) : networkFrom(destination)!,
    gateway: values.get('via') as Ip | undefined,
    link,
    metric: kernelMetric(family, metric === undefined ? undefined : Number(metric)),
  });
}

function readAddressWords(words: readonly string[], link: string): readonly string[] {
  const [text = '', ...rest] = words;
  if (rest[rest.indexOf('dev') + 1] !== link) return [];
  const [address = '', length] = text.split('/');
  const ip = parseIp(address);
  if (ip === undefined) throw new Error(`ip address: ${text}`);
  return [addressKey({ link, ip, prefixLength: Number(length ?? (ip.includes(':') ? 128 : 32)) })];
}

/** `all` is no selector; an address without a length is one address; host bits are refused by the kernel. */
export function networkFrom(text: string | undefined): Cidr | undefined {
  if (text === undefined || text === 'all' || text === 'any') return undefined;
  const ip = parseIp(text);
  const network = ip === undefined ? parseCidr(text) : hostCidr(ip);
  if (network === undefined || (ip === undefined && network !== text)) throw new Error(`no network: ${text}`);
  return network;
}

function tableOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const table = tableNames[text] ?? Number(text);
  if (!Number.isInteger(table)) throw new Error(`no table: ${text}`);
  return table;
}

function pairs(
  words: readonly string[],
  other: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (let i = 0; i < words.length; i += 2) {
    const word = words[i]!;
    const value = words[i + 1];
    if (value === undefined) throw new Error(`ip: ${word} without a value in ${words.join(' ')}`);
    values.set(other[word] ?? word, value);
  }
  return values;
}
