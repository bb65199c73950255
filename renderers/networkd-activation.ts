// How systemd-networkd takes a change, for the backends networkd and netplan: one reload at most, and the cleanup that
// networkd leaves to others. Source: networkd 247, 252 and 257, executed. Knows no file.

import { families } from '../agent/model/address.ts';
import type { HostFacts } from '../agent/model/host.ts';
import type { EniPlan } from '../agent/model/network-plan.ts';
import { bringUpDiffers } from './formats/change-commands.ts';
import { linkWord, ruleWords } from './formats/ip-commands.ts';
import { systemdAtLeast } from './networkd-sections.ts';
import type { Command, EniChange } from './renderer.ts';

/**
 * Before 244 there is no `networkctl reload`, and a restart would take the primary's address away. Below 252, a reload of a
 * changed file deletes and re-adds everything on the link (247: 1-2 s without traffic) or fails with rules present (244-247:
 * "Could not add rule: File exists"); the versions between 247 and 252 were not run.
 *
 * A leased address is deleted by 252 as well at such a reload, and asked for anew from the start: it was away for 42 to 54 ms with a
 * server that answers at once, and is away until it answers otherwise. 257 keeps it; the versions between were not run. So there an
 * ENI with a lease takes a change live, if its rules stay: from 249 on a rule that networkd did not add goes when any link is
 * configured again.
 */
export function isLive(change: EniChange, facts: HostFacts): boolean {
  if (!systemdAtLeast(facts, 244)) return change.kind !== 'removed';
  // `ip` cannot start or stop a DHCP client, nor tell it another table.
  if (change.kind !== 'changed' || bringUpDiffers(change.before, change.after)) return false;
  return !systemdAtLeast(facts, 252) || (!systemdAtLeast(facts, 257) && isLeaseAtRisk(change));
}

function isLeaseAtRisk({ before, after }: Extract<EniChange, { kind: 'changed' }>): boolean {
  const sameRules = JSON.stringify(before.rules) === JSON.stringify(after.rules);
  return after.addressing === 'dhcp' && before.link === after.link && sameRules;
}

/**
 * Commands after the files are written. A reload with nothing changed for the other links leaves them alone (0 events on the
 * primary on 247, 252 and 257); `networkctl reconfigure` would delete and re-add a leased address (257).
 *
 * @param beforeReload commands of the caller that belong between the files and the reload
 */
export function networkdCommands(
  changes: readonly EniChange[],
  facts: HostFacts,
  beforeReload: readonly Command[] = [],
): readonly Command[] {
  const loaded = changes.filter(change => !isLive(change, facts));
  const reload: Command = { phase: 'after-write', argv: ['networkctl', 'reload'] };
  return [
    ...changes.filter(change => isLive(change, facts)).flatMap(mtuCommands),
    ...beforeReload,
    ...(loaded.length > 0 && systemdAtLeast(facts, 244) ? [reload] : []),
    ...changes.flatMap(change =>
      change.kind === 'removed' ? cleanup(change.before, change.linkPresent) : [],
    ),
  ];
}

/**
 * networkd 247 leaves addresses, table and rules on a link whose file has gone; 252 and 257 take them away, and then these
 * commands find nothing. Rules are named in full, and the table only for this link: nothing of others is hit.
 */
function cleanup(eni: EniPlan, linkPresent: boolean): readonly Command[] {
  const link = linkWord(eni.link);
  const tidy = (...argv: [string, ...string[]]): Command => ({ phase: 'after-write', argv, mayFail: true });
  const rules = eni.rules.map(rule => tidy('ip', `-${rule.family}`, 'rule', 'del', ...ruleWords(rule)));
  if (!linkPresent) return rules;
  return [
    ...rules,
    ...families.map(f => tidy('ip', `-${f}`, 'route', 'flush', 'table', String(eni.table), 'dev', link)),
    tidy('ip', 'address', 'flush', 'dev', link, 'scope', 'global'),
    // Without a file networkd leaves the link up, with its link-local address.
    tidy('ip', 'link', 'set', 'dev', link, 'down'),
  ];
}

function mtuCommands(change: EniChange): readonly Command[] {
  if (change.kind === 'removed' || change.after.mtu === undefined) return [];
  if (change.kind === 'changed' && change.before.mtu === change.after.mtu) return [];
  const { link, mtu } = change.after;
  return [{ phase: 'after-write', argv: ['ip', 'link', 'set', 'dev', linkWord(link), 'mtu', String(mtu)] }];
}
