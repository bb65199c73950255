// The way back, also after a crash in the middle and for the last committed change: the inverse change is performed, the kernel gets
// what is still missing, the primary what it lost, and the old state is verified like a new one.
import path from 'node:path';
import { type EniChange, eniOf } from '../../renderers/renderer.ts';
import { AgentError, reasonOf } from '../errors.ts';
import type { KernelState } from '../model/kernel-state.ts';
import type { EniPlan } from '../model/network-plan.ts';
import { temporaryName } from '../system/disk.ts';
import { readKernelState } from '../system/kernel/reader.ts';
import { type ApplyContext, differences, linksOf } from './apply-context.ts';
import { type Checkpoint, checkpointPath, inverse, readBootId } from './checkpoint.ts';
import { compareEni, newLeaks } from './compare.ts';
import type { KernelObject } from './kernel-objects.ts';
import { additions, removals, runBatches } from './live.ts';
import { logRollback } from './log/log-change.ts';
import { marked } from './marks.ts';
import { foreignBeside } from './others/foreign-guard.ts';
import { findOn } from './others/found.ts';
import { giveBack, type Return } from './others/give-back.ts';
import { takenOver } from './others/leftovers.ts';
import { isAnothers } from './others/links.ts';
import { perform } from './perform.ts';
import { settlePrimaryGroup } from './primary/group.ts';
import { lossesOf, type PrimarySnapshot, restorePrimary, snapshotPrimary } from './primary/guard.ts';
import { scriptPath } from './published/script.ts';
import { settlePublished } from './published/settle.ts';
import { writeState } from './state-file.ts';
import { verify } from './verify.ts';

/**
 * Takes a change back: files, kernel, primary, in that order, and verifies it. Also finishes what a crash left behind.
 * Throws `rollback-failed` (with `failure` as its reason) and keeps the checkpoint if the old state is not reached.
 *
 * @param foreign what others had before the change, for one that is going wrong now. Later their things may rightly be elsewhere: then it is
 *   what they have as the rollback begins, which makes the service load files like any change
 */
export async function rollBack(
  context: ApplyContext,
  checkpoint: Checkpoint,
  failure: unknown,
  foreign?: readonly KernelObject[],
): Promise<void> {
  const { system, log } = context;
  try {
    await undo(context, checkpoint, foreign);
  } catch (cause) {
    const reason = `${reasonOf(failure)}; the rollback failed as well: ${reasonOf(cause)}`;
    throw new AgentError('rollback-failed', reason, { cause });
  }
  await writeState(system, checkpoint.stateBefore);
  await system.removeFile(checkpointPath);
  logRollback(log, { ...checkpoint, compare: context.compare }, checkpoint.time);
}

