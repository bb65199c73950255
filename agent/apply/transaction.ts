// The one place that changes the machine, for every backend: validate, checkpoint, write, activate, verify, commit, or roll back.
// Pure parts decide what; this file only does it, in an order that a crash cannot spoil: up to the commit the checkpoint
// says how to undo everything, and the next start does.
import path from 'node:path';
import { type EniChange, isMarked, type Phase, type Renderer } from '../../renderers/renderer.ts';
import { AgentError, reasonOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Ip } from '../model/address.ts';
import type { HostFacts } from '../model/host.ts';
import type { KernelState } from '../model/kernel-state.ts';
import type { EniPlan, NetworkPlan } from '../model/network-plan.ts';
import { readKernelState } from '../system/kernel-reader.ts';
import { temporaryName } from '../system/real-system.ts';
import type { System } from '../system/system.ts';
import { bridgeChanges, bridgeFiles, isBridged } from './bridge.ts';
import {
  type Checkpoint,
  checkpointPath,
  inverse,
  lastChangePath,
  readBootId,
  writeCheckpoint,
} from './checkpoint.ts';
import { type CompareOptions, compareEni } from './compare.ts';
import { differencesOf } from './eni-changes.ts';
import { foreignObjects } from './foreign-guard.ts';
import type { KernelObject } from './kernel-objects.ts';
import { additions, removals, runBatches } from './live.ts';
import type { FileChange } from './ownership.ts';
import { lossesOf, type PrimarySnapshot, restorePrimary, snapshotPrimary } from './primary-guard.ts';
import { installStaged, prepareStage } from './stage.ts';
import { type State, writeState } from './state-file.ts';
import { faultsOf, verify } from './verify.ts';

export interface ApplyContext {
  readonly system: System;
  readonly log: Log;
  readonly renderer: Renderer;
  readonly facts: HostFacts;
  readonly compare: CompareOptions;
  readonly verifyTimeoutMs: number;
  /** The metadata service: the path to it is part of the guard. */
  readonly metadataAddress: Ip | undefined;
}

export interface Change {
  readonly plan: NetworkPlan;
  readonly changes: readonly EniChange[];
  readonly files: readonly FileChange[];
  readonly stateBefore: State;
  /** Becomes the state if the apply is committed. */
  readonly stateAfter: State;
}

/** A network service may wait for DHCP: dhclient gives up after 60 s (Debian's dhclient.conf), and says so better than a kill. */
const activationMs = 120_000;

