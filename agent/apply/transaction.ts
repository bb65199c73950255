// The one place that changes the machine, for every backend: validate, checkpoint, write, activate, verify, commit, or roll back.
// Pure parts decide what; perform.ts and rollback.ts do it, in an order that a crash cannot spoil: up to the commit the checkpoint
// says how to undo everything, and the next start does.
import type { EniChange } from '../../renderers/renderer.ts';
import { AgentError, reasonOf } from '../errors.ts';
import type { ChangeResult } from '../history/entry.ts';
import type { Mac } from '../model/address.ts';
import type { KernelState } from '../model/kernel-state.ts';
import type { EniPlan, NetworkPlan } from '../model/network-plan.ts';
import { readKernelState } from '../system/kernel/reader.ts';
import { type ApplyContext, kernelNow, linksOf, type SeenKernel } from './apply-context.ts';
import { type Checkpoint, checkpointPath, readBootId, writeCheckpoint } from './checkpoint.ts';
import { samePlan } from './eni-changes.ts';
import { noteChange } from './log/note-change.ts';
import { prepareRoot } from './netplan/generator.ts';
import { noteLive } from './netplan/live-only.ts';
import { foreignBeside } from './others/foreign-guard.ts';
import { findOn, touchesOthers } from './others/found.ts';
import { giveBack } from './others/give-back.ts';
import { noteTaken, returnsOf, takenBy } from './others/taken.ts';
import type { FileChange } from './ownership.ts';
import { perform, runPhase } from './perform.ts';
import { joinPrimaryGroup, releasePrimaryGroup } from './primary/group.ts';
import { returningOf, snapshotPrimary } from './primary/guard.ts';
import { rollBack } from './rollback.ts';
import { type State, writeState } from './state-file.ts';
import { keepLastChange, tryToKeep } from './unrecorded/record.ts';
import { isOfKernelAlone, repairInKernel } from './unrecorded/repair.ts';
import { faultsOf, verify } from './verify.ts';

export interface Change {
  readonly plan: NetworkPlan;
  readonly changes: readonly EniChange[];
  readonly files: readonly FileChange[];
  readonly stateBefore: State;
  /** Becomes the state if the apply is committed, with what this change has taken. */
  readonly stateAfter: State;
  /** By which the change was made. */
  readonly seen?: SeenKernel;
  /** ENIs that are attached and configured no more: their links go back to whom they were before. */
  readonly returned?: ReadonlySet<Mac>;
}

/**
 * Applies a change and verifies it, or throws after it was rolled back (`rollback-failed` if that failed too). The history has either.
 *
 * @returns what could not be kept of it: a repair in the kernel alone is made on a full disk, too
 */
export async function applyChange(context: ApplyContext, change: Change): Promise<readonly string[]> {
  const progress: Progress = { result: 'failed', kernel: undefined };
  let unkept: readonly string[] = [];
  try {
    unkept = await apply(context, change, progress);
  } catch (error) {
    await noteChange(context, { ...change, result: progress.result, error });
    throw error;
  }
  await noteChange(context, { ...change, result: resultOf(context, change), kernel: progress.kernel });
  return unkept;
}

/** How far an apply has come, should it fail now. */
interface Progress {
  result: ChangeResult;
  /** As it was before. */
  kernel: KernelState | undefined;
}

async function apply(context: ApplyContext, change: Change, progress: Progress): Promise<readonly string[]> {
  await prepareRoot(context, change.files);
  await runPhase(context, 'validate', change.changes);
  const kernel = await kernelNow(context.system, change.seen);
  progress.kernel = kernel;
  const checkpoint = await takeCheckpoint(context, change, kernel);
  const { applied } = change.stateBefore;
  const foreign = foreignBeside(context, kernel, { ...change, applied, planned: change.plan.enis });
  if (isOfKernelAlone(context, change, kernel)) {
    const reason = await tryToKeep(context.log, () => writeCheckpoint(context.system, checkpoint));
    if (reason !== undefined) {
      await repair(context, change, checkpoint, kernel);
      return [reason];
    }
  } else await mustKeep(context, checkpoint);
  try {
    await joinPrimaryGroup(context, kernel, groupWish(change));
    await perform(context, change, false, kernel);
    await verify(context, change.plan, change.changes, checkpoint.primary, {
      foreign,
      files: change.files,
      awaitsPrimary: true,
    });
  } catch (error) {
    context.log.warn({ reason: reasonOf(error) }, 'apply failed; rolling back');
    progress.result = 'rollback-failed';
    await rollBack(context, checkpoint, error, foreign);
    progress.result = 'rolled-back';
    throw error;
  }
  // Without its commit it counts as interrupted: the next pass takes it back.
  progress.result = 'rolled-back';
  await releasePrimaryGroup(context, kernel, groupWish(change));
  await giveLinksBack(context, change, checkpoint);
  try {
    await commit(context, change, checkpoint, kernel);
  } catch (error) {
    // Now, and not by a pass of minutes later, when somebody uses it.
    progress.result = 'rollback-failed';
    await rollBack(context, checkpoint, error);
    progress.result = 'rolled-back';
    throw error;
  }
  return [];
}

