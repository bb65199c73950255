// What the daemon remembers from check to check, and how a check changes it. Pure: the clock's time comes in as a number.
import type { AgentError } from '../errors.ts';
import { leftContested } from '../pass/apart.ts';
import type { Drift } from '../pass/glance.ts';
import type { PassResult } from '../pass/pass.ts';
import { asFailed, changeLines, eniStates, waitingReasons, withContested, withFailed } from './eni-states.ts';
import { afterCalm, afterLook, afterRepairs, braked, type Fight, uncontested, undoneIn } from './fights.ts';
import { nothingSeen, type Picture, pictureOf, withApart } from './picture.ts';
import type { Counters, Mood, Report, ReportedEni, ReportedError, Trigger } from './report.ts';
import type { Moment } from './timing/moment.ts';
import { triesGoOn, triesOf } from './timing/schedule.ts';

export interface Memory {
  readonly mood: Mood;
  /** Looks in this mood so far. */
  readonly tries: number;
  /** The last apply was taken back. */
  readonly tookBack: boolean;
  readonly waitingFor: readonly string[];
  /** Why the last pass failed, until what it was for is done. */
  readonly failure: ReportedError | null;
  /** Why the metadata has not answered. */
  readonly unanswered: ReportedError | null;
  /** Each ENI of which something was undone. */
  readonly fights: readonly Fight[];
  readonly counters: Omit<Counters, 'requests'>;
  readonly metadata: Report['metadata'];
  readonly lastChange: Report['lastChange'];
  readonly lastTriggers: readonly Trigger[];
  readonly lookedAt: string;
  readonly enis: readonly ReportedEni[];
  readonly picture: Picture;
  /** ISO time of the last look that was good (publish.ts). */
  readonly goodAt: string | null;
  readonly answered: readonly string[];
}

export function newMemory(at: string): Memory {
  return {
    mood: 'lagging',
    tries: 0,
    tookBack: false,
    waitingFor: [],
    failure: null,
    unanswered: null,
    fights: [],
    counters: { passes: 0, quiet: 0, changes: 0, repairs: 0, failures: 0 },
    metadata: { state: 'unknown', answeredAt: undefined },
    lastChange: null,
    lastTriggers: [],
    lookedAt: at,
    enis: [],
    picture: nothingSeen,
    goodAt: null,
    answered: [],
  };
}

export interface Occasion extends Moment {
  readonly triggers: readonly Trigger[];
}

/** Nothing is new. `scheduled`: the clock asked for this check, so that the next one may come later. */
export function afterQuiet(memory: Memory, occasion: Occasion, scheduled: boolean): Memory {
  const seen = counted(memory, occasion, { quiet: 1 });
  const fights = afterCalm(memory.fights, occasion.now);
  if (!scheduled) return { ...seen, fights };
  const isBraked = braked(fights, occasion.now).length > 0;
  return { ...seen, fights, ...nextMood(memory, memory.waitingFor, false, isBraked) };
}

export interface PassOccasion extends Occasion {
  readonly pass: PassResult;
  /** What had been undone and was put back; empty for a pass that was no repair. */
  readonly repaired: readonly Drift[];
  /** Links that the metadata does not know. */
  readonly unclaimed: readonly string[];
  /** A default route in main was taken away before the pass. */
  readonly isEvicted: boolean;
  /** The metadata said something new that is believed. */
  readonly news: boolean;
  /** Links have come, gone or changed since the last pass. */
  readonly otherLinks: boolean;
  /** An answer is still to be applied, and this pass was not its: what is said of its failure stays true. */
  readonly owes: boolean;
}

export function afterPass(memory: Memory, occasion: PassOccasion): Memory {
  const { pass, repaired, now, at, owes } = occasion;
  const applied = pass.outcome === 'applied';
  const isRepair = (applied || occasion.isEvicted) && repaired.length > 0;
  const seen = counted(memory, occasion, {
    passes: 1,
    changes: applied ? 1 : 0,
    repairs: isRepair ? 1 : 0,
  });
  // A repair that failed in this very pass is counted next (afterFailure), which goes on from what was told before.
  const left = leftContested(pass.desired.plan);
  const hasFailed = (mac: ReportedEni['mac']) => pass.failed?.enis.includes(mac) === true;
  const isOpenFight = (mac: ReportedEni['mac']) => left.has(mac) || hasFailed(mac);
  const looked = afterLook(memory.fights, now, isOpenFight, occasion.triggers.includes('request'));
  const fights = isRepair ? afterRepairs(looked, repaired, now, false) : looked;
  const contest = braked(fights, now, left);
  const waitingFor = waitingReasons(pass, occasion.unclaimed);
  const sign = applied || (waitingFor.length > 0 ? occasion.otherLinks : occasion.news);
  const isStillWrong = owes || pass.failed !== undefined || contest.some(fight => fight.failed);
  const isOpen = ({ mac }: ReportedEni) => owes || hasFailed(mac);
  const states = eniStates(memory.enis, pass, undoneIn(contest), at);
  const undone = memory.picture.notAsPlanned.filter(mac => left.has(mac));
  const notAsPlanned = [...undone, ...(pass.failed?.enis ?? [])];
  return {
    ...seen,
    fights,
    waitingFor,
    tookBack: owes && memory.tookBack,
    failure: isStillWrong ? memory.failure : null,
    lastChange: applied ? { at, triggers: occasion.triggers, lines: changeLines(pass) } : memory.lastChange,
    picture: owes ? memory.picture : withApart(pictureOf(pass), notAsPlanned),
    enis: withFailed(memory.enis.filter(isOpen), states),
    ...(owes ? goesOnFailing(memory) : nextMood(memory, waitingFor, sign, contest.length > 0)),
  };
}

