// Lines of the ifroute and ifrule files of wicked. Knows no file.
import type { Family } from '../../agent/model/address.ts';
import {
  isDefaultRoute,
  mainTable,
  type PlannedRoute,
  type PlannedRule,
} from '../../agent/model/network-plan.ts';
import { ruleWords } from '../formats/ip-commands.ts';

/**
 * `DEST GW MASK IFACE OPTIONS`. `via` and `dev` are errors among the options; `onlink` is only known of a next hop. No `src`: with
 * the address of a lease the route is missing without a word, since the static part is applied first.
 */
export function routeLine(route: PlannedRoute, link: string): string {
  // The family of `default` is that of the gateway beside it; a next hop comes too late to tell.
  const spelled = route.family === 4 || !route.onLink ? 'default' : '::/0';
  const destination = isDefaultRoute(route) ? spelled : route.destination;
  const options = [
    ...(route.table === mainTable ? [] : ['table', route.table]),
    ...(route.metric === undefined ? [] : ['metric', route.metric]),
  ];
  if (route.gateway !== undefined && route.onLink)
    return [destination, '-', '-', link, ...options, 'nexthop', 'via', route.gateway, 'onlink'].join(' ');
  return [destination, route.gateway ?? '-', '-', link, ...options].join(' ');
}

/** `ipv4 from A [to B] [iif lo] table T priority P`. */
export function ruleLine(rule: PlannedRule): string {
  const family: Record<Family, string> = { 4: 'ipv4', 6: 'ipv6' };
  return [family[rule.family], ...ruleWords(rule).map(w => (w === 'lookup' ? 'table' : w))].join(' ');
}
