// What an apply means for each ENI: added, changed or removed. The renderers turn that into commands.

import type { EniChange } from '../../renderers/renderer.ts';
import type { KernelState } from '../model/kernel-state.ts';
import type { EniPlan, NetworkPlan } from '../model/network-plan.ts';
import { isSame } from '../model/value.ts';
import { type CompareOptions, compareEni, type Difference, describeDifference } from './compare.ts';
import { planObjects } from './kernel-objects.ts';

export interface ChangeInput {
  readonly plan: NetworkPlan;
  /** What the last pass left behind. */
  readonly applied: readonly EniPlan[];
  /** ENIs that are neither planned nor to be removed now (no data is not empty data). */
  readonly held: readonly EniPlan[];
  readonly kernel: KernelState;
  /** True if a file of this ENI on disk is not what the plan renders. */
  readonly filesDiffer: (plan: EniPlan) => boolean;
  /** True if the distribution's own hot-plug helper has configured the link (Renderer.supersedes). */
  readonly superseded: (plan: EniPlan) => boolean;
  readonly compare: CompareOptions;
}

export function planChanges(input: ChangeInput): readonly EniChange[] {
  const stays = new Set([...input.plan.enis, ...input.held].map(e => e.mac));
  const removed = input.applied
    .filter(before => !stays.has(before.mac))
    .map(before => ({
      kind: 'removed' as const,
      before,
      linkPresent: input.kernel.links.some(l => l.name === before.link && l.mac === before.mac),
    }));
  const changes = [...removed, ...input.plan.enis.flatMap(after => changeOf(after, input))];
  // What is done about an ENI that goes (its lease is removed) comes before another one takes its name: two that have swapped names.
  const goes = (change: EniChange) => change.kind === 'removed';
  return [...changes.filter(goes), ...changes.filter(change => !goes(change))].filter(
    change => !namesPrimary(change, input.plan.primaryLink),
  );
}

/**
 * The primary's link has the name that an ENI was configured under (the kernel has numbered them anew): nothing takes that name down, for
 * `ifdown` would take the primary down. Our files of that name go all the same. Not so where the very link was taken for an ENI's, by metadata
 * that lied: what it was given goes, and its service gets it back; what takes a link down is not run there (others/links.ts).
 */
function namesPrimary(change: EniChange, primaryLink: string | undefined): boolean {
  return change.kind === 'removed' && change.before.link === primaryLink && !change.linkPresent;
}

function changeOf(after: EniPlan, input: ChangeInput): readonly EniChange[] {
  const before = input.applied.find(e => e.mac === after.mac);
  // A renamed link is another link to every backend: the old name's files go, the new name's come.
  const renamed = before !== undefined && before.link !== after.link;
  const difference = compareEni(input.kernel, after, renamed ? undefined : before, input.compare);
  const differs = describeDifference(difference).length > 0 || input.filesDiffer(after);
  if (before === undefined) return differs ? [firstChange(after, input)] : [];
  if (renamed)
    return [
      { kind: 'removed', before, linkPresent: false },
      staysAsItIs(after, input)
        ? { kind: 'changed', before: { ...before, link: after.link }, after }
        : { kind: 'added', after },
    ];
  if (!differs && samePlan(before, after)) return [];
  const up = input.kernel.links.some(l => l.name === after.link && l.up);
  // Those of before count as well: where all addresses are others now, the old ones have to go.
  const has = hasAddress(input.kernel, after) || hasAddress(input.kernel, before);
  if (up && (has || after.addresses.length === 0)) return [{ kind: 'changed', before, after }];
  // Up without one of its addresses, or down and empty: the backend has not configured it (re-attached, or absent at boot).
  if (up || !has) return [{ kind: 'added', after }];
  // Set down by hand, with its addresses. `ifup --force` (ifupdown 0.8.41) then stops at the first one ("Address already assigned"),
  // leaves the link down and ends with 0: so it is taken down in its own way first. A file that has gone makes that fail: `false`.
  return [
    { kind: 'removed', before, linkPresent: false },
    { kind: 'added', after },
  ];
}

/**
 * The addresses stay on a link that is renamed where it stands, and `ifup` would stop at the first. Not where the new name was another ENI's:
 * taking that one down takes down this link. A lease needs a client that knows the new name.
 */
function staysAsItIs(after: EniPlan, { applied, kernel }: ChangeInput): boolean {
  const up = kernel.links.some(l => l.name === after.link && l.up);
  const isOwn = after.addressing === 'static' && !applied.some(e => e.link === after.link);
  return up && isOwn && hasAddress(kernel, after);
}

/**
 * An ENI that we have not configured yet, as far as we remember. If its link works already (somebody added the addresses by hand, or
 * the state file was lost), what is there is taken over as it is: `ifup` would stop at the first address that exists, and a
 * rollback would flush what was not ours. Not so where the distribution's helper runs DHCP on the link: that has to end.
 */
function firstChange(after: EniPlan, input: ChangeInput): EniChange {
  const up = input.kernel.links.some(l => l.name === after.link && l.up);
  const adopt = up && hasAddress(input.kernel, after) && !input.superseded(after);
  return adopt ? { kind: 'changed', before: presentPart(after, input), after } : { kind: 'added', after };
}

/** The part of a plan that the kernel has already: what a rollback must leave there. */
function presentPart(plan: EniPlan, { kernel, compare }: ChangeInput): EniPlan {
  const missing = new Set(compareEni(kernel, plan, undefined, compare).missing.map(o => o.key));
  const isThere = (part: Partial<EniPlan>) =>
    planObjects({ ...plan, addresses: [], routes: [], rules: [], mtu: undefined, ...part }, compare).every(
      o => !missing.has(o.key),
    );
  return {
    ...plan,
    addresses: plan.addresses.filter(a => a.dynamic || isThere({ addresses: [a] })),
    routes: plan.routes.filter(r => isThere({ routes: [r] })),
    rules: plan.rules.filter(r => isThere({ rules: [r] })),
  };
}

function hasAddress(kernel: KernelState, plan: EniPlan): boolean {
  return kernel.addresses.some(a => a.link === plan.link && plan.addresses.some(p => p.ip === a.ip));
}

/** What the kernel lacks or has too much of, for one change. */
export function differenceOf(kernel: KernelState, change: EniChange, options: CompareOptions): Difference {
  const after = change.kind === 'removed' ? undefined : change.after;
  const before = change.kind === 'added' ? undefined : change.before;
  return compareEni(kernel, after, before, options);
}

/**
 * The same for all changes of one apply. An ENI that is removed may leave its link name and its slot to another one in the same
 * step (on a machine made from an image of another): what that one wants is its own, and not left over.
 */
export function differencesOf(
  kernel: KernelState,
  changes: readonly EniChange[],
  options: CompareOptions,
): readonly Difference[] {
  const wanted = new Set(
    changes.flatMap(c => (c.kind === 'removed' ? [] : planObjects(c.after, options).map(o => o.key))),
  );
  return changes.map(change => {
    const difference = differenceOf(kernel, change, options);
    if (change.kind !== 'removed') return difference;
    return { ...difference, stale: difference.stale.filter(o => !wanted.has(o.key)) };
  });
}

/** Notes are for people and may change without anything to apply. */
export function samePlan(a: EniPlan, b: EniPlan): boolean {
  return isSame({ ...a, notes: [] }, { ...b, notes: [] });
}
