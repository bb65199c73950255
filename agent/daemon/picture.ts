// What of the machine is not as it should be, as far as the daemon knows without looking again: for the report, and for who counts. Pure.
import { eniOf } from '../../renderers/renderer.ts';
import type { Mac } from '../model/address.ts';
import { isSame } from '../model/value.ts';
import type { Drift } from '../pass/glance.ts';
import type { PassResult } from '../pass/pass.ts';

export interface Picture {
  /** Kernel or files of these ENIs differ from the plan. */
  readonly notAsPlanned: readonly Mac[];
  /** Gone in the cloud, and still configured here. */
  readonly leftOver: readonly Mac[];
  /** What needs attention after the last pass, in words. */
  readonly degraded: readonly string[];
}

export const nothingSeen: Picture = { notAsPlanned: [], leftOver: [], degraded: [] };

/** After a pass, or after one that only looked. What it applied is as planned: it was verified. */
export function pictureOf(pass: PassResult): Picture {
  const { changes, outcome, degraded, desired } = pass;
  if (outcome === 'applied' || outcome === 'unchanged') return { ...nothingSeen, degraded };
  const isPlanned = (mac: Mac) => desired.plan.enis.some(eni => eni.mac === mac);
  const macs = [...new Set(changes.map(change => eniOf(change).mac))];
  return {
    notAsPlanned: macs.filter(isPlanned),
    leftOver: macs.filter(mac => !isPlanned(mac)),
    degraded,
  };
}

/** What is wanted of an ENI whose change failed is not there. */
export function withApart(picture: Picture, enis: readonly Mac[] = []): Picture {
  return { ...picture, notAsPlanned: [...new Set([...picture.notAsPlanned, ...enis])] };
}

/**
 * After a check of kernel and files whose drift stays for now.
 *
 * @param isWhole the check compared with all that is wanted; else what was not as planned before may still not be
 */
export function afterGlance(picture: Picture, drift: readonly Drift[], isWhole: boolean): Picture {
  const before = isWhole ? [] : picture.notAsPlanned;
  const notAsPlanned = [...new Set([...before, ...drift.map(d => d.mac)])];
  return isSame(notAsPlanned, picture.notAsPlanned) ? picture : { ...picture, notAsPlanned };
}

export function isAsPlanned({ notAsPlanned, leftOver }: Picture): boolean {
  return notAsPlanned.length === 0 && leftOver.length === 0;
}