/** The metadata answered, whatever is made of it. */
export function afterAnswer(memory: Memory, at: string): Memory {
  return { ...memory, metadata: { state: 'answered', answeredAt: at }, unanswered: null };
}

/** What to tell: an apply that failed is more than a service that is silent. */
export function errorOf({ failure, unanswered }: Memory): ReportedError | null {
  return failure ?? unanswered;
}

/** The metadata did not answer, or a pass failed. `failed`: the ENIs that the pass was about. */
export function afterFailure(
  memory: Memory,
  occasion: Occasion & { readonly repaired?: readonly Drift[]; readonly isApart?: boolean },
  { code, message, hint }: AgentError,
  failed: readonly ReportedEni['mac'][] | 'metadata',
): Memory {
  const isPass = failed !== 'metadata';
  const last = isPass ? memory.failure : memory.unanswered;
  const again = last?.code === code && last.message === message ? last : undefined;
  const { at } = occasion;
  const since = again?.since ?? at;
  const error = { code, message, hint, since, times: (again?.times ?? 0) + 1 };
  // An apply that failed is tried again at its own times, also if the metadata fails in between.
  const { repaired = [], isApart = false } = occasion;
  const tookBack = (isPass && !isApart) || memory.tookBack;
  const fights = afterRepairs(memory.fights, repaired, occasion.now, true);
  const contest = braked(fights, occasion.now);
  const isBraked = uncontested(fights, repaired, occasion.now).length < repaired.length;
  const stays = memory.mood === 'failing' && memory.tookBack === tookBack;
  const tries = tookBack ? 0 : triesGoOn(memory, 'failing');
  const enis = isPass
    ? withContested(asFailed(memory.enis, failed, message, at), undoneIn(contest), at, memory.enis)
    : memory.enis;
  return {
    // The pass in which the others were served is counted.
    ...counted(memory, occasion, { failures: 1, passes: isPass && !isApart ? 1 : 0 }),
    fights,
    failure: isPass ? error : memory.failure,
    unanswered: isPass ? memory.unanswered : error,
    metadata: isPass ? memory.metadata : { ...memory.metadata, state: 'failing' },
    // One that is set apart has times of its own, and the others go on as ever.
    ...(isApart
      ? { mood: memory.mood, tries: memory.tries }
      : { mood: isBraked ? 'braked' : 'failing', tries: stays ? memory.tries + 1 : tries }),
    tookBack,
    enis,
  };
}

function goesOnFailing({ mood, tries }: Memory): Pick<Memory, 'mood' | 'tries'> {
  return { mood: 'failing', tries: mood === 'failing' ? tries : 0 };
}

function nextMood(
  memory: Memory,
  waitingFor: readonly string[],
  sign: boolean,
  isBraked: boolean,
): Pick<Memory, 'mood' | 'tries'> {
  const stay = (mood: Mood) => ({ mood, tries: memory.mood === mood ? memory.tries + 1 : 0 });
  // What is waited for does not count, only that something came: of a service that fails one answer in five, it is another key each time.
  if (waitingFor.length > 0 && sign) return { mood: 'lagging', tries: 0 };
  if (waitingFor.length > 0) return { mood: 'lagging', tries: triesGoOn(memory, 'lagging') };
  if (isBraked) return stay('braked');
  if (sign) return { mood: 'watchful', tries: 0 };
  const goesOn = memory.mood === 'watchful' && memory.tries + 1 < triesOf('watchful');
  return goesOn ? stay('watchful') : stay('quiet');
}

function counted(memory: Memory, occasion: Occasion, more: Partial<Memory['counters']>): Memory {
  const { passes, quiet, changes, repairs, failures } = memory.counters;
  return {
    ...memory,
    lookedAt: occasion.at,
    lastTriggers: occasion.triggers,
    counters: {
      passes: passes + (more.passes ?? 0),
      quiet: quiet + (more.quiet ?? 0),
      changes: changes + (more.changes ?? 0),
      repairs: repairs + (more.repairs ?? 0),
      failures: failures + (more.failures ?? 0),
    },
  };
}
