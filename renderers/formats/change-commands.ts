// Commands that several backends need around their own: what the backend leaves behind, and what `ip` can say at once. Argument
// arrays, no shell. Knows no file and no backend.
import type { EniPlan, PlannedRule } from '../../agent/model/network-plan.ts';
import type { Command, Phase } from '../renderer.ts';
import { linkWord, ruleWords } from './ip-commands.ts';

/** True if the link has to go down between the two: a DHCP client starts or stops, or its address gets another length. */
export function bringUpDiffers(before: EniPlan, after: EniPlan): boolean {
  if (before.addressing !== after.addressing) return true;
  return after.addressing === 'dhcp' && before.connectedRoute !== after.connectedRoute;
}

/** Sets a new MTU on the live link, if the plan has one and it is not the old one. */
export function mtuCommands(before: EniPlan, after: EniPlan): readonly Command[] {
  if (after.mtu === undefined || after.mtu === before.mtu) return [];
  const argv = ['ip', 'link', 'set', 'dev', linkWord(after.link), 'mtu', String(after.mtu)] as const;
  return [{ phase: 'after-write', argv, does: 'kernel' }];
}

/**
 * Deletes rules that the backend may have left; rules outlive their link. Each by its whole specification, so that nobody else's
 * rule is hit, and a rule that has gone already is no failure.
 */
export function deleteRuleCommands(rules: readonly PlannedRule[], phase: Phase): readonly Command[] {
  return rules.map(rule => ({
    phase,
    argv: ['ip', `-${rule.family}`, 'rule', 'del', ...ruleWords(rule)] as const,
    mayFail: true,
    does: 'kernel',
  }));
}

/** Rules of `before` that `after` has not. */
export function droppedRules(before: EniPlan, after: EniPlan): readonly PlannedRule[] {
  // A rule without a source has the same words in both families.
  const textOf = (rule: PlannedRule) => `${rule.family} ${ruleWords(rule).join(' ')}`;
  const kept = new Set(after.rules.map(textOf));
  return before.rules.filter(rule => !kept.has(textOf(rule)));
}

/** The same commands, all of one phase before all of the next, in the order of execution. */
export function inPhases(commands: readonly Command[]): readonly Command[] {
  const order: readonly Phase[] = ['validate', 'before-write', 'after-write'];
  return order.flatMap(phase => commands.filter(c => c.phase === phase));
}
