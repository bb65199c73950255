// Why does a packet with an ENI's address not leave by that ENI? Walks the rules and routes that were read, in the kernel's order, and
// names the one that is missing or that comes first. Pure; that it goes wrong, the kernel itself has said (system/kernel/route-lookups.ts).

import { plannedRuleKey } from '../apply/kernel-objects.ts';
import { type Cidr, contains, familyOf, prefixLengthOf } from '../model/address.ts';
import {
  type KernelRoute,
  type KernelRule,
  type KernelState,
  routeKey,
  ruleKey,
} from '../model/kernel-state.ts';
import type { EniPlan, PlannedRoute, PlannedRule } from '../model/network-plan.ts';
import type { RouteAnswer } from '../system/kernel/route-lookups.ts';
import { plannedRuleWords, routeWords, ruleWords } from './words.ts';

export interface Detour {
  readonly why: string;
  readonly hint: string;
  /** True if it may be intended. */
  readonly deliberate: boolean;
}

/** Undefined parts of a catch: a rule that refuses by itself has no route. */
interface Catch {
  readonly rule: KernelRule;
  readonly route: KernelRoute | undefined;
}

/** @param last the highest priority of any ENI's rules: behind it a rule of somebody does no harm */
export function explainDetour(kernel: KernelState, plan: EniPlan, answer: RouteAnswer, last: number): Detour {
  const planned = (r: PlannedRule) =>
    longest(
      plan.routes.filter(route => route.table === plan.table && !isShort(route, r)),
      answer,
    );
  const rule = plan.rules.find(
    r =>
      r.table === plan.table &&
      r.oif === undefined &&
      r.fwmark === undefined &&
      selects(r, answer) &&
      planned(r) !== undefined,
  );
  const caught = kernel.rules
    .filter(r => r.family === familyOf(answer.from))
    .flatMap(r => catchOf(kernel, r, answer))
    .at(0);
  const ownKeys = new Set(plan.rules.map(plannedRuleKey));
  const isOwn = (r: KernelRule) => r.opaque === undefined && ownKeys.has(ruleKey(r));

  // By a rule that comes first: a foreign one, or ours that prefers specific routes of main.
  if (caught !== undefined && rule !== undefined && caught.rule.priority <= rule.priority) {
    if (!isOwn(caught.rule))
      return {
        why: `${ruleWords(caught.rule)} comes before the rules of the ENI`,
        hint: `find out what added that rule; it does no harm with a priority above ${last}, or without the addresses of ${plan.link}: see "Why 28000" in docs/how-it-works.md`,
        deliberate: false,
      };
    if (caught.rule.table !== plan.table && caught.route !== undefined)
      return {
        why: `main has ${keyWithoutMetric(caught.route)}, and its specific routes come before the ENI's table`,
        hint: 'that is intended for containers and VPNs; if the addresses of the ENI must not use that route, remove it from main',
        deliberate: true,
      };
  }
  if (rule !== undefined && !kernel.rules.some(r => isOwn(r) && ruleKey(r) === plannedRuleKey(rule)))
    return missing(plannedRuleWords(plannedRuleKey(rule)));
  const route = rule && planned(rule);
  const key = route === undefined ? undefined : routeKey({ ...route, link: plan.link });
  if (key !== undefined && !kernel.routes.some(r => keyWithoutMetric(r) === key)) return missing(key);
  if (caught?.route !== undefined)
    return {
      why: `${routeWords(caught.route)} is used instead`,
      hint: 'find out what added that route, and remove it; "eni-agent plan" lists what the ENI should have',
      deliberate: false,
    };
  return {
    why: 'no rule or route that eni-agent understands explains it',
    hint: `compare "ip -${familyOf(answer.from)} rule" and "ip -${familyOf(answer.from)} route show table ${plan.table}" with "eni-agent plan"`,
    deliberate: false,
  };
}

function missing(what: string): Detour {
  const hint = '"eni-agent once" adds it; if it disappears again, another program on this machine removes it';
  return { why: `${what} is missing`, hint, deliberate: false };
}

/** The rule, if by what is known of it the packet goes where the kernel says that it goes. */
function catchOf(kernel: KernelState, rule: KernelRule, answer: RouteAnswer): readonly Catch[] {
  if (!mayMatch(rule, answer)) return [];
  if (rule.table === undefined) {
    const refuses = /\b(blackhole|unreachable|prohibit)\b/.test(rule.opaque ?? '');
    return refuses && answer.link === undefined ? [{ rule, route: undefined }] : [];
  }
  const route = longest(
    kernel.routes.filter(r => r.table === rule.table),
    answer,
  );
  if (route === undefined || isShort(route, rule)) return [];
  const group = kernel.links.find(l => l.name === route.link)?.group;
  if (rule.suppressGroup !== undefined && group === rule.suppressGroup) return [];
  // Of a route with several next hops any may have been chosen.
  const ends = route.link === answer.link || route.opaque?.startsWith('unicast') === true;
  return ends ? [{ rule, route }] : [];
}

/** False for a rule that surely does not select the packet: it has no mark, no port and no output link. */
function mayMatch(rule: KernelRule, answer: RouteAnswer): boolean {
  if ((rule.iif !== undefined && rule.iif !== 'lo') || rule.oif !== undefined) return false;

  const [first] = rule.opaque?.split(' ') ?? [];
  // `not` turns all selectors round; where the packet goes has to tell.
  if (first === 'not') return true;
  if (rule.fwmark !== undefined) return false;
  if (['fwmark', 'ipproto', 'sport', 'dport', 'tos'].includes(first ?? '')) return false;
  return selects(rule, answer);
}

function selects(
  rule: { readonly from: Cidr | undefined; readonly to: Cidr | undefined },
  { from, to }: RouteAnswer,
): boolean {
  return (
    (rule.from === undefined || contains(rule.from, from)) && (rule.to === undefined || contains(rule.to, to))
  );
}

/** A route that the rule takes for none. */
function isShort(
  { destination }: { readonly destination: Cidr },
  { suppressPrefixLength }: { readonly suppressPrefixLength: number | undefined },
): boolean {
  return suppressPrefixLength !== undefined && prefixLengthOf(destination) <= suppressPrefixLength;
}

/** The longest match; of several the lowest metric, as the kernel takes it. */
function longest<Route extends KernelRoute | PlannedRoute>(
  routes: readonly Route[],
  { to }: RouteAnswer,
): Route | undefined {
  return routes
    .filter(r => contains(r.destination, to))
    .toSorted(
      (a, b) =>
        prefixLengthOf(b.destination) - prefixLengthOf(a.destination) || (a.metric ?? 0) - (b.metric ?? 0),
    )
    .at(0);
}

function keyWithoutMetric(route: KernelRoute): string {
  return routeKey({ ...route, metric: undefined });
}