/** Applies a change and verifies it, or throws after it was rolled back (`rollback-failed` if that failed too). */
export async function applyChange(context: ApplyContext, change: Change): Promise<void> {
  await prepareStage(context, change.files);
  await runPhase(context, 'validate', change.changes);
  const kernel = await readKernelState(context.system);
  const checkpoint = await takeCheckpoint(context, change, kernel);
  const foreign = foreignOf(context, change, kernel);
  await writeCheckpoint(context.system, checkpoint);
  try {
    await perform(context, change);
    await verify(context, change.plan, change.changes, checkpoint.primary, { foreign });
  } catch (error) {
    context.log.warn({ reason: reasonOf(error) }, 'apply failed, rolling back');
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
  return foreignObjects(kernel, [...change.plan.enis, ...former, ...applied], known, context.compare);
}

/** Also undoes: an inverse change is performed like any other, except that a failing command does not stop it. */
async function perform(
  context: ApplyContext,
  change: Pick<Change, 'changes' | 'files'>,
  tolerant = false,
): Promise<void> {
  const { system, renderer, facts } = context;
  const live = change.changes.filter(c => renderer.live(c, facts));
  await runPhase(context, 'before-write', change.changes, tolerant);
  // What only adds goes live before the backend hears of it, so that nothing is missing in between.
  await runBatches(system, additions(differences(context, live, await readKernelState(system))), tolerant);
  await goByBridge(context, change, tolerant);
  for (const file of change.files) await putFile(context, file, tolerant);
  await load(context, change.changes, tolerant);
  await removeStale(context, change.changes);
}

/**
 * Twice at most: `ip rule del` without `iif` takes the first rule that fits, so a copy of ours that lacks only `iif lo` (somebody
 * added it by hand) makes the kernel delete ours instead. Then ours is added again, behind the copy, and the copy goes.
 */
async function removeStale(context: ApplyContext, changes: readonly EniChange[]): Promise<void> {
  const { system } = context;
  for (let round = 0; round < 2; round++) {
    const before = differences(context, changes, await readKernelState(system));
    const stale = removals(before);
    if (stale.length === 0) return;
    await runBatches(system, stale, true);
    const after = differences(context, changes, await readKernelState(system));
    const lost = after.flatMap((d, i) =>
      d.missing.filter(o => !before[i]!.missing.some(m => m.key === o.key)),
    );
    if (lost.length === 0) return;
    await runBatches(system, additions([{ missing: lost, stale: [], faults: [] }]), true);
  }
}

/** Makes the backend load the files that are written. */
async function load(context: ApplyContext, changes: readonly EniChange[], tolerant: boolean): Promise<void> {
  const noteLoaded = await installStaged(context, changes, () =>
    runPhase(context, 'validate', changes, tolerant),
  );
  await runPhase(context, 'after-write', changes, tolerant);
  await noteLoaded();
}

/** The first of two steps, where rules change (bridge.ts). Verify judges the end, so nothing here fails but a command. */
async function goByBridge(
  context: ApplyContext,
  change: Pick<Change, 'changes' | 'files'>,
  tolerant: boolean,
): Promise<void> {
  const { system, renderer, facts } = context;
  const changes = bridgeChanges(change.changes, renderer, facts);
  if (changes.length === 0) return;
  const both = new Map(bridgeFiles(changes, renderer, facts).map(f => [f.path, f.content]));
  for (const file of change.files)
    if (both.has(file.path)) await putFile(context, { ...file, after: both.get(file.path) }, tolerant);
  await load(context, changes, tolerant);
  for (let look = 0; look < 50 && !isBridged(await readKernelState(system), changes); look++)
    await system.sleep(20);
}

function differences(context: ApplyContext, changes: readonly EniChange[], kernel: KernelState) {
  return differencesOf(kernel, changes, context.compare);
}

async function putFile(context: ApplyContext, file: FileChange, tolerant: boolean): Promise<void> {
  // Between the decision and now (for a rollback: days) somebody may have put a file of his own there.
  const now = await context.system.readFile(file.path);
  if (now !== undefined && now !== file.before && !isMarked(now)) {
    const said = `${file.path} is somebody else's by now; it stays as it is`;
    if (!tolerant) throw new AgentError('file-failed', said);
    context.log.warn({ path: file.path }, said);
    return;
  }
  if (file.after === undefined) await context.system.removeFile(file.path);
  else await context.system.writeFile(file.path, file.after, file.mode);
  context.log.info({ path: file.path }, file.after === undefined ? 'removed' : 'wrote');
}

async function runPhase(
  context: ApplyContext,
  phase: Phase,
  changes: readonly EniChange[],
  tolerant = false,
): Promise<void> {
  for (const command of context.renderer.activate(changes, context.facts).filter(c => c.phase === phase)) {
    const result = await context.system.run(command.argv, { timeoutMs: activationMs });
    const words = command.argv.join(' ');
    context.log.info({ command: words, exit: result.exitCode }, 'ran');
    if (result.exitCode === 0 || command.mayFail || tolerant) continue;
    // The last line is often only "failed to bring up eth1"; why stands above it.
    const said = result.stderr.split('\n').filter(line => line.trim() !== '');
    const cause = said.slice(-3).join('; ') || 'it said nothing';
    throw new AgentError('command-failed', `"${words}" failed (exit ${result.exitCode}): ${cause}`);
  }
}

async function commit(context: ApplyContext, change: Change, checkpoint: Checkpoint): Promise<void> {
  await writeState(context.system, change.stateAfter);
  await writeCheckpoint(context.system, { ...checkpoint, committed: true }, lastChangePath);
  await context.system.removeFile(checkpointPath);
}

/**
 * Takes a change back: files, kernel, primary, in that order, and verifies it. Also finishes what a crash left behind.
 * Throws `rollback-failed` (with `failure` as its reason) and keeps the checkpoint if the old state is not reached.
 *
 * @param foreign what others had before the change. Only for one that is going wrong now: their things may rightly be elsewhere later
 */
export async function rollBack(
  context: ApplyContext,
  checkpoint: Checkpoint,
  failure: unknown,
  foreign: readonly KernelObject[] = [],
): Promise<void> {
  const { system, log } = context;
  try {
    await undo(context, checkpoint, foreign);
  } catch (cause) {
    const reason = `${reasonOf(failure)}; and the rollback failed too: ${reasonOf(cause)}`;
    throw new AgentError('rollback-failed', reason, { cause });
  }
  await writeState(system, checkpoint.stateBefore);
  await system.removeFile(checkpointPath);
  log.info({ change: checkpoint.time }, 'rolled back');
}

async function undo(
  context: ApplyContext,
  checkpoint: Checkpoint,
  foreign: readonly KernelObject[],
): Promise<void> {
  const { system } = context;
  const { knownFaults } = checkpoint;
  const { links } = await readKernelState(system);
  const present = (link: string) => links.some(l => l.name === link);
  const { files, changes } = inverse(checkpoint, present);
  const primary = await primaryToKeep(context, checkpoint, changes);
  await perform(context, { files, changes }, true);
  for (const folder of new Set(files.map(f => path.dirname(f.path))))
    await system.removeFile(path.join(folder, temporaryName));
  // The kernel last: whatever the backend made of the old files, the objects of the old plans are there afterwards, those of the
  // ENIs that nobody meant to change included. Of a link that has gone meanwhile only the files can come back.
  const possible = changes.filter(c => c.kind === 'removed' || present(c.after.link));
  const touched = new Set(changes.map(c => (c.kind === 'removed' ? c.before.mac : c.after.mac)));
  const bystanders = checkpoint.stateBefore.applied.filter(e => !touched.has(e.mac) && present(e.link));
  const kernel = await readKernelState(system);
  const rest = [
    ...differences(context, possible, kernel),
    ...bystanders.map(plan => compareEni(kernel, plan, undefined, context.compare)),
  ];
  await runBatches(system, additions(rest), true);
  await runBatches(system, removals(rest), true);
  const view = { ...primary, ourLinks: linksOf(changes, bystanders) };
  const now = await snapshotPrimary(system, await readKernelState(system), view);
  if (lossesOf(primary, now).length > 0) await restorePrimary(system, primary, now);
  const old = { primaryLink: primary.link, enis: bystanders, skipped: [] };
  // What the image had made of a link that was not ours is put back as far as it can be, and not judged: a catch-all with DHCP brings
  // its default route in main again.
  const ours = new Set(checkpoint.stateBefore.applied.map(e => e.mac));
  const judged = possible.filter(c => c.kind === 'removed' || ours.has(c.after.mac));
  await verify(context, old, judged, primary, { knownFaults, foreign });
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

function linksOf(changes: readonly EniChange[], enis: readonly EniPlan[]): ReadonlySet<string> {
  const changed = changes.map(c => (c.kind === 'removed' ? c.before : c.after));
  return new Set([...enis, ...changed].map(e => e.link));
}
