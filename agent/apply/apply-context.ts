// What every step of an apply gets, and the two questions that several of them ask.
import { type EniChange, eniOf, type Renderer, type Travel } from '../../renderers/renderer.ts';
import type { Actor } from '../history/entry.ts';
import type { Log } from '../log.ts';
import type { Ip } from '../model/address.ts';
import type { HostFacts } from '../model/host.ts';
import type { KernelState } from '../model/kernel-state.ts';
import type { EniPlan } from '../model/network-plan.ts';
import { readKernelState } from '../system/kernel/reader.ts';
import type { System } from '../system/system.ts';
import type { CompareOptions, Difference } from './compare.ts';
import { differencesOf } from './eni-changes.ts';

export interface ApplyContext {
  readonly system: System;
  readonly log: Log;
  readonly renderer: Renderer;
  readonly facts: HostFacts;
  /** Why the service must not be made to reload now. */
  readonly reloadHazard: string | undefined;
  readonly compare: CompareOptions;
  readonly verifyTimeoutMs: number;
  /** The metadata service: the path to it is part of the guard. */
  readonly metadataAddress: Ip | undefined;
  /** Who makes the change, and what started it: for the history. */
  readonly by?: Actor;
  readonly trigger?: string | undefined;
}

/** How a change travels now. */
export function travelOf(
  { renderer, facts, reloadHazard }: Pick<ApplyContext, 'renderer' | 'facts' | 'reloadHazard'>,
  change: EniChange,
): Travel {
  return renderer.travel(change, facts, reloadHazard);
}

/** What the kernel lacks or has too much of, per change. */
export function differences(
  context: ApplyContext,
  changes: readonly EniChange[],
  kernel: KernelState,
): readonly Difference[] {
  return differencesOf(kernel, changes, context.compare);
}

/** Links of all ENIs that a change is about, and of `enis`. */
export function linksOf(changes: readonly EniChange[], enis: readonly EniPlan[]): ReadonlySet<string> {
  const changed = changes.map(eniOf);
  return new Set([...enis, ...changed].map(e => e.link));
}

export interface SeenKernel {
  readonly kernel: KernelState;
  /** When it was read, in ticks. */
  readonly at: number;
}

/** A moment: what was read before that is read again. */
const freshMs = 250;

/** As it was when the change was made, if that is a moment ago: who waits for an ENI does not wait for the same listings twice. */
export async function kernelNow(system: System, seen: SeenKernel | undefined): Promise<KernelState> {
  const isFresh = seen !== undefined && system.ticks() - seen.at <= freshMs;
  return isFresh ? seen.kernel : readKernelState(system);
}
