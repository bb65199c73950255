// When to reconcile. The loop of the daemon: it sleeps until something wakes it or its clock says so, finds out what is new, and makes
// one pass. It never waits for the metadata: an answer is one more thing that wakes it. No network logic here.

import { renderers } from '../../renderers/registry.ts';
import type { WakeKind } from '../system/wakeups.ts';
import { withProgress } from '../system/with-progress.ts';
import { actOnAnswer } from './act-on-answer.ts';
import { firstConfiguration, rereadConfiguration } from './configuration.ts';
import { heedPause } from './heed-pause.ts';
import { newMemory } from './memory.ts';
import { publish } from './publish.ts';
import { joinQuestions, type Question, startAsking } from './question.ts';
import { tend } from './repair-drift.ts';
import type { Trigger } from './report.ts';
import { takeRequests } from './requests.ts';
import { readFactsAhead } from './run-pass.ts';
import type { DaemonContext, DaemonState } from './state.ts';
import { momentOf } from './timing/moment.ts';
import { afterCheck, nextAllowed, unspaced } from './timing/spacing.ts';

/** Everything is asked anew and probed anew this often: what no event and no short look shows. It costs as much as ten of those. */
const wholeLookMs = 3_600_000;

/** A wait that took so much longer than it was to: the machine was asleep. */
const sleptMs = 30_000;

/** The clock goes its own way by less than that between two turns, also where NTP moves it along (500 ppm in an hour). */
const steppedMs = 5000;

/** By then an answer has come, or the failure of one: twice as long as the configuration may allow ([metadata] timeout). */
const longestAnswerMs = 300_000;

/** Answered requests that the report names: more than can wait at a time. */
const mostAnswered = 100;

/**
 * Runs until something says stop. Throws `config-invalid` if the configuration is wrong and no last good one is known; the network is left as it
 * is in any case.
 */
export async function runDaemon(context: DaemonContext): Promise<void> {
  const system = withProgress(context.system, context.watchdog.progress);
  const daemon = await start({ ...context, system });
  try {
    while (await turn(daemon));
  } finally {
    // A service that hangs must not keep a process alive that is told to stop.
    daemon.source.close();
  }
}

async function start(context: DaemonContext): Promise<DaemonState> {
  const inForce = await firstConfiguration(context);
  const { now, at } = momentOf(context.system);
  const daemon: DaemonState = {
    context,
    startedAt: context.system.now(),
    epoch: context.system.now() - now,
    ...inForce,
    source: context.openSource(inForce.settings),
    formerRequests: 0,
    hasMoreRequests: false,
    memory: newMemory(at),
    dueAt: Number.POSITIVE_INFINITY,
    wholeAt: now,
    pass: undefined,
    looked: undefined,
    links: undefined,
    reading: undefined,
    wanted: undefined,
    apart: undefined,
    rereadAt: Number.NEGATIVE_INFINITY,
    primaryAt: [],
    owesPass: false,
    asking: undefined,
    askedAt: now,
    queued: undefined,
    unseen: [],
    spacing: unspaced,
    facts: undefined,
    pausedUntil: undefined,
    told: { report: undefined, problems: [] },
  };
  await heedPause(daemon);
  question(daemon, { triggers: new Set(['start']), whole: true, requests: await takeNow(daemon) });
  return daemon;
}

/** One turn of the loop; false if it was the last. */
async function turn(daemon: DaemonState): Promise<boolean> {
  const { context, asking } = daemon;
  const { system, wakeups, watchdog } = context;
  const due = asking === undefined ? daemon.dueAt : Number.POSITIVE_INFINITY;
  const seeAt = daemon.unseen.length > 0 ? nextAllowed(daemon.spacing) : Number.POSITIVE_INFINITY;
  const before = system.ticks();
  // Not at once, where the two clocks do not agree on the end.
  const pause = Math.max((daemon.pausedUntil ?? Number.POSITIVE_INFINITY) - system.now(), 200);
  const wait = Math.min(
    daemon.hasMoreRequests ? 0 : Number.POSITIVE_INFINITY,
    Math.max(0, Math.min(due, seeAt) - before),
    pause,
    wholeLookMs,
    watchdog.longestSleepMs,
  );
  const wakes = await wakeups.next(wait, asking?.answered);
  if (wakes.has('stop')) return false;
  const slept = wasClockSet(daemon) || system.ticks() - before > wait + sleptMs;

  const paused = await heedPause(daemon);
  if (paused === 'over') question(daemon, { triggers: new Set(['pause']), whole: true, requests: [] });
  let looked = (await hear(daemon, wakes, slept)) || paused === 'begun';
  if (daemon.asking?.answer !== undefined) {
    await takeAnswer(daemon);
    looked = true;
  }
  if (daemon.asking === undefined && system.ticks() >= daemon.dueAt) {
    const whole = system.ticks() - daemon.wholeAt >= wholeLookMs;
    question(daemon, { triggers: new Set(['timer']), whole, requests: [] });
  }
  if (looked) await publish(daemon);
  // A question that never ends is a daemon that has stopped working, also while it still turns round.
  if (daemon.asking === undefined || system.ticks() - daemon.askedAt < longestAnswerMs) watchdog.progress();
  return true;
}

