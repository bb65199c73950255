// A plan as text for a reviewer: every field, one line per route and rule.
import { diffLines } from 'diff';
import type {
  EniPlan,
  NetworkPlan,
  PlannedAddress,
  PlannedRoute,
  PlannedRule,
  SkippedEni,
} from '../../../agent/model/network-plan.ts';
import { fwmarkText } from '../../../agent/model/rule-words.ts';
import { nothingElse, wrapped } from './text-lines.ts';

export function planText(plan: NetworkPlan): string {
  const { primaryLink, enis, skipped, ...rest } = plan;
  nothingElse(rest);
  const lines = [
    `plan, the primary is ${primaryLink ?? 'not known'}`,
    ...enis.flatMap(eniLines),
    ...skipped.map(skippedLine),
  ];
  return `${lines.join('\n')}\n`;
}

/** What the second text has otherwise, as `-` and `+` lines; nothing for the same text. */
export function differenceText(first: string, second: string): string {
  return diffLines(first, second)
    .filter(part => part.added || part.removed)
    .map(part => part.value.replaceAll(/^ *(?=.)/gm, part.added ? '  + ' : '  - '))
    .join('');
}

function eniLines(eni: EniPlan): readonly string[] {
  const { mac, link, eniId, slot, table, addressing, mtu, connectedRoute, ...more } = eni;
  const { addresses, routes, rules, notes, awaiting, ipv6Off, inheritsMtu, ...rest } = more;
  nothingElse(rest);
  const marks = [
    addressing,
    `slot ${slot}`,
    `table ${table}`,
    ...(mtu === undefined ? [] : [`mtu ${mtu}${inheritsMtu ? ' as the primary' : ''}`]),
    ...(connectedRoute ? ['with its connected route'] : []),
    ...(ipv6Off ? ['IPv6 is off'] : []),
    ...(awaiting === undefined ? [] : [`awaiting ${awaiting}`]),
  ];
  return [
    `${link} ${mac} ${eniId ?? '-'}`,
    `  ${marks.join(', ')}`,
    ...wrapped('addresses', addresses.map(addressText), '  '),
    ...routes.map(route => `  route ${routeText(route)}`),
    ...rules.map(rule => `  rule ${ruleText(rule)}`),
    ...notes.map(note => `  note ${note}`),
  ];
}

function addressText({ ip, prefixLength, family, dynamic, ...rest }: PlannedAddress): string {
  nothingElse(rest);
  // The family shows in the address.
  if ((family === 6) !== ip.includes(':')) throw new Error(`${ip} is not of family ${family}`);
  return `${ip}/${prefixLength}${dynamic ? ' (leased)' : ''}`;
}

function routeText(route: PlannedRoute): string {
  const { family, destination, gateway, onLink, table, metric, ...rest } = route;
  nothingElse(rest);
  return [
    `${family} ${destination}`,
    ...(gateway === undefined ? [] : [`via ${gateway}`]),
    ...(onLink ? ['onlink'] : []),
    `table ${table}`,
    ...(metric === undefined ? [] : [`metric ${metric}`]),
  ].join(' ');
}

function ruleText(rule: PlannedRule): string {
  const { family, priority, from, to, localOnly, oif, fwmark, table, ...other } = rule;
  const { suppressPrefixLength, suppressGroup, ...rest } = other;
  nothingElse(rest);
  return [
    `${family} ${priority} from ${from ?? 'all'}`,
    ...(to === undefined ? [] : [`to ${to}`]),
    ...(fwmark === undefined ? [] : [`fwmark ${fwmarkText(fwmark)}`]),
    ...(localOnly ? ['iif lo'] : []),
    ...(oif === undefined ? [] : [`oif ${oif}`]),
    `table ${table}`,
    ...(suppressPrefixLength === undefined ? [] : [`suppress_prefixlength ${suppressPrefixLength}`]),
    ...(suppressGroup === undefined ? [] : [`suppress_ifgroup ${suppressGroup}`]),
  ].join(' ');
}

function skippedLine({ mac, eniId, reason, text, link, degraded, ...rest }: SkippedEni): string {
  nothingElse(rest);
  return `left alone: ${mac} ${eniId ?? '-'}${link === undefined ? '' : ` ${link}`} ${reason}${degraded ? ' (degraded)' : ''}: ${text}`;
}
