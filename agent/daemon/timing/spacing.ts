// How soon the kernel is looked at again. The first event at once; while events continue that mean nothing to us (containers come and go,
// router advertisements renew), each look costs some milliseconds, so that they are taken further apart, up to a second. Pure.

const firstMs = 100;
/** Drift is repaired within a second of the event. */
const longestMs = 800;
/** After such a silence the next event is a first one again. */
const silenceMs = 5000;

export interface Spacing {
  /** Looks in a row that found nothing. */
  readonly idle: number;
  /** Time of the last look, in ticks. */
  readonly at: number;
}

export const unspaced: Spacing = { idle: 0, at: Number.NEGATIVE_INFINITY };

/** The earliest time of the next look. */
export function nextAllowed({ idle, at }: Spacing): number {
  return idle === 0 ? at : at + Math.min(longestMs, firstMs * 2 ** (idle - 1));
}

export function afterCheck(spacing: Spacing, now: number, foundNothing: boolean): Spacing {
  const goesOn = foundNothing && now - spacing.at < silenceMs;
  return { idle: goesOn ? spacing.idle + 1 : foundNothing ? 1 : 0, at: now };
}
