// ENIs that are set apart in a pass: their own apply has failed, and the others are planned and applied as if it were still to come. And those
// that somebody fights for.
import { samePlan } from '../apply/eni-changes.ts';
import type { Mac } from '../model/address.ts';
import type { EniPlan, NetworkPlan, SkippedEni } from '../model/network-plan.ts';

export interface Apart {
  /** With the reason. */
  readonly enis: ReadonlyMap<Mac, string>;
  /** True: they are kept as they were applied before, if that was another plan. Else they stay as they are. */
  readonly asApplied: boolean;
}

/** @param applied the plans of the last pass */
export function setApart(
  whole: NetworkPlan,
  apart: Apart | undefined,
  applied: readonly EniPlan[],
): NetworkPlan {
  if (apart === undefined) return whole;
  const appliedOf = (eni: EniPlan) =>
    apart.asApplied
      ? applied.find(e => e.mac === eni.mac && e.link === eni.link && !samePlan(e, eni))
      : undefined;
  const skipped: SkippedEni[] = [];
  const enis = whole.enis.flatMap(eni => {
    const reason = apart.enis.get(eni.mac);
    const kept = reason === undefined ? eni : appliedOf(eni);
    if (kept !== undefined) return [kept];
    const text = `could not be applied and was taken back: ${reason}`;
    const { mac, eniId, link } = eni;
    skipped.push({ mac, eniId, link, reason: 'failed', text, degraded: true });
    return [];
  });
  return { ...whole, enis, skipped: [...whole.skipped, ...skipped] };
}

/** Whose repairs somebody undoes is left as it is, unless another plan is wanted of it by now. */
export function leaveContested(
  whole: NetworkPlan,
  contested: ReadonlySet<Mac> | undefined,
  applied: readonly EniPlan[],
): NetworkPlan {
  const isLeft = (eni: EniPlan) =>
    contested?.has(eni.mac) === true && applied.some(e => e.mac === eni.mac && samePlan(e, eni));
  const skipped = whole.enis.filter(isLeft).map(({ mac, eniId, link }): SkippedEni => {
    const text = 'something keeps undoing its repairs: it is left alone for a while';
    return { mac, eniId, link, reason: 'contested', text, degraded: false };
  });
  return { ...whole, enis: whole.enis.filter(eni => !isLeft(eni)), skipped: [...whole.skipped, ...skipped] };
}

/** The ENIs that a pass has left alone because somebody fights for them. */
export function leftContested({ skipped }: NetworkPlan): ReadonlySet<Mac> {
  return new Set(skipped.filter(({ reason }) => reason === 'contested').map(({ mac }) => mac));
}
