// One look at the machine: its facts as seen from the primary's link, its kernel, what was applied before, which backend is in charge, and
// whether that may be made to reload. Whoever acts, or tells what there is, begins here.

import { type Selection, selectBackend } from '../../renderers/detect/select.ts';
import { renderers } from '../../renderers/registry.ts';
import type { Renderer } from '../../renderers/renderer.ts';
import type { ApplyContext } from '../apply/apply-context.ts';
import { compareOptions } from '../apply/compare.ts';
import { reloadHazardOf } from '../apply/netplan/loaded.ts';
import { readState, type State } from '../apply/state-file.ts';
import { AgentError } from '../errors.ts';
import type { Actor } from '../history/entry.ts';
import type { Log } from '../log.ts';
import type { Ip } from '../model/address.ts';
import type { BackendName, HostFacts } from '../model/host.ts';
import type { Eni } from '../model/instance.ts';
import type { KernelState } from '../model/kernel-state.ts';
import { isDefaultRoute, mainTable } from '../model/network-plan.ts';
import type { Settings } from '../model/settings.ts';
import { primaryLinkOf } from '../plan/match-links.ts';
import { readHostFacts, withPrimaryLink } from '../system/facts/host-facts.ts';
import { readKernelState } from '../system/kernel/reader.ts';
import type { System } from '../system/system.ts';

/** What every look and every change needs. */
export interface MachineContext {
  readonly system: System;
  readonly settings: Settings;
  readonly log: Log;
  /** Who makes changes by it: for the history. */
  readonly by?: Actor;
}

/** What there is to see before it is known which link is the primary's: `facts` guess it by the default route. */
export interface Readings {
  readonly facts: HostFacts;
  readonly kernel: KernelState;
  /** When the kernel was read, in ticks. */
  readonly kernelAt: number;
  readonly state: State;
}

/** The facts as seen from the primary's link, and what they say about the backend. */
export interface RecognisedMachine extends Readings {
  readonly selection: Selection;
}

export interface Machine extends RecognisedMachine {
  /** Of the backend in charge. */
  readonly renderer: Renderer;
  /** Why its service must not be made to reload now; undefined: it may, or it is never asked to. */
  readonly reloadHazard: string | undefined;
}

export interface MachineOptions {
  /** The backend, where it is not the configured or the recognised one. */
  readonly backend?: (state: State) => BackendName | undefined;
  /** False: nothing is touched, not even the notes of what the service has loaded. */
  readonly touch: boolean;
}

/** @param facts read a moment ago; else they are read */
export async function takeReadings({ system }: MachineContext, facts?: HostFacts): Promise<Readings> {
  const found = facts ?? (await readHostFacts(system));
  const state = await readState(system);
  return { facts: found, state, kernelAt: system.ticks(), kernel: await readKernelState(system) };
}

/** @param enis as the metadata has them, or had them the last time: one of them is the primary */
export async function recogniseMachine(
  { system, settings }: MachineContext,
  readings: Readings,
  enis: readonly Pick<Eni, 'mac' | 'primary'>[] = readings.state.lastGood,
): Promise<RecognisedMachine> {
  const primary = primaryLinkOf(enis, readings.kernel.links, settings.agent);
  const facts = await withPrimaryLink(system, readings.facts, primary);
  return { ...readings, facts, selection: selectBackend(facts) };
}

/** Throws `backend-unknown` where nothing tells the backend. */
export async function withBackend(
  { system, settings }: MachineContext,
  readings: RecognisedMachine,
  { backend, touch }: MachineOptions,
): Promise<Machine> {
  const named = backend?.(readings.state);
  const renderer = named === undefined ? rendererFor(settings, readings.selection) : renderers[named];
  return {
    ...readings,
    renderer,
    reloadHazard: await reloadHazardOf(system, renderer, { readOnly: !touch }),
  };
}

/** The whole look, without the metadata. */
export async function readMachine(context: MachineContext, options: MachineOptions): Promise<Machine> {
  return withBackend(context, await recogniseMachine(context, await takeReadings(context)), options);
}

/** The renderer of the configured backend, or else of the recognised one. Throws `backend-unknown`. */
export function rendererFor(settings: Settings, selection: Selection): Renderer {
  const backend = settings.agent.backend ?? selection.backend;
  if (backend === undefined)
    throw new AgentError(
      'backend-unknown',
      `cannot tell what owns the links of this machine: ${selection.problem}`,
    );
  return renderers[backend];
}

/**
 * Throws `backend-unknown` where nothing can be recognised, whichever link is the primary's. The guess may be wrong: cloud-init's dhcpcd leaves
 * a default route by an ENI with metric 1003, and that of the primary's lease has 1024 with networkd.
 */
export async function mustBeRecognisable(
  { system, settings }: MachineContext,
  guessed: HostFacts,
): Promise<void> {
  const selection = selectBackend(guessed);
  if ((settings.agent.backend ?? selection.backend) !== undefined) return;
  const { routes } = await readKernelState(system);
  const byDefault = routes.filter(r => r.table === mainTable && isDefaultRoute(r)).flatMap(r => r.link ?? []);
  for (const link of new Set(byDefault)) {
    if (link === guessed.primaryLink) continue;
    if (selectBackend(await withPrimaryLink(system, guessed, link)).backend !== undefined) return;
  }
  rendererFor(settings, selection);
}

/** @param metadataAddress the route to it is part of the primary's guard */
export function applyContext(
  { system, log, settings, by }: MachineContext,
  { renderer, facts, reloadHazard }: Pick<Machine, 'renderer' | 'facts' | 'reloadHazard'>,
  metadataAddress?: Ip,
): ApplyContext {
  return {
    system,
    log,
    renderer,
    facts,
    reloadHazard,
    compare: compareOptions(settings, facts, reloadHazard),
    verifyTimeoutMs: settings.agent.verifyTimeoutMs,
    metadataAddress,
    ...(by === undefined ? {} : { by }),
  };
}
