// Arguments of ip(8) for the objects of a plan, for every backend whose files carry `ip` syntax (hook lines, script lines,
// route-/rule- files). Source: iproute2 3.0 to 6.15, the common subset. Knows nothing of where the words are written.
import { AgentError } from '../../agent/errors.ts';
import type { Family } from '../../agent/model/address.ts';
import { noAutoconf } from '../../agent/model/link-sysctls.ts';
import {
  type EniPlan,
  isDefaultRoute,
  type PlannedRoute,
  type PlannedRule,
} from '../../agent/model/network-plan.ts';
import { fwmarkText } from '../../agent/model/rule-words.ts';

/**
 * The name of a link as a word that is safe in a shell, in a file name and in every format here.
 * @throws AgentError `bug` for anything that the link filters should never have let through
 */
export function linkWord(link: string): string {
  if (!/^[a-zA-Z0-9_.-]{1,15}$/.test(link) || /^[.-]/.test(link))
    throw new AgentError('bug', `link name ${JSON.stringify(link)} cannot be written to a file`);
  return link;
}

/**
 * Words of `ip route add|replace|del WORDS`, without the family option. Never a `src`: it fails while the address is not
 * there yet (DHCP), and source selection is the business of the rules.
 */
export function routeWords(route: PlannedRoute, link: string): readonly string[] {
  return words([
    isDefaultRoute(route) ? 'default' : route.destination,
    ...(route.gateway === undefined ? [] : ['via', route.gateway]),
    'dev',
    linkWord(link),
    ...(route.onLink && route.gateway !== undefined ? ['onlink'] : []),
    ...(route.metric === undefined ? [] : ['metric', route.metric]),
    'table',
    route.table,
  ]);
}

/**
 * Words of `ip rule add|del WORDS`, without the family option. The table is a number: /etc/iproute2/rt_tables may have been
 * edited so that `main` means something else, or be missing (iproute2 6.7 and later in minimal images).
 */
export function ruleWords(rule: PlannedRule): readonly string[] {
  return words([
    'from',
    rule.from ?? 'all',
    ...(rule.to === undefined ? [] : ['to', rule.to]),
    ...(rule.fwmark === undefined ? [] : ['fwmark', fwmarkText(rule.fwmark)]),
    ...(rule.localOnly ? ['iif', 'lo'] : []),
    ...(rule.oif === undefined ? [] : ['oif', linkWord(rule.oif)]),
    'lookup',
    rule.table,
    ...(rule.suppressPrefixLength === undefined ? [] : ['suppress_prefixlength', rule.suppressPrefixLength]),
    // By number: /etc/iproute2/group may give the number a name or be missing.
    ...(rule.suppressGroup === undefined ? [] : ['suppress_ifgroup', rule.suppressGroup]),
    'priority',
    rule.priority,
  ]);
}

/** `ip -4 route replace ...` as one shell line. */
export function replaceRouteLine(route: PlannedRoute, link: string): string {
  return `ip -${route.family} route replace ${routeWords(route, link).join(' ')}`;
}

/** Deletes this very route; one that has gone with the link is no failure. */
export function deleteRouteLine(route: PlannedRoute, link: string): string {
  const words = routeWords({ ...route, onLink: false }, link).join(' ');
  return `ip -${route.family} route del ${words} 2>/dev/null || true`;
}

/**
 * Adds a rule exactly once, as one shell line: newer kernels refuse an equal rule, older ones keep both. The
 * whole specification is given to `del`, never the priority alone, so that nobody else's rule can be hit.
 */
export function addRuleOnceLine(rule: PlannedRule): string {
  const text = ruleWords(rule).join(' ');
  return `ip -${rule.family} rule del ${text} 2>/dev/null || true; ip -${rule.family} rule add ${text}`;
}

/** Deletes a rule by its whole specification; a rule that has gone already is no failure. */
export function deleteRuleLine(rule: PlannedRule): string {
  return `ip -${rule.family} rule del ${ruleWords(rule).join(' ')} 2>/dev/null || true`;
}

/**
 * Empties the ENI's table of what leaves by its link. Not the whole table: the configuration may name a table that
 * somebody else uses too.
 */
export function flushTableLine(eni: EniPlan, family: Family): string {
  return `ip -${family} route flush table ${eni.table} dev ${linkWord(eni.link)} 2>/dev/null || true`;
}

/** Turns router advertisements and autoconfiguration off, as one shell line. `-e` and `true`: a machine without IPv6 has no such key. */
export function noAutoconfLine(link: string): string {
  return `sysctl -q -e -w ${noAutoconf(linkWord(link)).join(' ')} 2>/dev/null || true`;
}

function words(list: readonly (string | number)[]): readonly string[] {
  return list.map(word => {
    const text = String(word);
    if (!/^[a-zA-Z0-9_.:/-]+$/.test(text))
      throw new AgentError('bug', `${JSON.stringify(text)} is no word of an ip command`);
    return text;
  });
}
