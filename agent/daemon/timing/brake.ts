// The brake: repairing what something else keeps undoing does not help, and each repair may cost packets. Pure.

/** So many repairs within the window, and it is a fight. */
const mostRepairs = 5;
const windowMs = 60_000;

/** How long nothing is repaired, the first and each further time; the last one repeats. */
const holdsMs = [60_000, 120_000, 300_000, 600_000] as const;

export interface Brake {
  /** Times of the last repairs, in milliseconds since the epoch. */
  readonly repairs: readonly number[];
  /** How often it has been put on in a row. */
  readonly holds: number;
  /** Until when it is on; undefined: it is not. */
  readonly until: number | undefined;
}

export const released: Brake = { repairs: [], holds: 0, until: undefined };

/**
 * Counts a repair. Once the brake has been on, the first repair is a trial; if that is undone as well within the window of the end, it is on
 * again.
 */
export function afterRepair(brake: Brake, now: number): Brake {
  const isRecent = (time: number) => now - time < windowMs;
  const repairs = [...brake.repairs.filter(isRecent), now];
  const relapse = brake.until !== undefined && isRecent(brake.until) && repairs.length > 1;
  if (repairs.length < mostRepairs && !relapse) return { ...brake, repairs };
  const hold = holdsMs[Math.min(brake.holds, holdsMs.length - 1)]!;
  return { repairs: [], holds: brake.holds + 1, until: now + hold };
}

/** One that had to be taken back counts twice: it costs the ENI more, and takes so long that five of them may not fit into the window. */
export function afterFailedRepair(brake: Brake, now: number): Brake {
  const once = afterRepair(brake, now);
  return isOn(once, now) ? once : afterRepair(once, now);
}

export function isOn(brake: Brake, now: number): boolean {
  return brake.until !== undefined && now < brake.until;
}

/** Somebody has asked for a try now: as if the pause were over, so that one who goes on is paused for again, and longer. */
export function afterRequest(brake: Brake, now: number): Brake {
  return isOn(brake, now) ? { ...brake, until: now } : brake;
}

/** A time of peace as long as the window after its end takes it off for good. */
export function afterPeace(brake: Brake, now: number): Brake {
  return brake.until !== undefined && now - brake.until >= windowMs ? released : brake;
}
