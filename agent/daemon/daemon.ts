// When to reconcile. The loop of the daemon: it sleeps until something wakes it or its clock says so, finds out what is new, and makes
// one pass. It never waits for the metadata: an answer is one more thing that wakes it. No network logic here.

import { renderers } from '../../renderers/registry.ts';
import { reasonOf } from '../errors.ts';
import { isSame } from '../model/value.ts';
import type { WakeKind } from '../system/wakeups.ts';
import { joinQuestions, type Question, startAsking } from './asking.ts';
import { tend } from './looks.ts';
import { newMemory } from './memory.ts';
import { publish } from './publish.ts';
import type { Trigger } from './report.ts';
import { takeRequests } from './requests.ts';
import { readFactsAhead } from './run-pass.ts';
import type { DaemonContext, Running } from './running.ts';
import { afterLook, nextAllowed, unspaced } from './spacing.ts';
import { act } from './take-answer.ts';

/** Everything is asked anew and probed anew this often: what no event and no short look shows. It costs as much as ten of those. */
const wholeLookMs = 3_600_000;

/** A wait that took so much longer than it was to: the machine was asleep, or its clock was set. */
const sleptMs = 30_000;

/** Answered requests that the report names: more than can wait at a time. */
const mostAnswered = 100;

/** Runs until something says stop. Throws `config-invalid` if it cannot even start; the network is left as it is in any case. */
export async function runDaemon(context: DaemonContext): Promise<void> {
  const running = await start(context);
  try {
    while (await turn(running));
  } finally {
    // A service that hangs must not keep a process alive that is told to stop.
    running.source.close();
  }
}

async function start(context: DaemonContext): Promise<Running> {
  const settings = await context.readSettings();
  const now = context.system.now();
  const running: Running = {
    context,
    startedAt: now,
    settings,
    source: context.openSource(settings),
    formerRequests: 0,
    memory: newMemory(now),
    dueAt: Number.POSITIVE_INFINITY,
    wholeAt: now,
    pass: undefined,
    links: undefined,
    reading: undefined,
    owesPass: false,
    asking: undefined,
    queued: undefined,
    unseen: [],
    spacing: unspaced,
    facts: undefined,
    configProblem: undefined,
  };
  const requests = await takeRequests(context.system);
  question(running, { triggers: new Set(['start']), whole: true, requests });
  return running;
}

/** One turn of the loop; false if it was the last. */
async function turn(running: Running): Promise<boolean> {
  const { context, asking } = running;
  const { system, wakeups } = context;
  const due = asking === undefined ? running.dueAt : Number.POSITIVE_INFINITY;
  const seeAt = running.unseen.length > 0 ? nextAllowed(running.spacing) : Number.POSITIVE_INFINITY;
  const before = system.now();
  const wait = Math.min(Math.max(0, Math.min(due, seeAt) - before), wholeLookMs);
  const wakes = await wakeups.next(wait, asking?.answered);
  if (wakes.has('stop')) return false;
  const slept = system.now() - before > wait + sleptMs;

  let looked = await hear(running, wakes, slept);
  if (running.asking?.answer !== undefined) {
    await takeAnswer(running);
    looked = true;
  }
  if (running.asking === undefined && system.now() >= running.dueAt) {
    const whole = system.now() - running.wholeAt >= wholeLookMs;
    question(running, { triggers: new Set(['timer']), whole, requests: [] });
  }
  if (looked) await publish(running);
  return true;
}

/** @returns true if something was looked at */
async function hear(running: Running, wakes: ReadonlySet<WakeKind>, slept: boolean): Promise<boolean> {
  const triggers: Trigger[] = slept ? ['resume'] : [];
  if (wakes.has('config') || wakes.has('reload')) {
    triggers.push(wakes.has('config') ? 'config' : 'reload');
    await readConfiguration(running);
  }
  const requests = wakes.has('request') ? await takeRequests(running.context.system) : [];
  if (requests.length > 0) triggers.push('request');
  // What these ask for is more than a look at the kernel.
  if (triggers.length > 0) {
    question(running, { triggers: new Set(triggers), whole: true, requests });
    return false;
  }
  return see(running, wakes);
}

async function see(running: Running, wakes: ReadonlySet<WakeKind>): Promise<boolean> {
  const { system } = running.context;
  const unseen = (['kernel', 'files'] as const).filter(k => wakes.has(k) || running.unseen.includes(k));
  const waits = unseen.length === 0 || nextAllowed(running.spacing) > system.now();
  running.unseen = waits ? unseen : [];
  if (waits) return false;
  const found = await tend(running, unseen);
  const isNoise = found === 'nothing' || found === 'files';
  running.spacing = afterLook(running.spacing, system.now(), isNoise);
  if (found === 'other links') {
    question(running, { triggers: new Set(['kernel']), whole: false, requests: [] });
    readFactsAhead(running);
  }
  return found !== 'nothing';
}

/** Asks the metadata, or puts the question behind the one that is under way. */
function question(running: Running, wanted: Question): void {
  if (running.asking !== undefined) {
    running.queued = joinQuestions(running.queued, wanted);
    return;
  }
  if (wanted.whole) running.wholeAt = running.context.system.now();
  running.asking = startAsking(running.source, wanted);
}

async function takeAnswer(running: Running): Promise<void> {
  const asking = running.asking!;
  running.asking = undefined;
  await act(running, asking);
  const answered = [...running.memory.answered, ...asking.requests].slice(-mostAnswered);
  running.memory = { ...running.memory, answered };
  watchFiles(running);
  const { queued } = running;
  running.queued = undefined;
  if (queued !== undefined) question(running, queued);
}

/** An invalid configuration changes nothing: the previous one stays in force, and the log says why. */
async function readConfiguration(running: Running): Promise<void> {
  const { context, settings } = running;
  try {
    running.settings = await context.readSettings();
  } catch (error) {
    running.configProblem = `${reasonOf(error)}; the previous configuration stays in force`;
    context.log.error(
      { reason: reasonOf(error) },
      'the configuration is invalid; the previous one stays in force',
    );
    return;
  }
  running.configProblem = undefined;
  if (isSame(settings.metadata, running.settings.metadata)) return;
  running.formerRequests += running.source.requests();
  running.source.close();
  running.source = context.openSource(running.settings);
  // What was asked is asked of the new one.
  const { asking } = running;
  running.asking = undefined;
  if (asking !== undefined) question(running, asking);
}

function watchFiles({ context, pass }: Running): void {
  if (pass === undefined) return;
  const folders = renderers[pass.backend].ownFiles.map(({ dir }) => dir);
  const written = pass.desired.files.map(({ path }) => path.slice(0, path.lastIndexOf('/')));
  context.wakeups.watchFolders([...new Set([...folders, ...written])].sort());
}
