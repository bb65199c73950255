// What the daemon does when something woke it: compare the machine with the last pass (tend), or act on an answer of the metadata
// (act). Both end in at most one pass.
import { eniOf } from '../../renderers/renderer.ts';
import { AgentError, reasonOf } from '../errors.ts';
import type { InstanceReading } from '../metadata/read-instance.ts';
import type { Mac } from '../model/address.ts';
import type { HostFacts } from '../model/host.ts';
import { isSame, keyOf } from '../model/value.ts';
import { type Drift, type Glance, glance, linksText, unclaimedLinks } from '../pass/glance.ts';
import { withLock } from '../pass/lock.ts';
import { type PassResult, reconcile } from '../pass/reconcile.ts';
import { readHostFacts } from '../system/facts/host-facts.ts';
import { linksBeingNamed } from '../system/udev.ts';
import type { Asking } from './asking.ts';
import { isOn } from './brake.ts';
import { afterAnswer, afterFailure, afterPass, afterQuiet } from './memory.ts';
import type { Trigger } from './report.ts';
import type { Running } from './running.ts';
import { laggingLooks, nextLookMs } from './schedule.ts';

/** How long udev may take to name a new link, and how often it is looked at meanwhile. */
const namingMs = 3000;
const namingStepMs = 20;

/** What a look at the machine came to: `other links` than before ask for a look at the metadata; `files` were read again for a pass. */
export type Found = 'nothing' | 'files' | 'other links' | 'drift';

/** Kernel or files changed. Drift is put back at once, by what the metadata said last. */
export async function tend(running: Running, triggers: readonly Trigger[]): Promise<Found> {
  const { settings, pass } = running;
  let seen: Glance;
  try {
    seen = await glanceWhenNamed(running);
  } catch (error) {
    fail(running, triggers, asAgentError(error), []);
    return 'drift';
  }
  const links = linksText(seen.kernel, settings);
  if (links !== running.links) {
    running.links = links;
    return 'other links';
  }
  const look = { now: running.context.system.now(), triggers };
  const isBraked = isOn(running.memory.brake, look.now);
  const mends = seen.drift.length > 0 && !isBraked;
  // A foreign file may claim an ENI now; only a pass sees that.
  const rereads = triggers.includes('files') && pass !== undefined && !isBraked;
  const reading = believedReading(running);
  if (reading === undefined || !(mends || rereads)) {
    running.memory = afterQuiet(running.memory, look, false);
    return 'nothing';
  }
  const due = running.dueAt;
  const repaired = seen.drift.filter(d => !hasMoved(d, seen, pass));
  await runPass(running, { triggers, reading, repaired, news: false });
  // This look has not asked the metadata: whoever keeps touching files must not put that off for ever.
  const { mood } = running.memory;
  if (mood !== 'failing' && mood !== 'braked') running.dueAt = Math.min(running.dueAt, due);
  return mends ? 'drift' : 'files';
}

/** Its link has gone, is a new one or has another name: nothing was undone, and it counts for no brake. */
function hasMoved({ mac }: Drift, { kernel }: Glance, pass: PassResult | undefined): boolean {
  const link = pass?.desired.plan.enis.find(eni => eni.mac === mac)?.link;
  const then = pass?.kernel.links.find(l => l.mac === mac);
  return !kernel.links.some(l => l.mac === mac && l.name === link && l.index === then?.index);
}

/** A link has come or gone, the configuration is another: no metadata is needed to act on that. */
const ofTheMachine: ReadonlySet<Trigger> = new Set(['kernel', 'config', 'reload']);

