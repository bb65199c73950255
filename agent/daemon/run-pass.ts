// One pass of the daemon, and what its end does to the memory and to the time of the next one.
import { eniOf } from '../../renderers/renderer.ts';
import { AgentError, reasonOf } from '../errors.ts';
import { fewOf } from '../log/text.ts';
import type { Log } from '../log.ts';
import type { InstanceReading } from '../metadata/read-instance.ts';
import type { Mac } from '../model/address.ts';
import type { HostFacts } from '../model/host.ts';
import type { Instance } from '../model/instance.ts';
import { describeLiveOnly, type LiveOnly } from '../model/live-only.ts';
import { isSame, keyOf } from '../model/value.ts';
import { type Drift, linksText, unclaimedLinks } from '../pass/glance.ts';
import { withLock } from '../pass/lock.ts';
import type { PassResult } from '../pass/pass.ts';
import { readPause } from '../pass/pause.ts';
import { reconcile } from '../pass/reconcile.ts';
import { reconcileEach } from '../pass/reconcile-each.ts';
import { readHostFacts } from '../system/facts/host-facts.ts';
import { apartAfter, contestedNow, failingNow } from './apart.ts';
import { withUnknown } from './eni-states.ts';
import { begun, braked, undoneIn } from './fights.ts';
import { afterFailure, afterPass } from './memory.ts';
import { pictureOf } from './picture.ts';
import type { Trigger } from './report.ts';
import type { DaemonState } from './state.ts';
import { momentOf } from './timing/moment.ts';
import { nextCheckMs } from './timing/schedule.ts';

/**
 * What the last pass has made of the last answer. Not the answer itself: if that lacked something, a repair would first ask the metadata to
 * confirm it, and would depend on the service after all. Nobody has said it in one piece, so it confirms nothing itself.
 */
export function believedReading({ reading, pass }: DaemonState): InstanceReading | undefined {
  return reading && pass && { ...reading, instance: pass.instance, at: undefined };
}

/** A moment: facts that are older are read again. */
const factsMs = 1000;

/** A person waits for the new link: what the pass will ask of the machine is asked while the metadata answers. */
export function readFactsAhead(daemon: DaemonState): void {
  const { system } = daemon.context;
  daemon.facts = { at: system.ticks(), facts: readHostFacts(system).catch(() => undefined) };
}

async function takeFacts(daemon: DaemonState): Promise<HostFacts | undefined> {
  const { facts, context } = daemon;
  daemon.facts = undefined;
  return facts !== undefined && context.system.ticks() - facts.at <= factsMs ? facts.facts : undefined;
}

interface PassWish {
  readonly triggers: readonly Trigger[];
  readonly reading: InstanceReading;
  readonly repaired: readonly Drift[];
  readonly news: boolean;
  /** Something of what is repaired was taken away before the pass. */
  readonly isEvicted?: boolean;
}

export async function runPass(daemon: DaemonState, wish: PassWish): Promise<void> {
  const { context, settings, source: metadata } = daemon;
  const { system, log } = context;
  const { triggers, repaired } = wish;
  // What counts as a fight.
  const undone = repaired.filter(d => !d.byService);
  const why = { trigger: triggers.join(' ') };
  const driftOf = (mac: Mac) => repaired.filter(d => d.mac === mac).flatMap(d => d.lines);
  // A repair goes by what is believed, which is older than an answer that could not be applied.
  const isAnswer = wish.reading === daemon.reading || wish.reading === daemon.wanted?.reading;
  daemon.owesPass = false;
  try {
    const facts = await takeFacts(daemon);
    const ahead = facts === undefined ? {} : { facts };
    // Asked with the lock in hand, so that no pause can begin in between.
    const pass = await withLock(system, async () =>
      reconcileEach(
        { system, settings, log, metadata, by: 'daemon' },
        {
          apply: (await readPause(system)) === undefined,
          // Half of a change may be the half that the primary lacks: no pause holds that.
          finish: true,
          reading: wish.reading,
          ...ahead,
          contested: contestedNow(daemon, triggers),
          why,
          driftOf,
        },
        failingNow(daemon, wish),
      ),
    );
    const earlier = daemon.pass;
    daemon.pass = pass;
    tellLive(log, earlier?.liveOnly, pass.liveOnly);
    daemon.links = linksText(pass.kernel, settings);
    const otherLinks = earlier === undefined || linksText(earlier.kernel, settings) !== daemon.links;
    // An answer that fails differs from the last one as well; it is no news if what is believed is the same.
    const believed = (p: PassResult | undefined) => keyOf(p?.instance.enis);
    const news = wish.news && believed(pass) !== believed(earlier);
    const unclaimed = unclaimedLinks(pass, settings);
    const isApplied =
      pass.outcome !== 'pending' &&
      (isAnswer || isSame(daemon.wanted?.reading.instance.enis, pass.instance.enis));
    if (isApplied) daemon.wanted = undefined;
    const owes = daemon.wanted !== undefined;
    // What has gone from the metadata by one of two readings is no news when the next says it again.
    daemon.owesPass = pass.doubted;
    const { isEvicted = false } = wish;
    const hasFailed = ({ mac }: Drift) => pass.failed?.enis.includes(mac) === true;
    const served = { triggers, repaired: undone.filter(d => !hasFailed(d)), isEvicted };
    const found = { ...momentOf(system), pass, unclaimed, news, otherLinks, owes };
    changeMemory(daemon, afterPass(daemon.memory, { ...served, ...found }));
    if (pass.outcome === 'applied') context.onChange(pass, triggers);
    daemon.apart = apartAfter(daemon, pass, wish.reading);
    const { failed } = pass;
    if (failed === undefined || failed.fresh.length === 0) return setDue(daemon);
    const { fresh, error } = failed;
    fail(daemon, { triggers, error, failed: fresh, repaired: undone.filter(hasFailed), isApart: true });
  } catch (error) {
    daemon.apart = undefined;
    if (isAnswer) daemon.wanted = { reading: wish.reading, triedAt: system.ticks() };
    const reason = asAgentError(error);
    const pending = await lookAgain(daemon, wish.reading);
    if (pending !== undefined) {
      daemon.looked = pending;
      // After a start nothing is known of the ENIs that work.
      const enis = withUnknown(daemon.memory.enis, pending, momentOf(system).at);
      daemon.memory = { ...daemon.memory, enis };
    }
    const failed = pending?.changes.map(c => eniOf(c).mac);
    const enis = failed ?? newFor(daemon, wish.reading, reason);
    fail(daemon, { triggers, error: reason, failed: enis, repaired: undone });
    if (pending !== undefined) daemon.memory = { ...daemon.memory, picture: pictureOf(pending) };
  }
}