async function undo(
  within: ApplyContext,
  checkpoint: Checkpoint,
  before: readonly KernelObject[] | undefined,
): Promise<void> {
  const { system } = within;
  const found = await readKernelState(system);
  // After a reboot the name may be another NIC's, the primary's as well: nothing of this ENI goes there.
  const present = (eni: EniPlan) => found.links.some(l => l.name === eni.link && !isAnothers([l], eni));
  const { files, changes: inverted } = inverse(checkpoint, present);
  const changes = inverted.filter(c => c.kind === 'removed' || !isAnothers(found.links, c.after));
  // An ENI that comes back takes its link over once more: its removal may have given that to others.
  const comes = changes.flatMap(c => (c.kind === 'added' ? [c.after] : []));
  const takesOver = takenOver(comes, [], found);
  const context = { ...within, compare: { ...within.compare, takesOver } };
  const foreign = before ?? foreignBeside(context, found, { applied: configuredBy(checkpoint), changes });
  const primary = await primaryToKeep(context, checkpoint, changes);
  const returns = await returnsIn(context, checkpoint, changes, found);
  const unwritten = await perform(context, { files, changes }, true);
  for (const folder of new Set(files.map(f => path.dirname(f.path))))
    await system.removeFile(path.join(folder, temporaryName)).catch(() => undefined);
  // The kernel last: whatever the backend made of the old files, the objects of the old plans are there afterwards, those of the
  // unchanged ENIs included. Of a link that has gone meanwhile only the files can come back.
  const possible = changes.filter(c => c.kind === 'removed' || present(c.after));
  const touched = new Set(changes.map(c => eniOf(c).mac));
  const bystanders = checkpoint.stateBefore.applied.filter(e => !touched.has(e.mac) && present(e));
  const kernel = await readKernelState(system);
  const rest = [
    ...differences(context, possible, kernel),
    ...bystanders.map(plan => compareEni(kernel, plan, undefined, context.compare)),
  ];
  await runBatches(system, marked(context, additions(rest), { loads: false }), true);
  await runBatches(system, removals(rest), true);
  // Whoever it was: a default route by an ENI of ours that was not there before must not be what is left.
  const ours = checkpoint.stateBefore.applied.filter(e => present(e));
  await runBatches(
    system,
    ours.flatMap(plan => newLeaks(kernel, plan, checkpoint.knownFaults)),
    true,
  );
  const theirs = await giveBack(context, returns, { enis: checkpoint.stateBefore.lastGood, undoes: true });
  await settlePrimaryGroup(context, kernel, {
    primaryLink: primary.link,
    enis: checkpoint.stateBefore.applied,
    before: changes.flatMap(c => (c.kind === 'removed' ? [] : [c.after])),
  });
  await settlePublished(
    context,
    checkpoint.stateBefore.applied,
    files.some(f => f.path === scriptPath),
  );
  const view = { ...primary, ourLinks: linksOf(changes, bystanders) };
  const now = await snapshotPrimary(system, await readKernelState(system), view);
  if (lossesOf(primary, now).length > 0) await restorePrimary(system, primary, now);
  const old = { primaryLink: primary.link, enis: bystanders, skipped: [] };
  // What the image had made of a link that was not ours is put back as far as it can be, and not judged: a catch-all with DHCP brings
  // its default route in main again.
  const macs = new Set(checkpoint.stateBefore.applied.map(e => e.mac));
  const judged = possible.filter(c => c.kind === 'removed' || macs.has(c.after.mac));
  // What was there before may look like ours that was to go.
  const back = theirs
    .flatMap(({ key }) => [key, key.replace(/ metric \d+$/, '')])
    .map(k => `left over: ${k}`);
  const knownFaults = [...checkpoint.knownFaults, ...back];
  await verify(context, old, judged, primary, { knownFaults, foreign: [...foreign, ...theirs] }).catch(
    error => {
      // What a service makes of a file that is not as it was is no other fault.
      throw unwritten ?? error;
    },
  );
  if (unwritten !== undefined) throw unwritten;
}

/**
 * What others get back with their links. Of a change that is going wrong now, or was interrupted in this boot: what they had before it. Of one
 * that was committed: what it has taken of that, and what they have there now, which the way back may cost.
 */
async function returnsIn(
  { system, compare }: ApplyContext,
  { found, time, bootId, committed, stateBefore, changes }: Checkpoint,
  inverted: readonly EniChange[],
  kernel: KernelState,
): Promise<readonly Return[]> {
  const isThisBoot = bootId !== undefined && bootId === (await readBootId(system));
  const then = isThisBoot ? found.map(link => ({ ...link, since: Date.parse(time) })) : [];
  if (isThisBoot && !committed) return then;
  const both = changes.flatMap(c => (c.kind === 'changed' ? [c.before, c.after] : [eniOf(c)]));
  const touched = inverted.filter(c => c.kind !== 'changed');
  const now = await findOn(system, kernel, touched, { compare, ours: [...stateBefore.applied, ...both] });
  return [
    ...then,
    // How the link itself was before is known by what was noted, or not at all.
    ...now
      .filter(link => link.objects.length > 0)
      .map(link => ({ ...link, sysctls: {}, since: system.now() })),
  ];
}

/** Before the rollback. What was interrupted may not have come to the links that it was to add: on them is still what the image made of them. */
function configuredBy({ stateBefore, changes, committed }: Checkpoint): readonly EniPlan[] {
  const added = changes.flatMap(c => (committed && c.kind === 'added' ? [c.after] : []));
  return [...stateBefore.applied, ...added];
}

/**
 * What the primary must have afterwards. Of a change that is going wrong now: what it had before, since the change may be what took it.
 * Of one that was committed, or that a reboot has interrupted: what it has now, since its addresses may rightly be others.
 */
async function primaryToKeep(
  { system }: ApplyContext,
  { primary, committed, bootId }: Checkpoint,
  changes: readonly EniChange[],
): Promise<PrimarySnapshot> {
  if (!committed && bootId === (await readBootId(system))) return primary;
  return snapshotPrimary(system, await readKernelState(system), {
    ...primary,
    ourLinks: linksOf(changes, []),
  });
}
