// The text of a routing rule in NetworkManager's own syntax, shared by keyfiles (`routing-ruleN=`) and ifcfg files
// (`ROUTING_RULE_n=`), and the way out for versions that cannot say a rule. Source: nm_ip_routing_rule_from_string of
// NetworkManager 1.18 to 1.52. Knows no file.
import type { HostFacts } from '../../agent/model/host.ts';
import type { EniPlan, PlannedRule } from '../../agent/model/network-plan.ts';
import { deleteRuleCommands, droppedRules } from '../formats/change-commands.ts';
import { addRuleOnceLine, linkWord, ruleWords } from '../formats/ip-commands.ts';
import { ownLinkOrExit } from '../formats/own-link.ts';
import { versionAtLeast } from '../formats/version-order.ts';
import { type Command, type EniChange, type FileText, marker } from '../renderer.ts';

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
 * False for a rule that this NetworkManager would drop with no more than a warning: no rules at all before 1.18, no `suppress_prefixlength`
 * before 1.20, and `suppress_ifgroup` in no version (1.58: nm_ip_routing_rule_from_string has no such word). An unknown version is taken as
 * new: 1.20 is of 2019.
 */
export function networkmanagerSpeaksRule(rule: PlannedRule, version: string | undefined): boolean {
  if (rule.suppressGroup !== undefined) return false;
  return versionAtLeast(version, rule.suppressPrefixLength === undefined ? '1.18' : '1.20') ?? true;
}

/**
 * A dispatcher script for the rules of one ENI that NetworkManager itself cannot say; undefined if there are none. It survives
 * a reboot without the agent, and NetworkManager leaves rules that it did not add alone. In pre-up.d, since NetworkManager waits for
 * that before it calls the link activated (for `up` it does not: after a boot the rules came up to a second later, 1.42). What is left when
 * the link goes down asks main on behalf of addresses that are no more.
 */
export function renderRuleDispatcher(eni: EniPlan, version: string | undefined): FileText | undefined {
  const rules = eni.rules.filter(rule => !networkmanagerSpeaksRule(rule, version));
  if (rules.length === 0) return undefined;
  const lines = [
    '#!/bin/sh',
    // A script needs its interpreter on line 1, so the marker is on line 2.
    `# ${marker}`,
    '# NetworkManager cannot say these rules itself (any rule: 1.18, suppress_prefixlength: 1.20, suppress_ifgroup: never).',
    ...ownLinkOrExit('$1', eni),
    ...rules.map(addRuleOnceLine),
    'exit 0',
  ];
  // NetworkManager runs only scripts of root that nobody else may write, and skips others without a word.
  const path = `${preUpFolder}/60-eni-${linkWord(eni.link)}`;
  return { path, mode: 0o755, content: `${lines.join('\n')}\n` };
}

/**
 * What NetworkManager does not do by itself with the rules of the script: `reapply` does not run dispatcher scripts, the dispatcher may be masked,
 * and of an ENI that goes the script has gone with the profile before it is down.
 */
export function scriptCommands(change: EniChange, facts: HostFacts): readonly Command[] {
  const version = facts.versions.networkmanager;
  const isScripted = (rule: PlannedRule) => !networkmanagerSpeaksRule(rule, version);
  if (change.kind === 'removed')
    return deleteRuleCommands(change.before.rules.filter(isScripted), 'after-write');
  const script = renderRuleDispatcher(change.after, version);
  const dropped = change.kind === 'added' ? [] : droppedRules(change.before, change.after).filter(isScripted);
  return [
    ...(script === undefined
      ? []
      : [{ phase: 'after-write', argv: [script.path, linkWord(change.after.link), 'pre-up'] } as const]),
    ...deleteRuleCommands(dropped, 'after-write'),
  ];
}

const dispatcherFolder = '/etc/NetworkManager/dispatcher.d';
const preUpFolder = `${dispatcherFolder}/pre-up.d`;

/** `ownFiles` of the dispatcher scripts; the first folder is that of the first edition of the rules. */
export const dispatcherFiles = [dispatcherFolder, preUpFolder].map(dir => ({
  dir,
  name: /^60-eni-[a-zA-Z0-9_.-]+$/,
}));
