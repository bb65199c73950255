// ONE pass: discover -> plan -> render -> diff -> apply. Read this file first. It is level-triggered: whatever started it, it
// looks at everything again and does only what is missing. All other files are steps of it.

import path from 'node:path';
import { type Selection, selectBackend } from '../../renderers/detect/select.ts';
import { renderers } from '../../renderers/registry.ts';
import { type Command, type EniChange, eniOf, type Renderer } from '../../renderers/renderer.ts';
import { travelOf } from '../apply/apply-context.ts';
import { checkpointPath, readCheckpoint } from '../apply/checkpoint.ts';
import { compareOptions } from '../apply/compare.ts';
import { differencesOf, planChanges } from '../apply/eni-changes.ts';
import { fingerprint } from '../apply/fingerprint.ts';
import { additions, type Batch, removals } from '../apply/live.ts';
import { diffFiles, type FileChange, readOwnedFiles } from '../apply/ownership.ts';
import { rollBack } from '../apply/rollback.ts';
import { isOfThisMachine, type State, writeState } from '../apply/state-file.ts';
import { applyChange } from '../apply/transaction.ts';
import { AgentError, reasonOf } from '../errors.ts';
import type { Log, LogFields } from '../log.ts';
import type { MetadataSource } from '../metadata/metadata-source.ts';
import { endpointsOf, type InstanceReading, readInstance } from '../metadata/read-instance.ts';
import { providerNamed } from '../metadata/registry.ts';
import { type Ip, type Mac, parseIp } from '../model/address.ts';
import type { BackendName, HostFacts } from '../model/host.ts';
import type { Instance } from '../model/instance.ts';
import type { KernelState } from '../model/kernel-state.ts';
import type { Settings } from '../model/settings.ts';
import { agree, believe, takesAway } from '../plan/believe.ts';
import { readDmi } from '../system/facts/dmi.ts';
import { readHostFacts } from '../system/facts/host-facts.ts';
import { temporaryName } from '../system/real-system.ts';
import type { System } from '../system/system.ts';
import { type Desired, degradations, planDesired } from './desired.ts';
import {
  applyContext,
  fromPrimary,
  inCharge,
  lookAtMachine,
  type Machine,
  readMachine,
  rendererFor,
} from './machine.ts';

export interface PassContext {
  readonly system: System;
  readonly settings: Settings;
  readonly log: Log;
  /** Where the metadata comes from in a process that lives on; else each pass asks for itself. */
  readonly metadata?: MetadataSource;
}

export interface PassOptions {
  /** False: look and compare only; nothing is written and no command changes anything. */
  readonly apply: boolean;
  /** Apply a plan that `rollback` took back before. */
  readonly force?: boolean;
  /** What the metadata has just said; else it is asked. Whatever takes something away is read again in any case. */
  readonly reading?: InstanceReading;
  /** What the machine is, read a moment ago; else it is read. */
  readonly facts?: HostFacts;
  /** Goes with each line of the log: what started the pass. */
  readonly why?: LogFields;
  /** What it mends of an ENI goes with the line of that. */
  readonly driftOf?: (mac: Mac) => readonly string[];
}

export interface PassResult {
  readonly outcome: 'unchanged' | 'pending' | 'applied' | 'refused';
  /** What of the metadata was believed. */
  readonly instance: Instance;
  readonly requests: number;
  readonly backend: BackendName;
  readonly selection: Selection;
  /** What the decision rests on, as it was before the pass. */
  readonly facts: HostFacts;
  readonly kernel: KernelState;
  /** Why the network service must not be made to reload now. */
  readonly reloadHazard: string | undefined;
  readonly desired: Desired;
  readonly changes: readonly EniChange[];
  readonly files: readonly FileChange[];
  readonly commands: readonly Command[];
  /** What goes to the kernel directly: added before the backend hears of the change, removed after it. */
  readonly kernelChanges: { readonly add: readonly Batch[]; readonly remove: readonly Batch[] };
  /** The plan is one that `rollback` took back. */
  readonly refused: boolean;
  /** Why the pass is degraded: something that needs attention. Empty: all is well. */
  readonly degraded: readonly string[];
}

