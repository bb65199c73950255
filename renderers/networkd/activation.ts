// How systemd-networkd takes a change, for the backends networkd and netplan: one reload at most, and the cleanup that
// networkd leaves to others. Source: networkd 245, 247, 249, 252 and 257, executed. Knows no file.

import { families } from '../../agent/model/address.ts';
import type { HostFacts } from '../../agent/model/host.ts';
import type { EniPlan } from '../../agent/model/network-plan.ts';
import { keyOf } from '../../agent/model/value.ts';
import { bringUpDiffers } from '../formats/change-commands.ts';
import { linkWord, ruleWords } from '../formats/ip-commands.ts';
import { type Command, type EniChange, eniOf, isMarked, type Travel } from '../renderer.ts';
import { broughtUp, forgotten, reloads } from './old-networkd.ts';
import { systemdAtLeast } from './sections.ts';

/** The first networkd that deletes a rule which no loaded file has, whenever it configures any link. */
const rulesOfLoadedFilesOnly = 248;

/**
 * Before 244 there is no `networkctl reload`, and a restart would take the primary's address away. Below 248, a reload of a changed file
 * deletes and re-adds everything on the link (247: 1-2 s without traffic) or fails with rules present (244-247: "Could not add rule: File
 * exists"), so that the change is made live and networkd is not told.
 *
 * From 248 on networkd has to be told: whenever it configures a link, also a new one of somebody else, it deletes every rule that no loaded
 * file has (248 to 255: link_configure -> link_drop_foreign_config -> manager_drop_routing_policy_rules_internal), and a rule that was made
 * live is in none. On 249 (Ubuntu 22.04) a second ENI that joined a subnet ended in a rollback for that, and the first one lost half of its
 * packets meanwhile. The price of the reload on 248 and 249: the addresses of the changed ENI go and come again (link_drop_config), 10 to 85
 * ms; 250 and later keep them (link_foreignize). 245, 247, 249, 252, 255 and 257 were executed, the others read.
 *
 * @param ours path of our file for the link. While networkd has not loaded one, the link is the image's catch-all's, with a lease and a
 * default route in main that only networkd can take away: that needs the reload.
 */
function isLive(change: EniChange, facts: HostFacts, ours: string): boolean {
  if (!systemdAtLeast(facts, reloads)) return change.kind !== 'removed';
  if (!isMarked(facts.files[ours] ?? '')) return false;
  // `ip` cannot start or stop a DHCP client, nor tell it another table.
  if (change.kind !== 'changed' || bringUpDiffers(change.before, change.after)) return false;
  return !systemdAtLeast(facts, rulesOfLoadedFilesOnly);
}

/**
 * True for a change of an ENI that networkd has already, and takes by a reload in which it deletes the old rules before it adds the new
 * ones, and keeps the addresses (252: 9 to 32 ms without any rule; 257: under 1 ms). Before 250 it takes the addresses as well, at each
 * reload (249: link_reconfigure_impl, link_drop_config; https://github.com/systemd/systemd/blob/v249/src/network/networkd-link.c): a reload more
 * would be a gap more.
 */
function isReloaded(change: EniChange, facts: HostFacts, ours: string): boolean {
  const known = isMarked(facts.files[ours] ?? '');
  return change.kind === 'changed' && known && systemdAtLeast(facts, 250) && !isLive(change, facts, ours);
}

/** @param ours see isLive() */
export function networkdTravel(change: EniChange, facts: HostFacts, ours: string): Travel {
  if (isLive(change, facts, ours)) return 'kernel';
  return isReloaded(change, facts, ours) ? 'files-in-two-steps' : 'files';
}

/**
 * Commands after the files are written. A reload with nothing changed for the other links leaves them alone (0 events on the
 * primary on 247, 252 and 257); `networkctl reconfigure` would delete and re-add a leased address (257).
 *
 * @param paths `ours`: the file of a link that we write; `loaded`: those that networkd reads for it
 * @param beforeReload commands of the caller that belong between the files and the reload
 */
export function networkdCommands(
  changes: readonly EniChange[],
  facts: HostFacts,
  paths: { readonly ours: (link: string) => string; readonly loaded: (link: string) => readonly string[] },
  beforeReload: readonly Command[] = [],
): readonly Command[] {
  const goesLive = (change: EniChange) => isLive(change, facts, paths.ours(linkOf(change)));
  const loaded = changes.filter(change => !goesLive(change));
  const reload: Command = { phase: 'after-write', argv: ['networkctl', 'reload'], does: 'load' };
  return [
    ...changes.flatMap(change => broughtUp(change, facts)),
    ...changes
      .filter(goesLive)
      .flatMap(change => [...keepTimes(change, facts, paths.loaded(linkOf(change))), ...mtuCommands(change)]),
    ...beforeReload,
    ...changes.flatMap(change => dropLease(change, facts)),
    ...(loaded.length > 0 && systemdAtLeast(facts, reloads) ? [reload, ...waitFor(loaded)] : []),
    ...loaded.flatMap(change => forgotten(change, facts)),
    ...changes.flatMap(change =>
      change.kind === 'removed'
        ? cleanup(change.before, change.linkPresent, facts, wantedRules(changes))
        : [],
    ),
  ];
}

