// The one place that changes the machine, for every backend: validate, checkpoint, write, activate, verify, commit, or roll back.
// Pure parts decide what; perform.ts and rollback.ts do it, in an order that a crash cannot spoil: up to the commit the checkpoint
// says how to undo everything, and the next start does.
import type { EniChange } from '../../renderers/renderer.ts';
import { reasonOf } from '../errors.ts';
import type { KernelState } from '../model/kernel-state.ts';
import type { NetworkPlan } from '../model/network-plan.ts';
import { readKernelState } from '../system/kernel/reader.ts';
import { type ApplyContext, linksOf } from './apply-context.ts';
import {
  type Checkpoint,
  checkpointPath,
  lastChangePath,
  readBootId,
  writeCheckpoint,
} from './checkpoint.ts';
import { foreignObjects } from './foreign-guard.ts';
import type { KernelObject } from './kernel-objects.ts';
import { prepareRoot } from './netplan/generator.ts';
import { noteLive } from './netplan/live-only.ts';
import type { FileChange } from './ownership.ts';
import { perform, runPhase } from './perform.ts';
import { snapshotPrimary } from './primary-guard.ts';
import { rollBack } from './rollback.ts';
import { type State, writeState } from './state-file.ts';
import { faultsOf, verify } from './verify.ts';

export interface Change {
  readonly plan: NetworkPlan;
  readonly changes: readonly EniChange[];
  readonly files: readonly FileChange[];
  readonly stateBefore: State;
  /** Becomes the state if the apply is committed. */
  readonly stateAfter: State;
}

/** Applies a change and verifies it, or throws after it was rolled back (`rollback-failed` if that failed too). */
export async function applyChange(context: ApplyContext, change: Change): Promise<void> {
  await prepareRoot(context, change.files);
  await runPhase(context, 'validate', change.changes);
  const kernel = await readKernelState(context.system);
  const checkpoint = await takeCheckpoint(context, change, kernel);
  const foreign = foreignOf(context, change, kernel);
  await writeCheckpoint(context.system, checkpoint);
  try {
    await perform(context, change, false, kernel);
    await verify(context, change.plan, change.changes, checkpoint.primary, {
      foreign,
      files: change.files,
    });
  } catch (error) {
    context.log.warn({ reason: reasonOf(error) }, 'apply failed; rolling back');
    await rollBack(context, checkpoint, error, foreign);
    throw error;
  }
  await commit(context, change, checkpoint);
}

async function takeCheckpoint(
  context: ApplyContext,
  change: Change,
  kernel: KernelState,
): Promise<Checkpoint> {
  const { system, metadataAddress } = context;
  const link = change.plan.primaryLink;
  const ourLinks = linksOf(change.changes, change.plan.enis);
  return {
    version: 1,
    time: new Date(system.now()).toISOString(),
    backend: context.renderer.name,
    changes: change.changes,
    files: change.files,
    primary: await snapshotPrimary(system, kernel, { link, ourLinks, metadataAddress }),
    committed: false,
    bootId: await readBootId(system),
    stateBefore: change.stateBefore,
    knownFaults: change.stateBefore.applied.flatMap(plan => faultsOf(kernel, plan, plan, context.compare)),
  };
}

function foreignOf(context: ApplyContext, change: Change, kernel: KernelState): readonly KernelObject[] {
  const { applied } = change.stateBefore;
  const former = change.changes.flatMap(c => (c.kind === 'added' ? [] : [c.before]));
  const known = new Set(applied.map(e => e.link));
  const kinds: readonly string[] = context.renderer.dropsForeign ?? [];
  if (kinds.length === 0) return [];
  return foreignObjects(kernel, [...change.plan.enis, ...former, ...applied], known, context.compare).filter(
    object => kinds.includes(object.kind),
  );
}

async function commit(context: ApplyContext, change: Change, checkpoint: Checkpoint): Promise<void> {
  await noteLive(context, change);
  await writeState(context.system, change.stateAfter);
  await writeCheckpoint(context.system, { ...checkpoint, committed: true }, lastChangePath);
  await context.system.removeFile(checkpointPath);
}
