// What the daemon does when kernel or files have changed: it compares the machine with the last pass, and puts back what differs.
import { reasonOf } from '../errors.ts';
import type { InstanceReading } from '../metadata/read-instance.ts';
import { evictDefaults } from '../pass/evict-defaults.ts';
import { isForced } from '../pass/forced.ts';
import { type Drift, type Glance, glance, linksText, watched } from '../pass/glance.ts';
import type { PassResult } from '../pass/pass.ts';
import { linksBeingNamed } from '../system/udev.ts';
import { filesPauseMs } from './apart.ts';
import { afterLinks, braked, contestedMacs, uncontested } from './fights.ts';
import { afterQuiet } from './memory.ts';
import { afterGlance } from './picture.ts';
import type { Trigger } from './report.ts';
import { asAgentError, believedReading, fail, runPass } from './run-pass.ts';
import type { DaemonState } from './state.ts';
import { momentOf } from './timing/moment.ts';

/** How long udev may take to name a new link, and how often it is looked at meanwhile. */
const namingMs = 3000;
const namingStepMs = 20;

/**
 * What a check of the machine came to: `other links` than before ask for an answer of the metadata; `files` were read again for a pass;
 * `held`: there is drift, or none any more, and it stays for now.
 */
export type Found = 'nothing' | 'held' | 'files' | 'other links' | 'drift';

/** Kernel or files changed. Drift is put back at once, by what the metadata said last. */
export async function tend(daemon: DaemonState, triggers: readonly Trigger[]): Promise<Found> {
  const { settings, pass } = daemon;
  let seen: Glance;
  try {
    seen = await glanceWhenNamed(daemon);
  } catch (error) {
    fail(daemon, { triggers, error: asAgentError(error), failed: [] });
    return 'drift';
  }
  const isEvicted = daemon.pausedUntil === undefined && (await evict(daemon, seen, triggers));
  const links = linksText(seen.kernel, settings);
  if (links !== daemon.links) {
    daemon.memory = { ...daemon.memory, fights: afterLinks(daemon.memory.fights, daemon.links, links) };
    daemon.links = links;
    return 'other links';
  }
  const occasion = { ...momentOf(daemon.context.system), triggers };
  const isHeld = daemon.pausedUntil !== undefined;
  const open = uncontested(daemon.memory.fights, seen.drift, occasion.now);
  const mends = open.length > 0 && !isHeld;
  // A foreign file may claim an ENI now; only a pass sees that.
  const asksForPass = mayReread(daemon, triggers) || seen.hasOtherInside || maySettlePrimary(daemon, seen);
  const rereads = !isHeld && (asksForPass || (await isForced(daemon.context.system, pass)));
  const reading = mends ? believedReading(daemon) : readingAgain(daemon);
  if (reading === undefined || !(mends || rereads)) {
    const { picture } = daemon.memory;
    // What was not applied is not in the last pass, which the check compares with.
    const isWhole =
      pass !== undefined && pass.outcome !== 'refused' && !daemon.memory.tookBack && !daemon.apart;
    const now = afterGlance(picture, seen.drift, isWhole);
    daemon.memory = { ...afterQuiet(daemon.memory, occasion, false), picture: now };
    return now === picture ? 'nothing' : 'held';
  }
  const due = daemon.dueAt;
  const repaired = open.filter(d => !hasMoved(d, seen, pass));
  await runPass(daemon, { triggers, reading, repaired, news: false, isEvicted });
  // This check has not asked the metadata: whoever keeps touching files must not put that off for ever.
  const isOwed = daemon.wanted !== undefined && daemon.pass !== pass;
  if (isOwed || daemon.memory.mood !== 'failing') daemon.dueAt = Math.min(daemon.dueAt, due);
  return mends ? 'drift' : 'files';
}

/** Files that are written while somebody fights may be his, again and again: a pass a minute is enough for these, and none of them is lost. */
function mayReread(daemon: DaemonState, triggers: readonly Trigger[]): boolean {
  if (!triggers.includes('files')) return false;
  const now = daemon.context.system.ticks();
  const isFought = braked(daemon.memory.fights, now).length > 0;
  if (!isFought || now - daemon.rereadAt >= filesPauseMs) {
    daemon.rereadAt = now;
    return true;
  }
  daemon.owesPass = true;
  daemon.dueAt = Math.min(daemon.dueAt, daemon.rereadAt + filesPauseMs);
  return false;
}

/** A service that is told to configure the link anew may do so twice; whoever fights, or a kernel that refuses it, has a few passes a minute. */
const mostOnPrimary = 3;

function maySettlePrimary(daemon: DaemonState, { hasPrimaryLost, hasMarksLost }: Glance): boolean {
  if (!hasPrimaryLost && !hasMarksLost) return false;
  const now = daemon.context.system.ticks();
  const recent = daemon.primaryAt.filter(at => now - at < filesPauseMs);
  if (recent.length < mostOnPrimary) {
    daemon.primaryAt = [...recent, now];
    return true;
  }
  daemon.owesPass = true;
  daemon.dueAt = Math.min(daemon.dueAt, recent[0]! + filesPauseMs);
  return false;
}

/** Also under the brake, and where no pass has worked yet: a default route by an ENI takes packets of the primary. True if that is a repair. */
async function evict(
  { context, pass, looked, memory }: DaemonState,
  { kernel }: Glance,
  triggers: readonly Trigger[],
): Promise<boolean> {
  const { system, log } = context;
  const gone = await evictDefaults(system, kernel, pass ?? looked).catch(error => {
    log.warn({ reason: reasonOf(error) }, 'cannot remove a default route in main');
    return [];
  });
  // Under the brake it is known, and may come back each second.
  const contested = contestedMacs(memory.fights, system.ticks());
  for (const { mac, eniId, link, commands } of gone)
    log[contested.has(mac) ? 'debug' : 'info'](
      { eni: eniId ?? mac, link, trigger: triggers.join(' '), commands },
      'removed a default route in main',
    );
  return gone.some(({ mac }) => !contested.has(mac));
}

/**
 * What files were edited for may be what could not be applied (a broken file beside ours). Not at once after a try: its rollback has written
 * files as well.
 */
function readingAgain(daemon: DaemonState): InstanceReading | undefined {
  const { wanted, context } = daemon;
  const isOld = wanted !== undefined && context.system.ticks() - wanted.triedAt >= filesPauseMs;
  return isOld ? wanted.reading : believedReading(daemon);
}

/** Its link has gone, is a new one or has another name: nothing was undone, and it counts for no brake. */
function hasMoved({ mac }: Drift, { kernel }: Glance, pass: PassResult | undefined): boolean {
  const link = pass && watched(pass).find(eni => eni.mac === mac)?.link;
  const then = pass?.kernel.links.find(l => l.mac === mac);
  return !kernel.links.some(l => l.mac === mac && l.name === link && l.index === then?.index);
}

/** A new link is looked at when udev has given it its name. */
async function glanceWhenNamed({ context, settings, pass, links }: DaemonState): Promise<Glance> {
  const { system } = context;
  for (let waited = 0; ; waited += namingStepMs) {
    const seen = await glance(system, settings, pass);
    const isNew = linksText(seen.kernel, settings) !== links;
    if (!isNew || waited >= namingMs) return seen;
    if ((await linksBeingNamed(system, seen.kernel.links)).length === 0) return seen;
    await system.sleep(namingStepMs);
  }
}