export async function reconcile(context: PassContext, options: PassOptions): Promise<PassResult> {
  const { system, settings, log } = context;
  const guessed = options.facts ?? (await readHostFacts(system));
  // Fails here, before the cloud is asked, where nothing on this machine can be recognised.
  rendererFor(settings, selectBackend(guessed));
  if (options.apply) await finishInterrupted(context);

  const sight = await lookAtMachine(context, guessed);
  const { state, kernel } = sight;
  const reading = await readTrusted(context, state, kernel, options.reading);
  const known = await fromPrimary(context, sight, reading.instance.enis);
  const machine = await inCharge(context, known, { touch: options.apply });
  const { renderer, selection, facts, reloadHazard } = machine;
  const desired = await planDesired(system, { ...machine, ...reading, settings });
  const work = await diff(context, machine, desired);
  const isRefused = state.refused !== undefined && state.refused === (await fingerprint(desired.plan.enis));
  const stateAfter = nextState(
    { ...state, refused: isRefused ? state.refused : undefined },
    reading.instance,
    renderer,
    desired,
  );
  const result = {
    instance: reading.instance,
    requests: reading.requests,
    backend: renderer.name,
    selection,
    facts,
    kernel,
    reloadHazard,
    desired,
    ...work,
    refused: isRefused,
    degraded: degradations(reading.instance, desired, work.changes.length === 0 ? undefined : reloadHazard),
  };

  if (work.changes.length === 0 && work.files.length === 0) {
    if (options.apply) await writeState(system, stateAfter);
    return { ...result, outcome: 'unchanged' };
  }
  if (!options.apply) return { ...result, outcome: 'pending' };
  if (isRefused && options.force !== true) return { ...result, outcome: 'refused' };
  if (!renderer.proven && !settings.agent.allowUnproven)
    throw new AgentError('backend-unproven', `${renderer.name} is not proven (docs/safety.md)`);
  await applyChange(applyContext(context, machine, metadataAddressOf(reading.instance, settings)), {
    plan: desired.plan,
    ...work,
    stateBefore: state,
    stateAfter,
  });
  for (const change of work.changes) logChange(log, change, options);
  return { ...result, outcome: 'applied' };
}

/** A checkpoint or a state file that a crash cut off before it had its name. */
export const halfWritten = `${path.dirname(checkpointPath)}/${temporaryName}`;

/**
 * A crash in the middle of an apply left a checkpoint: its change is taken back before anything else is decided. If that cannot
 * be verified (the machine has changed since), the pass continues all the same: it looks at what is there, and repairs that.
 */
export async function finishInterrupted(context: PassContext): Promise<void> {
  const { system, log } = context;
  const checkpoint = await readCheckpoint(system, checkpointPath);
  if (await system.exists(halfWritten)) await system.removeFile(halfWritten);
  if (checkpoint === undefined) return;
  log.warn({ change: checkpoint.time }, 'an earlier apply was interrupted; rolling it back');
  const failure = new AgentError('verify-failed', `the apply of ${checkpoint.time} was interrupted`);
  const machine = await readMachine(context, { backend: () => checkpoint.backend, touch: true });
  try {
    await rollBack(applyContext(context, machine), checkpoint, failure);
  } catch (error) {
    log.error(
      { reason: reasonOf(error) },
      'could not roll it back completely; continuing from the current state',
    );
    await writeState(system, checkpoint.stateBefore);
    await system.removeFile(checkpointPath);
  }
}

