// What somebody keeps undoing, and the brake that each ENI has for itself: one ENI's fight is its own, and the others are repaired as ever. Pure.
import type { Mac } from '../model/address.ts';
import type { Drift } from '../pass/glance.ts';
import {
  afterFailedRepair,
  afterPeace,
  afterRepair,
  afterRequest,
  type Brake,
  isOn,
  released,
} from './timing/brake.ts';

export interface Fight {
  /** Undefined: for files that are not one ENI's. Then no ENI is left alone, and only what is undone there is no reason for a pass. */
  readonly mac: Mac | undefined;
  readonly brake: Brake;
  /** What was undone the last time; undefined: a pass has found peace since. */
  readonly drift: Drift | undefined;
  /** Its last repair failed. */
  readonly failed: boolean;
}

type Fights = readonly Fight[];

/** Of whom something was undone, and was put back or could not be. */
export function afterRepairs(
  fights: Fights,
  repaired: readonly Drift[],
  now: number,
  failed: boolean,
): Fights {
  const count = failed ? afterFailedRepair : afterRepair;
  const latest = new Map(repaired.map(drift => [subjectOf(drift), drift]));
  const fought = [...latest].map(([mac, drift]): Fight => {
    const { brake } = fights.find(fight => fight.mac === mac) ?? { brake: released };
    const lines = repaired.filter(d => subjectOf(d) === mac).flatMap(d => d.lines);
    return { mac, brake: count(brake, now), drift: { ...drift, lines }, failed };
  });
  return [...fights.filter(({ mac }) => !latest.has(mac)), ...fought];
}

/** Time has gone by. */
export function afterCalm(fights: Fights, now: number): Fights {
  return fights
    .map(fight => ({ ...fight, brake: afterPeace(fight.brake, now) }))
    .filter(({ brake }) => brake !== released);
}

/**
 * After a pass that put nothing back. `isOpen`: it has left the ENI alone, or it has failed, and is no peace for that one. `asked`: somebody
 * wanted it, and it has given everybody else everything.
 */
export function afterLook(
  fights: Fights,
  now: number,
  isOpen: (mac: Mac) => boolean,
  asked: boolean,
): Fights {
  return fights.flatMap(fight => {
    if (fight.mac !== undefined && isOpen(fight.mac)) return [fight];
    const brake = asked ? afterRequest(fight.brake, now) : fight.brake;
    const drift = isOn(brake, now) ? fight.drift : undefined;
    return afterCalm([{ ...fight, brake, drift }], now);
  });
}

/** A link that has come, gone or changed is a new one (glance.linksText): what was undone on the old one is over. */
export function afterLinks(fights: Fights, before: string | undefined, now: string): Fights {
  const lineOf = (text: string | undefined, mac: Mac) => text?.split('\n').find(l => l.includes(mac));
  return fights.filter(({ mac }) => mac === undefined || lineOf(before, mac) === lineOf(now, mac));
}

/** Those whose brake is on. `left`: who was left alone in a pass, at whose end it may just be over. */
export function braked(fights: Fights, now: number, left?: ReadonlySet<Mac>): Fights {
  return fights.filter(({ mac, brake }) => isOn(brake, now) || (mac !== undefined && left?.has(mac)));
}

/** Those whose brake has come on. */
export function begun(before: Fights, after: Fights, now: number): Fights {
  const macs = braked(before, now).map(({ mac }) => mac);
  return braked(after, now).filter(({ mac }) => !macs.includes(mac));
}

export function undoneIn(fights: Fights): readonly Drift[] {
  return fights.flatMap(({ drift }) => drift ?? []);
}

/** A brake is off, and what was undone meanwhile has still to be put back: a repair, so that a fight which continues is seen as one. */
export function hasTrial(fights: Fights, now: number): boolean {
  return fights.some(({ brake, drift }) => brake.until !== undefined && !isOn(brake, now) && drift);
}

/** What of the drift is to be put back now. */
export function uncontested(fights: Fights, drift: readonly Drift[], now: number): readonly Drift[] {
  const held = new Set(braked(fights, now).map(({ mac }) => mac));
  return drift.filter(d => !held.has(subjectOf(d)));
}

/** ENIs that a pass leaves as they are. */
export function contestedMacs(fights: Fights, now: number): ReadonlySet<Mac> {
  return new Set(braked(fights, now).flatMap(({ mac }) => (mac === undefined ? [] : [mac])));
}

function subjectOf({ mac, isShared }: Drift): Mac | undefined {
  return isShared === true ? undefined : mac;
}