/** An answer has come, or the failure of one. */
export async function act(running: Running, { answer, triggers, whole }: Asking): Promise<void> {
  const { context, memory } = running;
  const why = [...triggers];
  const now = context.system.now();
  const asked = why.some(trigger => trigger !== 'timer');
  if (answer === undefined) return;
  // The brake is off: what has been undone meanwhile is put back, and counts as a repair, so that a fight which continues is seen as one.
  const isBrakeOver =
    memory.brake.until !== undefined && !isOn(memory.brake, now) && memory.contest.length > 0;
  const repaired = isBrakeOver ? await driftNow(running) : [];
  if (answer instanceof AgentError) {
    if (memory.error?.message !== answer.message)
      context.log.warn(
        { code: answer.code, reason: answer.message },
        'no usable metadata; the current configuration is kept',
      );
    running.memory = afterFailure(memory, { now, triggers: why }, answer, 'metadata');
    // What the machine itself has to say counts all the same, by the last answer that was good.
    const reading = believedReading(running);
    if (reading !== undefined && (why.some(trigger => ofTheMachine.has(trigger)) || isBrakeOver))
      return runPass(running, { triggers: why, reading, repaired, news: false });
    running.owesPass ||= whole || asked;
    return setDue(running);
  }
  if (memory.metadata.state === 'failing') context.log.info({}, 'the metadata service answers again');
  running.memory = afterAnswer(memory, now);
  const news = !isSame(answer.instance, running.reading?.instance);
  running.reading = answer;
  const retries = memory.tookBack && !isOn(memory.brake, now);
  const isOpen =
    isAwaited(running) || retries || isBrakeOver || running.owesPass || running.pass === undefined;
  if (news || whole || asked || isOpen)
    return runPass(running, {
      triggers: news && !asked ? ['metadata'] : why,
      reading: answer,
      repaired,
      news,
    });
  running.memory = afterQuiet(running.memory, { now, triggers: why }, true);
  setDue(running);
}

/**
 * Something is still to come that no answer and no event may tell. A NIC that is not the cloud's stays unknown for ever: it is not worth a
 * pass each minute.
 */
function isAwaited({ memory, pass }: Running): boolean {
  const hasLease = pass?.desired.plan.enis.every(eni => eni.awaiting === undefined) ?? true;
  return memory.waitingFor.length > 0 && (memory.tries <= laggingLooks || !hasLease);
}

/**
 * What the last pass has made of the last answer. Not the answer itself: if that lacked something, a repair would first ask the metadata to
 * confirm it, and would depend on the service after all.
 */
function believedReading({ reading, pass }: Running): InstanceReading | undefined {
  return reading && pass && { ...reading, instance: pass.instance };
}

/** A kernel that cannot be read stops the pass that follows, and is told there. */
async function driftNow({ context, settings, pass }: Running): Promise<readonly Drift[]> {
  return glance(context.system, settings, pass).then(
    seen => seen.drift,
    () => [],
  );
}

/** A moment: facts that are older are read again. */
const factsMs = 1000;

/** A person waits for the new link: what the pass will ask of the machine is asked while the metadata answers. */
export function readFactsAhead(running: Running): void {
  const { system } = running.context;
  running.facts = { at: system.now(), facts: readHostFacts(system).catch(() => undefined) };
}

async function takeFacts(running: Running): Promise<HostFacts | undefined> {
  const { facts, context } = running;
  running.facts = undefined;
  return facts !== undefined && context.system.now() - facts.at <= factsMs ? facts.facts : undefined;
}

interface PassWish {
  readonly triggers: readonly Trigger[];
  readonly reading: InstanceReading;
  readonly repaired: readonly Drift[];
  readonly news: boolean;
}