/** Nothing was touched yet. */
async function mustKeep({ system }: ApplyContext, checkpoint: Checkpoint): Promise<void> {
  try {
    await writeCheckpoint(system, checkpoint);
  } catch (cause) {
    throw new AgentError('file-failed', reasonOf(cause), {
      cause,
      hint: 'nothing was changed, since there would be no way back: check the disk and the permissions of the folder',
    });
  }
}

/** On a disk that keeps no checkpoint. What fails is not taken back: nothing went but what the plan of before had not either. */
async function repair(
  context: ApplyContext,
  change: Change,
  checkpoint: Checkpoint,
  kernel: KernelState,
): Promise<void> {
  await repairInKernel(context, change, kernel);
  await verify(context, change.plan, change.changes, checkpoint.primary);
}

function groupWish({ plan: { primaryLink }, stateBefore, stateAfter }: Change) {
  return { primaryLink, enis: stateAfter.applied, before: stateBefore.applied };
}

/** After it was verified: nothing that comes back of others can make this apply fail. */
async function giveLinksBack(context: ApplyContext, change: Change, checkpoint: Checkpoint): Promise<void> {
  const { returned = new Set(), stateBefore, stateAfter } = change;
  const { bootId, found, time } = checkpoint;
  const since = Date.parse(time);
  const returns = returnsOf(returned, stateBefore.taken, found, { bootId, since });
  // `remove` remembers no ENI.
  const enis = stateAfter.lastGood.length > 0 ? stateAfter.lastGood : stateBefore.lastGood;
  await giveBack(context, returns, {
    enis,
    undoes: false,
    primaryToo: checkpoint.primary.returning !== undefined,
  });
}

/** Of one that has ended well. A repair makes what was there before; it says so where any ENI was repaired. */
function resultOf({ by }: ApplyContext, { changes, stateBefore, plan }: Change): ChangeResult {
  if (by === 'remove') return 'removed';
  const isRepair = (change: EniChange) => {
    if (change.kind === 'removed') return plan.enis.some(eni => eni.mac === change.before.mac);
    const before = stateBefore.applied.find(eni => eni.mac === change.after.mac);
    return before !== undefined && samePlan(before, change.after);
  };
  return changes.length > 0 && changes.every(isRepair) ? 'repaired' : 'applied';
}

async function takeCheckpoint(
  context: ApplyContext,
  change: Change,
  kernel: KernelState,
): Promise<Checkpoint> {
  const { system, metadataAddress } = context;
  const link = change.plan.primaryLink;
  const apart = change.plan.skipped.flatMap(({ link }) => link ?? []);
  const ourLinks = new Set([...linksOf(change.changes, change.plan.enis), ...apart]);
  const { applied } = change.stateBefore;
  const touched = change.changes.filter(c => touchesOthers(c, applied));
  return {
    version: 1,
    time: new Date(system.now()).toISOString(),
    backend: context.renderer.name,
    changes: change.changes,
    files: change.files,
    primary: await snapshotPrimary(system, kernel, {
      link,
      ourLinks,
      metadataAddress,
      returning: returningOf(kernel, link, applied),
    }),
    committed: false,
    bootId: await readBootId(system),
    stateBefore: change.stateBefore,
    knownFaults: change.stateBefore.applied.flatMap(plan => faultsOf(kernel, plan, plan, context.compare)),
    found: await findOn(system, kernel, touched, { compare: context.compare, ours: applied }),
  };
}

async function commit(
  context: ApplyContext,
  { changes, files, stateAfter }: Change,
  checkpoint: Checkpoint,
  before: KernelState,
): Promise<void> {
  const { system, compare, renderer, facts } = context;
  await noteLive(context, { changes, files });
  const { bootId, time } = checkpoint;
  const kernel = { before, after: await readKernelState(system) };
  const isNew = (path: string) => files.some(f => f.path === path && f.before === undefined);
  const isFirst = (plan: EniPlan) => renderer.render([plan], facts).every(f => isNew(f.path));
  const found = takenBy(checkpoint.found, changes, kernel, { compare, isFirst });
  const taken = noteTaken(stateAfter.taken, found, bootId, Date.parse(time));
  await writeState(system, { ...stateAfter, taken });
  await keepLastChange(context, { ...checkpoint, found, committed: true });
  await system.removeFile(checkpointPath);
}
