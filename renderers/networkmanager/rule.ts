// The text of a routing rule in NetworkManager's own syntax, shared by keyfiles (`routing-ruleN=`) and ifcfg files
// (`ROUTING_RULE_n=`), and the way out for versions that cannot say a rule. Source: nm_ip_routing_rule_from_string of
// NetworkManager 1.18 to 1.52. Knows no file.
import type { EniPlan, PlannedRule } from '../../agent/model/network-plan.ts';
import { addRuleOnceLine, deleteRuleLine, linkWord, ruleWords } from '../formats/ip-commands.ts';
import { ownLinkOrExit } from '../formats/own-link.ts';
import { versionAtLeast } from '../formats/version-order.ts';
import { type FileText, marker } from '../renderer.ts';

/**
 * The rule as NetworkManager parses it, e.g. `priority 28600 from 10.0.2.0/24 iif lo table 28000`. The caller puts it under
 * the key of the right family.
 *
 * The priority is always there: a rule without one is dropped (1.40). It is `suppress_prefixlength` with an underscore: with
 * a hyphen the whole rule is dropped without an error (1.40, 1.52). The table is a number: names need rt_tables.
 */
export function networkmanagerRule(rule: PlannedRule): string {
  // The words of ip(8) are checked there; NetworkManager knows `lookup` as `table`, and both accept either order.
  const words = ruleWords(rule);
  const at = words.indexOf('priority');
  const rest = words.filter((_, index) => index !== at && index !== at + 1);
  return ['priority', rule.priority, ...rest.map(w => (w === 'lookup' ? 'table' : w))].join(' ');
}

/**
 * False for a rule that this NetworkManager would drop with no more than a warning: no rules at all before 1.18,
 * no `suppress_prefixlength` before 1.20. An unknown version is taken as new: 1.20 is of 2019.
 */
export function networkmanagerSpeaksRule(rule: PlannedRule, version: string | undefined): boolean {
  return versionAtLeast(version, rule.suppressDefault ? '1.20' : '1.18') ?? true;
}

/**
 * A dispatcher script for the rules of one ENI that NetworkManager itself cannot say; undefined if there are none. It survives
 * a reboot without the agent, and NetworkManager before 1.20 leaves rules that it did not add alone.
 */
export function renderRuleDispatcher(eni: EniPlan, version: string | undefined): FileText | undefined {
  const rules = eni.rules.filter(rule => !networkmanagerSpeaksRule(rule, version));
  if (rules.length === 0) return undefined;
  const link = linkWord(eni.link);
  const lines = [
    '#!/bin/sh',
    // A script needs its interpreter on line 1, so the marker is on line 2.
    `# ${marker}`,
    '# This NetworkManager is too old to say these rules itself (suppress_prefixlength: 1.20, any rule: 1.18).',
    ...ownLinkOrExit('$1', eni),
    'case "$2" in',
    'up)',
    ...rules.map(rule => `  ${addRuleOnceLine(rule)}`),
    '  ;;',
    'down)',
    ...rules.map(rule => `  ${deleteRuleLine(rule)}`),
    '  ;;',
    'esac',
    'exit 0',
  ];
  // NetworkManager runs only scripts of root that nobody else may write, and skips others without a word.
  return { path: dispatcherPath(link), mode: 0o755, content: `${lines.join('\n')}\n` };
}

/** `ownFiles` of the dispatcher scripts. */
export const dispatcherFiles = {
  dir: '/etc/NetworkManager/dispatcher.d',
  name: /^60-eni-[a-zA-Z0-9_.-]+$/,
} as const;

function dispatcherPath(link: string): string {
  return `${dispatcherFiles.dir}/60-eni-${link}`;
}