/** Reads the metadata; a second time, a little later, if acting on the first reading would take something away. */
async function readTrusted(
  context: PassContext,
  state: State,
  kernel: KernelState,
  atHand: InstanceReading | undefined,
): Promise<{ readonly instance: Instance; readonly requests: number }> {
  const first = atHand ?? (await readMetadata(context));
  const sameMachine = isOfThisMachine(state, first.instance.instanceId);
  const doubt = {
    lastGood: sameMachine ? state.lastGood : [],
    linkGone: (mac: string) => !kernel.links.some(l => l.mac === mac),
  };
  if (!takesAway(first.instance, doubt))
    return { instance: believe(first.instance, { ...doubt, confirmed: false }), requests: first.requests };
  await context.system.sleep(context.settings.metadata.confirmDelayMs);
  // What comes from memory confirms nothing.
  context.metadata?.forget();
  const second = await readMetadata(context);
  const confirmed = agree(first.instance, second.instance);
  context.log.debug({ confirmed }, 'read the metadata again, to confirm that something is gone from it');
  return {
    instance: believe(second.instance, { ...doubt, confirmed }),
    requests: first.requests + second.requests,
  };
}

async function readMetadata({ system, settings, metadata }: PassContext): Promise<InstanceReading> {
  if (metadata !== undefined) return metadata.read();
  const { provider, url, timeoutMs } = settings.metadata;
  return readInstance({ provider, url, timeoutMs, dmi: await readDmi(system) });
}

async function diff({ system, settings }: PassContext, machine: Machine, desired: Desired) {
  const { renderer, facts, kernel, reloadHazard } = machine;
  const owned = await readOwnedFiles(system, [...Object.values(renderers), desired.settlement]);
  const files = [...(await supersededFiles(system, machine, desired)), ...diffFiles(owned, desired.files)];
  const touched = new Set(files.map(f => f.path));
  const compare = compareOptions(settings, facts, reloadHazard);
  const changes = planChanges({
    plan: desired.plan,
    applied: machine.state.applied,
    held: desired.held,
    kernel,
    filesDiffer: ({ mac }) => desired.files.some(f => f.enis.includes(mac) && touched.has(f.path)),
    superseded: eni => renderer.supersedes?.(eni.link, facts) !== undefined,
    compare,
  });
  const byKernel = changes.filter(change => travelOf(machine, change) === 'kernel');
  const live = differencesOf(kernel, byKernel, compare);
  const all = differencesOf(kernel, changes, compare);
  const kernelChanges = { add: additions(live), remove: removals(all) };
  return { files, changes, commands: renderer.activate(changes, facts, reloadHazard), kernelChanges };
}

/** As they are on the disk: in the facts secrets are masked, and a rollback gives the file back as it was. */
async function supersededFiles(
  system: System,
  { renderer, facts }: Machine,
  { plan }: Desired,
): Promise<readonly FileChange[]> {
  const paths = plan.enis.flatMap(eni => renderer.supersedes?.(eni.link, facts) ?? []);
  const files = await Promise.all(
    paths.map(async path => ({ path, mode: 0o644, before: await system.readFile(path), after: undefined })),
  );
  return files.filter(({ before }) => before !== undefined);
}

function nextState(state: State, instance: Instance, renderer: Renderer, desired: Desired): State {
  const complete = instance.enis.filter(eni => !JSON.stringify(eni).includes('"state":"unknown"'));
  return {
    version: 1,
    instanceId: instance.instanceId ?? state.instanceId,
    backend: renderer.name,
    slots: Object.fromEntries(desired.slots),
    learnedSubnets: Object.fromEntries(desired.learnedSubnets),
    lastGood: complete,
    applied: [...desired.plan.enis, ...desired.held].sort((a, b) => a.slot - b.slot),
    refused: state.refused,
  };
}

/** The address whose route is part of the primary's guard. */
function metadataAddressOf(instance: Instance, settings: Settings): Ip | undefined {
  const [endpoint] = endpointsOf(providerNamed(instance.provider), settings.metadata.url);
  return parseIp(new URL(endpoint).hostname.replace(/^\[|\]$/g, ''));
}

function logChange(log: Log, change: EniChange, { why, driftOf }: PassOptions): void {
  const eni = eniOf(change);
  const drift = driftOf?.(eni.mac) ?? [];
  const mends = drift.length === 0 ? {} : { drift };
  log.info({ eni: eni.eniId ?? eni.mac, link: eni.link, table: eni.table, ...why, ...mends }, change.kind);
}
