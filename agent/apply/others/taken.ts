// What a take-over has taken for good: noted in the state file, so that `remove` can give it back while the same kernel runs. After a reboot
// nothing of it is true any more: leases have run out, and what files say comes back by itself.
import type { EniChange } from '../../../renderers/renderer.ts';
import type { Mac } from '../../model/address.ts';
import type { KernelState } from '../../model/kernel-state.ts';
import type { EniPlan } from '../../model/network-plan.ts';
import * as s from '../../records/shapes.ts';
import type { CompareOptions } from '../compare.ts';
import { type KernelObject, planObjects } from '../kernel-objects.ts';
import { ownShaped } from '../own-objects.ts';
import { type FoundLink, foundLinkFields, keysOn } from './found.ts';
import type { Return } from './give-back.ts';

export interface Taken extends FoundLink {
  /** Of the kernel that it was found in. */
  readonly bootId: string | undefined;
  /** When it was found, in milliseconds since the epoch. */
  readonly since: number;
}

export const takenShape = s.shapeOf<Taken>({
  ...foundLinkFields,
  bootId: s.optional(s.line),
  since: s.number,
});

export type TakenByMac = Readonly<Record<Mac, Taken>>;

/**
 * What these take-overs have cost: what has gone, and what the plan wants as well, so that it goes with the ENI.
 *
 * @param isFirst false where a file of ours was there before: of an agent whose state was lost, so that what looks like ours is ours
 */
export function takenBy(
  found: readonly FoundLink[],
  changes: readonly EniChange[],
  kernel: { readonly before: KernelState; readonly after: KernelState },
  { compare, isFirst }: { readonly compare: CompareOptions; readonly isFirst: (plan: EniPlan) => boolean },
): readonly FoundLink[] {
  const present = keysOn(kernel.after);
  return found.flatMap(link => {
    const plan = changes.flatMap(c => (c.kind !== 'removed' && c.after.mac === link.mac ? [c.after] : []))[0];
    if (plan === undefined) return [];
    const planned = new Set(planObjects(plan, compare).map(o => o.key));
    const shaped = new Set(ownShaped(kernel.before, plan, compare.base).map(o => o.key));
    const isTaken = ({ key }: KernelObject) => {
      const bare = key.replace(/ metric \d+$/, '');
      if (planned.has(bare)) return isFirst(plan);
      return !present.has(key) && (isFirst(plan) || !shaped.has(bare));
    };
    return [{ ...link, objects: link.objects.filter(isTaken) }];
  });
}

/** The notes after an apply. What is known of a device stays, whatever is done to it later. */
export function noteTaken(
  known: TakenByMac,
  taken: readonly FoundLink[],
  bootId: string | undefined,
  since: number,
): TakenByMac {
  const isKnown = ({ mac, index }: FoundLink) =>
    known[mac]?.index === index && bootId !== undefined && known[mac]?.bootId === bootId;
  const fresh = taken.filter(link => !isKnown(link)).map(link => [link.mac, { ...link, bootId, since }]);
  return { ...known, ...Object.fromEntries(fresh) };
}

/** What goes back with the links of ENIs that are configured no more: what was taken once, and what others have there now. */
export function returnsOf(
  macs: ReadonlySet<Mac>,
  taken: TakenByMac,
  now: readonly FoundLink[],
  { bootId, since }: { readonly bootId: string | undefined; readonly since: number },
): readonly Return[] {
  return now
    .filter(({ mac }) => macs.has(mac))
    .flatMap((link): readonly Return[] => {
      const then = taken[link.mac];
      const isValid = then !== undefined && bootId !== undefined && then.bootId === bootId;
      // Of a link without notes it is not known how it was: it stays as the service leaves it, unless somebody has something there.
      const present = {
        ...link,
        since,
        up: link.up && link.objects.length > 0,
        sysctls: {},
      };
      if (!isValid || then.index !== link.index) return [present];
      return [
        { ...then, up: then.up || present.up },
        { ...present, up: then.up || present.up, mtu: then.mtu },
      ];
    });
}
