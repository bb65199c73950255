// Policy rules as `ip rule show` prints them.
import type { Cidr } from '../../model/address.ts';
import type { KernelRule } from '../../model/kernel-state.ts';
import { parseOwnMark } from '../../model/rule-words.ts';
import {
  groupNumber,
  isNumber,
  lineByLine,
  type Names,
  parseNetwork,
  readWords,
  tableNumber,
} from './ip-words.ts';

const ruleValues = new Set([
  'from',
  'to',
  'iif',
  'oif',
  'lookup',
  'table',
  'suppress_prefixlength',
  'suppress_ifgroup',
  'proto',
  'protocol',
]);

/** With `-d` also a rule that nobody claims has a protocol: the kernel's own ones, and those that were added without a word. */
const nobodysProtocol = / proto (kernel|unspec)(?= |$)/;

/** The link of this name has gone, or has got another name: the rule is still the same, and selects nothing for now. */
const detachedLink = /( oif \S+) \[detached\](?= |$)/;

/** `ip -4|-6 rule show`, with or without `-d`. */
export const parseRules = lineByLine((line, family, tables: Names, groups?: Names): readonly KernelRule[] => {
  const head = /^(\d+):\s+(.*)$/.exec(line);
  if (head === null) return [];
  const text = head[2]!.trim().replace(nobodysProtocol, '').replace(detachedLink, '$1');
  // Another mark stays a word that is not known.
  const fwmark = parseOwnMark(/ fwmark (\S+)/.exec(text)?.[1] ?? '');
  const known = fwmark === undefined ? ruleValues : new Set([...ruleValues, 'fwmark']);
  const { values, rest } = readWords(text.split(/\s+/), known, new Set());
  const length = values.get('suppress_prefixlength');
  const group = values.get('suppress_ifgroup');
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
    ...(length === undefined || isNumber(length) ? [] : [`suppress_prefixlength ${length}`]),
    ...(group === undefined || groupNumber(group, groups) !== undefined ? [] : [`suppress_ifgroup ${group}`]),
  ];
  return [
    {
      family,
      priority: Number(head[1]),
      from: from === 'unreadable' ? undefined : from,
      to: to === 'unreadable' ? undefined : to,
      iif: values.get('iif'),
      oif: values.get('oif'),
      ...(fwmark === undefined ? {} : { fwmark }),
      table,
      suppressPrefixLength: length === undefined || !isNumber(length) ? undefined : Number(length),
      suppressGroup: group === undefined ? undefined : groupNumber(group, groups),
      protocol: values.get('proto') ?? values.get('protocol'),
      opaque: opaque.length === 0 ? undefined : opaque.join(' '),
      text,
    },
  ];
});

/** Undefined: any. A selector that cannot be read must not be taken for that. */
function parseSelector(text: string | undefined): Cidr | 'unreadable' | undefined {
  if (text === undefined || text === 'all') return undefined;
  return parseNetwork(text) ?? 'unreadable';
}
