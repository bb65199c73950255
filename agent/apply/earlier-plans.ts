// Plans that an earlier version has written to the state file or to a checkpoint, in the form of today.
import type { EniChange } from '../../renderers/renderer.ts';
import type { EniPlan, PlannedRule } from '../model/network-plan.ts';
import type { EarlierRule } from '../records/model-shapes.ts';

export function planOfToday(plan: EniPlan): EniPlan {
  return { ...plan, rules: plan.rules.map(ruleOfToday) };
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
