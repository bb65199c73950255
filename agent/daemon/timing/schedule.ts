// When to look again. Pure: a mood, how often it has been looked in it, and who this machine is, to milliseconds. A fleet that boots at
// one moment spreads out, because each machine's jitter is its own.
import type { Mood } from '../report.ts';

/** Seconds between looks while the metadata lags behind a link, or a lease behind both; afterwards the period. */
const laggingSeconds = [0.2, 0.5, 1, 2, 5, 10, 30] as const;

/** So many looks in a row are worth a pass each: something is about to come. Later only what is new is. */
export const laggingTries = laggingSeconds.length;

/** After a sign of change more of the same is likely: addresses are assigned one by one, ENIs attached in a row. */
const watchfulSeconds = [2, 3, 5, 5, 10, 10, 15, 30] as const;

/** After a failure; the last one repeats. A metadata service that is down must not be hit harder for it. */
const failingSeconds = [1, 2, 5, 10, 30, 60, 120, 300] as const;

/**
 * After a change that had to be taken back: each try may cost the ENI some packets. Nothing tells that the cause has gone (a network service
 * that is started again), so the last one is what a person waits at most.
 */
export const retrySeconds = [10, 30, 60, 120, 240] as const;

/** The same where the other ENIs were served meanwhile: nobody waits for it, and each try holds the others up for as long as it takes. */
export const apartSeconds = [75, 120, 240] as const;

/** Milliseconds until an ENI that is set apart is tried again. */
export function apartMs(tries: number, identity: string): number {
  const seconds = apartSeconds[Math.min(tries, apartSeconds.length - 1)]!;
  return seconds * 1000 * jitter(`${identity} ${tries}`);
}

export interface Moment {
  readonly mood: Mood;
  /** Looks in this mood so far: 0 for the first wait. */
  readonly tries: number;
  /** True if what failed was an apply. */
  readonly tookBack?: boolean;
}

/**
 * Milliseconds until the next look.
 *
 * @param periodMs the slow timer
 * @param identity of this machine, the instance id: the same machine always has the same jitter
 */
export function nextCheckMs(moment: Moment, periodMs: number, identity: string): number {
  const { mood, tries } = moment;
  const quiet = periodMs * jitter(`${identity} ${tries}`);
  switch (mood) {
    case 'quiet':
    case 'braked':
      return quiet;
    case 'lagging':
      // Not spread: ENIs of a fleet do not appear at one moment, and 0.2 s is what a person waits for.
      return tries < laggingSeconds.length ? laggingSeconds[tries]! * 1000 : quiet;
    case 'watchful':
      return tries < watchfulSeconds.length
        ? Math.min(watchfulSeconds[tries]! * 1000 * jitter(`${identity} ${tries}`), quiet)
        : quiet;
    case 'failing': {
      const steps = moment.tookBack === true ? retrySeconds : failingSeconds;
      return steps[Math.min(tries, steps.length - 1)]! * 1000 * jitter(`${identity} ${tries}`);
    }
    default:
      return mood satisfies never;
  }
}

/**
 * Looks so far in a mood that comes now. A service that fails now and then goes to and fro between an answer with holes and none at all:
 * each time the waits continue where they were, else it would be asked several times a second for as long as it fails.
 */
export function triesGoOn(
  before: Pick<Moment, 'mood' | 'tries' | 'tookBack'>,
  mood: 'lagging' | 'failing',
): number {
  if (before.mood === mood) return before.tries + 1;
  const isTroubled = (before.mood === 'lagging' || before.mood === 'failing') && before.tookBack !== true;
  if (!isTroubled) return 0;
  const waits = { lagging: laggingSeconds, failing: failingSeconds };
  const last = waits[before.mood as keyof typeof waits].at(before.tries) ?? Number.POSITIVE_INFINITY;
  const next = waits[mood].findIndex(seconds => seconds > last);
  return next === -1 ? waits[mood].length : next;
}

/** How many looks a mood takes before it is over by itself. */
export function triesOf(mood: Mood): number {
  return mood === 'watchful' ? watchfulSeconds.length : Number.POSITIVE_INFINITY;
}

/** 0.85 to 1.15, evenly spread over texts (FNV-1a). */
function jitter(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193) >>> 0;
  // The last characters of FNV barely reach the high bits; a turn more mixes them.
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> 0;
  hash = (hash ^ (hash >>> 13)) >>> 0;
  return 0.85 + (hash / 0xffffffff) * 0.3;
}