/** A link that was renamed leaves its rules to its new name: networkd has made them for that by then. */
function wantedRules(changes: readonly EniChange[]): ReadonlySet<string> {
  return new Set(changes.flatMap(c => (c.kind === 'removed' ? [] : c.after.rules.map(keyOf))));
}

/**
 * networkd 247 leaves addresses, table and rules on a link whose file has gone; 252 and 257 take them away, and then these
 * commands find nothing. Rules are named in full, and the table only for this link: nothing of others is hit. Our static addresses
 * the apply takes away one by one, and the link stays up as networkd leaves it: an address of somebody else may be in use on it.
 */
function cleanup(
  eni: EniPlan,
  linkPresent: boolean,
  facts: HostFacts,
  wanted: ReadonlySet<string>,
): readonly Command[] {
  const link = linkWord(eni.link);
  const tidy = (...argv: [string, ...string[]]): Command => ({
    phase: 'after-write',
    argv,
    mayFail: true,
    does: 'kernel',
  });
  const rules = eni.rules
    .filter(rule => !wanted.has(keyOf(rule)))
    .map(rule => tidy('ip', `-${rule.family}`, 'rule', 'del', ...ruleWords(rule)));
  if (!linkPresent) return rules;
  return [
    ...rules,
    ...families.map(f => tidy('ip', `-${f}`, 'route', 'flush', 'table', String(eni.table), 'dev', link)),
    ...flushLease(eni, facts),
  ];
}

/** A lease that ends with this change, though the ENI stays. */
function dropLease(change: EniChange, facts: HostFacts): readonly Command[] {
  return change.kind === 'changed' && change.after.addressing === 'static'
    ? flushLease(change.before, facts)
    : [];
}

/** networkd before 252 leaves a leased address, and 252 to 256 do with our KeepConfiguration=dhcp. The length of the lease is its own. */
function flushLease(eni: EniPlan, facts: HostFacts): readonly Command[] {
  const leased = eni.addresses.find(a => a.dynamic);
  if (leased === undefined || systemdAtLeast(facts, 257)) return [];
  const argv = ['ip', '-4', 'address', 'flush', 'dev', linkWord(eni.link), 'to', `${leased.ip}/32`] as const;
  return [{ phase: 'after-write', argv, mayFail: true, does: 'kernel' }];
}

/** The link that a change is about, by the name that it has afterwards. */
export function linkOf(change: EniChange): string {
  return eniOf(change).link;
}

/**
 * `reload` returns before a link is configured anew, and a look in between would take the old state for the new one. A link that has
 * gone would be waited for in vain.
 */
function waitFor(changes: readonly EniChange[]): readonly Command[] {
  const links = changes.flatMap(c => (c.kind === 'removed' ? [] : [`--interface=${linkWord(c.after.link)}`]));
  if (links.length === 0) return [];
  // On a merged /usr both paths name this program; Debian 11 and before have this one.
  const program = '/lib/systemd/systemd-networkd-wait-online';
  return [
    {
      phase: 'after-write',
      argv: [program, '--quiet', '--timeout=5', ...links],
      mayFail: true,
      does: 'wait',
    },
  ];
}

/**
 * networkd 247 takes a file as changed if its time differs, whatever is in it (executed), and our own reload for another ENI would
 * then delete and re-add everything that this change has just made live. So the file keeps its time; the next start of networkd reads
 * it all the same. From 248 on nothing is made live that such a reload could undo.
 */
function keepTimes(change: EniChange, facts: HostFacts, files: readonly string[]): readonly Command[] {
  if (
    change.kind !== 'changed' ||
    !systemdAtLeast(facts, reloads) ||
    systemdAtLeast(facts, rulesOfLoadedFilesOnly)
  )
    return [];
  return files.flatMap((path, number): readonly Command[] => {
    const copy = `/run/eni-agent/time-of-${linkWord(change.after.link)}-${number}`;
    const cp = ['cp', '--attributes-only', '--preserve=timestamps', path, copy] as const;
    return [
      { phase: 'before-write', argv: cp, mayFail: true },
      { phase: 'after-write', argv: ['touch', '--no-create', `--reference=${copy}`, path], mayFail: true },
    ];
  });
}

function mtuCommands(change: EniChange): readonly Command[] {
  if (change.kind === 'removed' || change.after.mtu === undefined) return [];
  if (change.kind === 'changed' && change.before.mtu === change.after.mtu) return [];
  const { link, mtu } = change.after;
  const argv = ['ip', 'link', 'set', 'dev', linkWord(link), 'mtu', String(mtu)] as const;
  return [{ phase: 'after-write', argv, does: 'kernel' }];
}