/** Once when it begins, and once when it is over. */
function tellLive(log: Log, before: LiveOnly | undefined, now: LiveOnly | undefined): void {
  if (before === undefined && now !== undefined) log.warn({ links: now.links }, describeLiveOnly(now));
  if (before !== undefined && now === undefined)
    log.info({ links: before.links }, 'no longer live only: systemd-networkd has loaded the files');
}

/** A brake that comes on is the one error that a fight is worth. */
function changeMemory(daemon: DaemonState, memory: DaemonState['memory']): void {
  const { system, log } = daemon.context;
  const drift = undoneIn(begun(daemon.memory.fights, memory.fights, system.ticks())).flatMap(d => d.lines);
  daemon.memory = memory;
  if (drift.length > 0)
    log.error(
      { drift, reason: fewOf(drift, '; ', 3) },
      'something keeps undoing this: repairs are paused for a while',
    );
}

/** What a pass that failed was about: what is not as planned now. Undefined: it cannot be told. */
async function lookAgain(daemon: DaemonState, reading: InstanceReading): Promise<PassResult | undefined> {
  const { context, settings, source: metadata } = daemon;
  try {
    const occasion = await reconcile(
      { system: context.system, settings, log: context.log, metadata },
      { apply: false, reading },
    );
    daemon.links = linksText(occasion.kernel, settings);
    return occasion;
  } catch {
    return undefined;
  }
}

/** Where not even that can be told (the network service is stopped, and no backend is recognised): the ENIs that the answer has news of. */
function newFor({ pass }: DaemonState, { instance }: InstanceReading, { code }: AgentError): readonly Mac[] {
  // The metadata has failed, and nothing of an ENI.
  if (code.startsWith('metadata-')) return [];
  const believed = pass?.instance.enis ?? [];
  const macs = new Set([...instance.enis, ...believed].filter(eni => !eni.primary).map(eni => eni.mac));
  const of = (enis: Instance['enis'], mac: Mac) => enis.find(eni => eni.mac === mac);
  return [...macs].filter(mac => !isSame(of(instance.enis, mac), of(believed, mac)));
}

interface Failure {
  readonly triggers: readonly Trigger[];
  readonly error: AgentError;
  readonly failed: readonly Mac[];
  /** What it was to put back. */
  readonly repaired?: readonly Drift[];
  /** The others were served. */
  readonly isApart?: boolean;
}

export function fail(daemon: DaemonState, failure: Failure): void {
  const { triggers, error, failed, repaired = [], isApart = false } = failure;
  const { system, log } = daemon.context;
  // Once: a failure that comes again each minute, or between repairs that hold for a moment, is in `status`, not in the log.
  const { failure: last, enis } = daemon.memory;
  const isNew = last?.message !== error.message && !enis.some(e => e.lastError?.text === error.message);
  const fields = { code: error.code, reason: error.message, trigger: triggers.join(' ') };
  if (isNew) log.error(fields, 'a pass failed');
  else log.debug(fields, 'a pass failed again');
  const occasion = { ...momentOf(system), triggers, repaired, isApart };
  changeMemory(daemon, afterFailure(daemon.memory, occasion, error, failed));
  setDue(daemon);
}

export function setDue(daemon: DaemonState): void {
  const { memory, pass, settings, context } = daemon;
  const now = context.system.ticks();
  const identity = pass?.instance.instanceId ?? daemon.reading?.instance.instanceId ?? '';
  const { apart } = daemon;
  daemon.dueAt = Math.min(
    now + nextCheckMs(memory, settings.daemon.periodMs, identity),
    ...braked(memory.fights, now).map(({ brake }) => brake.until!),
    ...(apart === undefined ? [] : [Math.max(now + 1000, apart.retryAt)]),
  );
}

export function asAgentError(error: unknown): AgentError {
  return error instanceof AgentError ? error : new AgentError('bug', reasonOf(error), { cause: error });
}