async function runPass(running: Running, wish: PassWish): Promise<void> {
  const { context, settings, source: metadata } = running;
  const { system, log } = context;
  const { triggers, repaired } = wish;
  const drift = repaired.flatMap(d => d.lines);
  const why = { trigger: triggers.join(' ') };
  const driftOf = (mac: Mac) => repaired.filter(d => d.mac === mac).flatMap(d => d.lines);
  running.owesPass = false;
  try {
    const facts = await takeFacts(running);
    const ahead = facts === undefined ? {} : { facts };
    const pass = await withLock(system, () =>
      reconcile(
        { system, settings, log, metadata },
        { apply: true, reading: wish.reading, ...ahead, why, driftOf },
      ),
    );
    const earlier = running.pass;
    running.pass = pass;
    running.links = linksText(pass.kernel, settings);
    const otherLinks = earlier === undefined || linksText(earlier.kernel, settings) !== running.links;
    // An answer that fails differs from the last one as well; it is no news if what is believed is the same.
    const believed = (p: PassResult | undefined) => keyOf(p?.instance.enis);
    const news = wish.news && believed(pass) !== believed(earlier);
    const unclaimed = unclaimedLinks(pass, settings);
    const look = { ...wish, now: system.now(), pass, unclaimed, news, otherLinks };
    changeMemory(running, afterPass(running.memory, look), drift);
    if (pass.outcome === 'applied') context.onChange(pass, triggers);
    setDue(running);
  } catch (error) {
    fail(running, triggers, asAgentError(error), await pendingEnis(running, wish.reading), repaired);
  }
}

/** A brake that comes on is the one error that a fight is worth. */
function changeMemory(running: Running, memory: Running['memory'], drift: readonly string[]): void {
  const { system, log } = running.context;
  const wasBraked = isOn(running.memory.brake, system.now());
  running.memory = memory;
  if (!wasBraked && isOn(memory.brake, system.now()))
    log.error({ drift }, 'something keeps undoing this: repairs are paused for a while');
}

/** Which ENIs a pass that failed was about: those that are not as planned now. */
async function pendingEnis(running: Running, reading: InstanceReading): Promise<readonly Mac[]> {
  const { context, settings, source: metadata } = running;
  try {
    const look = await reconcile(
      { system: context.system, settings, log: context.log, metadata },
      { apply: false, reading },
    );
    running.links = linksText(look.kernel, settings);
    return look.changes.map(c => eniOf(c).mac);
  } catch {
    return [];
  }
}

function fail(
  running: Running,
  triggers: readonly Trigger[],
  error: AgentError,
  failed: readonly Mac[],
  repaired: readonly Drift[] = [],
): void {
  const { system, log } = running.context;
  // Once: a failure that comes again each minute, or between repairs that hold for a moment, is in `status`, not in the log.
  const { error: last, enis } = running.memory;
  const isNew = last?.message !== error.message && !enis.some(e => e.lastError?.text === error.message);
  const fields = { code: error.code, reason: error.message, trigger: triggers.join(' ') };
  if (isNew) log.error(fields, 'a pass failed');
  else log.debug(fields, 'a pass failed again');
  const look = { now: system.now(), triggers, repaired };
  const drift = repaired.flatMap(d => d.lines);
  changeMemory(running, afterFailure(running.memory, look, error, failed), drift);
  setDue(running);
}

function setDue(running: Running): void {
  const { memory, pass, settings, context } = running;
  const now = context.system.now();
  const identity = pass?.instance.instanceId ?? running.reading?.instance.instanceId ?? '';
  const brakeMs = memory.brake.until === undefined ? undefined : Math.max(0, memory.brake.until - now);
  running.dueAt = now + nextLookMs({ ...memory, brakeMs }, settings.daemon.periodMs, identity);
}

/** A new link is looked at when udev has given it its name. */
async function glanceWhenNamed({ context, settings, pass, links }: Running): Promise<Glance> {
  const { system } = context;
  for (let waited = 0; ; waited += namingStepMs) {
    const seen = await glance(system, settings, pass);
    const isNew = linksText(seen.kernel, settings) !== links;
    if (!isNew || waited >= namingMs) return seen;
    if ((await linksBeingNamed(system, seen.kernel.links)).length === 0) return seen;
    await system.sleep(namingStepMs);
  }
}

function asAgentError(error: unknown): AgentError {
  return error instanceof AgentError ? error : new AgentError('bug', reasonOf(error), { cause: error });
}
