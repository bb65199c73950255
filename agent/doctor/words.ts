// Rules and routes in a sentence for a person. The keys by which plan and kernel are compared are lines of a list, and say of what they
// do not model only that there is something ("lookup -").
import { type KernelRoute, type KernelRule, routeKey, ruleKey } from '../model/kernel-state.ts';
import { mainTable } from '../model/network-plan.ts';

const inMain = new RegExp(` lookup ${mainTable}(?= |$)`);

/** `IPv4 rule 27999 (not from all fwmark 0xca6c lookup 51820)`, as `ip rule` shows it. */
export function ruleWords(rule: KernelRule): string {
  return rule.text === undefined ? plannedRuleWords(ruleKey(rule)) : sentence(rule, rule.text);
}

/** The same of one that is not there, by its key. */
export function plannedRuleWords(key: string): string {
  const [, family, priority, ...words] = key.split(' ');
  return sentence({ family, priority }, words.join(' '));
}

/** The key without what differs from reading to reading; what is not modelled in the words of `ip`. */
export function routeWords(route: KernelRoute): string {
  if (route.opaque === undefined) return routeKey({ ...route, metric: undefined });
  const [type] = route.opaque.split(' ');
  const text = route.text.replace(/ table \S+/, '').replace(/^default\b/, route.destination);
  return `route ${route.table} ${type === 'unicast' ? '' : `${type} `}${text}`;
}

function sentence(of: { readonly family: unknown; readonly priority: unknown }, words: string): string {
  const named = words.replace(inMain, ' lookup main').replace(/ proto(col)? \S+/, '');
  return `IPv${of.family} rule ${of.priority} (${named})`;
}
