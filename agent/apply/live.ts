// Small changes of the kernel itself through `ip -batch`: what a file change must not interrupt. Adding comes first and removing
// last, so that nothing is missing in between.
import { AgentError } from '../errors.ts';
import { type Family, families } from '../model/address.ts';
import { mainTable } from '../model/network-plan.ts';
import type { System } from '../system/system.ts';
import type { Difference } from './compare.ts';
import type { KernelObject } from './kernel-objects.ts';
import { isBehindInMain } from './own-objects.ts';

/** The lines of one `ip -4|-6 -batch` call each. */
export interface Batch {
  readonly family: Family;
  readonly lines: readonly string[];
}

/**
 * Of all ENIs together: what asks main for a part of a network before the table has the network, and a network behind an ENI in main when the
 * tables of the others have their own way there.
 */
export function additions(differences: readonly Difference[]): readonly Batch[] {
  const rank = (o: KernelObject) => (asksMainFor(o) ? 0 : isBehindInMain(o) ? 2 : 1);
  const list = differences.flatMap(d => [
    ...clearing(d).map(line => ({ line, rank: 1 })),
    ...d.missing.map(o => ({ line: entry(o, o.add), rank: rank(o) })),
  ]);
  return batches(list.toSorted((a, b) => a.rank - b.rank).map(({ line }) => line));
}

/**
 * In an order in which each packet goes as before or as in the end, and never by a third way. Rules go first, so that none meets a rule to a
 * table that is half empty; of these the last one first: without tier 2 tier 3 would take what goes to containers. Then a link's routes and its
 * addresses; with the last of these the kernel drops what routes are left. Routes by links that keep theirs go last: main may have a connected
 * route with an address, or one to a network behind an ENI, and the tables of the other ENIs have one by their gateway because of it. And what asks
 * main for a part of a network stays for as long as the table may have the network.
 */
export function removals(differences: readonly Difference[]): readonly Batch[] {
  const stale = differences.flatMap(d => d.stale.filter(o => !isReplaced(o, d)));
  const emptied = new Set(stale.filter(o => o.kind === 'address').map(o => o.key.split(' ')[1]));
  const rank = (o: KernelObject): number => {
    const { kind, key } = o;
    if (kind === 'route') return isBehindInMain(o) || emptied.has(/ dev (\S+)/.exec(key)?.[1]) ? 1 : 3;
    if (asksMainFor(o)) return 5;
    return { rule: 0, address: 2, link: 4 }[kind];
  };
  const sorted = stale.toSorted((a, b) => rank(a) - rank(b) || priorityOf(b) - priorityOf(a));
  return batches(sorted.map(o => entry(o, o.remove)));
}

/** A rule by destination to main: what it finds there main would say to everybody. */
function asksMainFor({ kind, key }: KernelObject): boolean {
  return kind === 'rule' && new RegExp(` to \\S+ .*lookup ${mainTable}( |$)`).test(key);
}

/** Of a rule; all other objects have the same. */
function priorityOf({ kind, key }: KernelObject): number {
  return kind === 'rule' ? Number(key.split(' ')[2]) : 0;
}

/** An IPv6 address cannot stand twice with different prefix lengths (EEXIST): there the old one has to go first. */
function clearing(difference: Difference) {
  return difference.stale.filter(o => isReplaced(o, difference)).map(o => entry(o, o.remove));
}

function isReplaced(object: KernelObject, difference: Difference): boolean {
  const bare = (key: string) => key.split('/')[0];
  return (
    object.kind === 'address' &&
    object.family === 6 &&
    difference.missing.some(m => m.kind === 'address' && bare(m.key) === bare(object.key))
  );
}

function entry(object: KernelObject, line: string) {
  return { family: object.family, line };
}

function batches(entries: readonly { readonly family: Family; readonly line: string }[]): readonly Batch[] {
  return families.flatMap(family => {
    const lines = entries.filter(e => e.family === family).map(e => e.line);
    return lines.length === 0 ? [] : [{ family, lines }];
  });
}

/**
 * @param tolerant go on behind a line that fails: for removals, where the object may have gone with its link
 * Throws `command-failed` with the line that failed.
 */
export async function runBatches(system: System, list: readonly Batch[], tolerant = false): Promise<void> {
  for (const { family, lines } of list) {
    const argv = ['ip', `-${family}`, ...(tolerant ? ['-force'] : []), '-batch', '-'] as const;
    const result = await system.run(argv as unknown as [string, ...string[]], {
      input: `${lines.join('\n')}\n`,
    });
    if (result.exitCode === 0 || tolerant) continue;
    const failed = /-:(\d+)/.exec(result.stderr)?.[1];
    const line = failed === undefined ? lines.join('; ') : lines[Number(failed) - 1];
    const cause = result.stderr.trim().split('\n')[0];
    throw new AgentError('command-failed', `ip -${family} ${line} failed: ${cause}`);
  }
}
