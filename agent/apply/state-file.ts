// What the agent remembers between passes: /var/lib/eni-agent/state.json. Losing it loses nothing that works: slots come back
// from the kernel's tables, owned files are found by their marker.
import type { Cidr, Mac } from '../model/address.ts';
import { type BackendName, backendNames } from '../model/host.ts';
import type { Eni } from '../model/instance.ts';
import type { EniPlan } from '../model/network-plan.ts';
import { oncePer } from '../model/value.ts';
import { eni, eniPlan } from '../records/model-shapes.ts';
import { type OwnFile, readOwn } from '../records/own-file.ts';
import * as s from '../records/shapes.ts';
import { unlessDenied } from '../system/look-only.ts';
import type { System } from '../system/system.ts';
import { planOfToday } from './earlier-plans.ts';
import { type TakenByMac, takenShape } from './others/taken.ts';

export const statePath = '/var/lib/eni-agent/state.json';

export interface State {
  readonly version: 1;
  /** Of the machine that wrote this: an image made from this disk must not believe it. */
  readonly instanceId: string | undefined;
  readonly backend: BackendName | undefined;
  readonly slots: Readonly<Record<Mac, number>>;
  readonly learnedSubnets: Readonly<Record<Mac, Cidr>>;
  /** Who the primary was at the last pass; missing where an earlier version wrote this. */
  readonly primary?: Mac | undefined;
  /** The last complete reading of each ENI, used while the metadata has nothing better. */
  readonly lastGood: readonly Eni[];
  /** What the last pass made of it: the plans whose files are on disk. */
  readonly applied: readonly EniPlan[];
  /** Fingerprint of a plan that `rollback` took back: it is not applied again by itself. */
  readonly refused: string | undefined;
  /** Fingerprint of all that was planned, where ENIs were set apart: they are not among the applied ones. */
  readonly wanted?: string | undefined;
  /** What the take-over of an ENI took of others on its link: comes back with `remove`, in the same boot. */
  readonly taken: TakenByMac;
}

export const emptyState: State = {
  version: 1,
  instanceId: undefined,
  backend: undefined,
  slots: {},
  learnedSubnets: {},
  lastGood: [],
  applied: [],
  refused: undefined,
  taken: {},
};

/**
 * False where the state came with an image of another machine. An instance id that could not be read is not another one: to take it for
 * that would be to forget, and with it to take away, what the metadata does not say at this moment.
 */
export function isOfThisMachine(state: State, instanceId: string | undefined): boolean {
  return state.instanceId === undefined || instanceId === undefined || state.instanceId === instanceId;
}

export const stateShape = s.shapeOf<State>({
  version: s.literal(1),
  instanceId: s.optional(s.line),
  primary: s.optional(s.mac),
  backend: s.optional(s.oneOf(backendNames)),
  slots: s.withDefault(s.tableOf(s.mac, s.count), {}),
  learnedSubnets: s.withDefault(s.tableOf(s.mac, s.cidr), {}),
  lastGood: s.listOf(eni),
  applied: s.listOf(eniPlan),
  refused: s.optional(s.line),
  wanted: s.optional(s.line),
  taken: s.withDefault(s.tableOf(s.mac, takenShape), {}),
});

export const stateFile: OwnFile<State> = { path: statePath, shape: stateShape };

/** Throws `state-unreadable`, `file-failed`. */
export async function readState(system: System): Promise<State> {
  const state = await unlessDenied(readOwn(system, stateFile), undefined);
  return state === undefined ? emptyState : stateOfToday(state);
}

/** Plans in the form of today. */
export const stateOfToday = oncePer(
  (state: State): State => ({
    ...emptyState,
    ...state,
    applied: state.applied.map(planOfToday),
  }),
);

/**
 * Writes only if something changed: a pass that changes nothing leaves no trace. Readable by all: `status` needs no root.
 *
 * @param force writes in any case
 */
export async function writeState(system: System, state: State, { force = false } = {}): Promise<void> {
  const text = `${JSON.stringify(state, null, 1)}\n`;
  if (force || (await system.readFile(statePath)) !== text) await system.writeFile(statePath, text, 0o644);
}