/** Set by hand, by NTP at its start, or behind a machine that was suspended: what is told with a time is told anew. */
function wasClockSet(daemon: DaemonState): boolean {
  const { system, log } = daemon.context;
  const epoch = system.now() - system.ticks();
  const by = epoch - daemon.epoch;
  daemon.epoch = epoch;
  if (Math.abs(by) < steppedMs) return false;
  log.info(
    { seconds: Math.round(by / 1000) },
    'the clock was set, or the machine slept; everything is checked now',
  );
  return true;
}

/** @returns true if something was looked at */
async function hear(daemon: DaemonState, wakes: ReadonlySet<WakeKind>, slept: boolean): Promise<boolean> {
  const triggers: Trigger[] = slept ? ['resume'] : [];
  if (wakes.has('config') || wakes.has('reload')) {
    triggers.push(wakes.has('config') ? 'config' : 'reload');
    await readConfiguration(daemon);
  }
  const requests = wakes.has('request') || daemon.hasMoreRequests ? await takeNow(daemon) : [];
  if (requests.length > 0) triggers.push('request');
  if (triggers.length > 0) {
    const waits = daemon.asking !== undefined;
    question(daemon, { triggers: new Set(triggers), whole: true, requests });
    // What these ask for is more than a look at the kernel. Where an answer is waited for already, the kernel does not wait for it as well.
    if (!waits) return false;
  }
  return see(daemon, wakes);
}

async function takeNow(daemon: DaemonState): Promise<readonly string[]> {
  const { names, hasMore } = await takeRequests(daemon.context.system);
  daemon.hasMoreRequests = hasMore;
  return names;
}

async function see(daemon: DaemonState, wakes: ReadonlySet<WakeKind>): Promise<boolean> {
  const { system } = daemon.context;
  const unseen = (['kernel', 'files'] as const).filter(k => wakes.has(k) || daemon.unseen.includes(k));
  const waits = unseen.length === 0 || nextAllowed(daemon.spacing) > system.ticks();
  daemon.unseen = waits ? unseen : [];
  if (waits) return false;
  const found = await tend(daemon, unseen);
  const isNoise = found === 'nothing' || found === 'files' || found === 'held';
  daemon.spacing = afterCheck(daemon.spacing, system.ticks(), isNoise);
  if (found === 'other links') {
    question(daemon, { triggers: new Set(['kernel']), whole: false, requests: [] });
    readFactsAhead(daemon);
  }
  return found !== 'nothing';
}

/** Asks the metadata, or puts the question behind the one that is under way. */
function question(daemon: DaemonState, wanted: Question): void {
  if (daemon.asking !== undefined) {
    daemon.queued = joinQuestions(daemon.queued, wanted);
    return;
  }
  daemon.askedAt = daemon.context.system.ticks();
  if (wanted.whole) daemon.wholeAt = daemon.askedAt;
  daemon.asking = startAsking(daemon.source, wanted);
}

async function takeAnswer(daemon: DaemonState): Promise<void> {
  const asking = daemon.asking!;
  daemon.asking = undefined;
  await actOnAnswer(daemon, asking);
  const answered = [...daemon.memory.answered, ...asking.requests].slice(-mostAnswered);
  daemon.memory = { ...daemon.memory, answered };
  watchFiles(daemon);
  const { queued } = daemon;
  daemon.queued = undefined;
  if (queued !== undefined) question(daemon, queued);
}

async function readConfiguration(daemon: DaemonState): Promise<void> {
  if (!(await rereadConfiguration(daemon))) return;
  daemon.formerRequests += daemon.source.requests();
  daemon.source.close();
  daemon.source = daemon.context.openSource(daemon.settings);
  // What was asked is asked of the new one.
  const { asking } = daemon;
  daemon.asking = undefined;
  if (asking !== undefined) question(daemon, asking);
}

function watchFiles({ context, pass }: DaemonState): void {
  if (pass === undefined) return;
  const folders = renderers[pass.backend].ownFiles.map(({ dir }) => dir);
  const written = pass.desired.files.map(({ path }) => path.slice(0, path.lastIndexOf('/')));
  context.wakeups.watchFolders([...new Set([...folders, ...written])].sort());
}
