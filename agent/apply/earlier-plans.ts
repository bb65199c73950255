// Plans of before: those that an earlier version has written to the state file or to a checkpoint, in the form of today.
import type { EniChange } from '../../renderers/renderer.ts';
import type { EniPlan, NetworkPlan, PlannedRule } from '../model/network-plan.ts';
import { sameOr } from '../model/value.ts';
import type { EarlierRule } from '../records/model-shapes.ts';

export function planOfToday(plan: EniPlan): EniPlan {
  const isOfEarlier = (rule: EarlierRule) => rule.suppressDefault !== undefined;
  return plan.rules.some(isOfEarlier) ? { ...plan, rules: plan.rules.map(ruleOfToday) } : plan;
}

/** A plan that says what was applied is that very one: what was worked out of it still holds (oncePer). */
export function asApplied(plan: NetworkPlan, applied: readonly EniPlan[]): NetworkPlan {
  const before = new Map(applied.map(eni => [eni.mac, eni]));
  return { ...plan, enis: plan.enis.map(eni => sameOr(before.get(eni.mac), eni)) };
}

export function changeOfToday(change: EniChange): EniChange {
  switch (change.kind) {
    case 'added':
      return { ...change, after: planOfToday(change.after) };
    case 'removed':
      return { ...change, before: planOfToday(change.before) };
    case 'changed':
      return { ...change, before: planOfToday(change.before), after: planOfToday(change.after) };
  }
}

function ruleOfToday(rule: EarlierRule): PlannedRule {
  const { suppressDefault, ...rest } = rule;
  return suppressDefault === undefined
    ? rule
    : { ...rest, suppressPrefixLength: suppressDefault ? 0 : undefined };
}
