// The record that makes an apply undoable: written before anything is touched, turned into the "last change" by the commit. One
// file, replaced in one step, so a crash leaves either no checkpoint (nothing was touched) or a whole one.
import type { EniChange } from '../../renderers/renderer.ts';
import { type BackendName, backendNames } from '../model/host.ts';
import type { EniPlan } from '../model/network-plan.ts';
import { eniChange } from '../records/model-shapes.ts';
import { type OwnFile, readOwn } from '../records/own-file.ts';
import * as s from '../records/shapes.ts';
import type { System } from '../system/system.ts';
import { changeOfToday } from './earlier-plans.ts';
import { type FoundLink, foundLink } from './others/found.ts';
import { type FileChange, fileChange } from './ownership.ts';
import { type PrimarySnapshot, primarySnapshot } from './primary/guard.ts';
import { type State, stateOfToday, stateShape } from './state-file.ts';

export const checkpointPath = '/var/lib/eni-agent/checkpoint.json';
export const lastChangePath = '/var/lib/eni-agent/last-change.json';

export interface Checkpoint {
  readonly version: 1;
  /** ISO time. */
  readonly time: string;
  readonly backend: BackendName;
  readonly changes: readonly EniChange[];
  readonly files: readonly FileChange[];
  readonly primary: PrimarySnapshot;
  /** True for the last change: it is done, and only `rollback` looks at it. */
  readonly committed: boolean;
  /** Of the kernel that the picture of the primary was taken in: after a reboot it is a picture of the past. */
  readonly bootId: string | undefined;
  readonly stateBefore: State;
  /** Differences between kernel and old plan that were there before: a rollback does not have to mend them. */
  readonly knownFaults: readonly string[];
  /** What others had at `time` on the links that the change takes over or takes down; of the last change, what it has taken of that. */
  readonly found: readonly FoundLink[];
}

const shape = s.shapeOf<Checkpoint>({
  version: s.literal(1),
  time: s.time,
  backend: s.oneOf(backendNames),
  changes: s.listOf(eniChange),
  files: s.listOf(fileChange),
  primary: primarySnapshot,
  committed: s.flag,
  bootId: s.optional(s.line),
  stateBefore: stateShape,
  knownFaults: s.listOf(s.line),
  // Earlier versions have not noted what they found.
  found: s.withDefault(s.listOf(foundLink), []),
});

export const checkpointFile: OwnFile<Checkpoint> = { path: checkpointPath, shape };
export const lastChangeFile: OwnFile<Checkpoint> = { path: lastChangePath, shape };

/** Throws `state-unreadable`, `file-failed`. */
export async function readCheckpoint(
  system: System,
  file: OwnFile<Checkpoint>,
): Promise<Checkpoint | undefined> {
  const found = await readOwn(system, file);
  if (found === undefined) return undefined;
  // Whatever becomes of the rollback, `stateBefore` is written as the state.
  const changes = found.changes.map(changeOfToday);
  return { ...found, changes, stateBefore: stateOfToday(found.stateBefore) };
}

export async function writeCheckpoint(
  system: System,
  checkpoint: Checkpoint,
  path = checkpointPath,
): Promise<void> {
  // 0600: configuration files of a backend may hold secrets of others beside ours (they do not today).
  await system.writeFile(path, `${JSON.stringify(checkpoint, null, 1)}\n`, 0o600);
}

/** The same change the other way round. */
export function inverse(checkpoint: Checkpoint, linkPresent: (eni: EniPlan) => boolean): Checkpoint {
  return {
    ...checkpoint,
    changes: [...checkpoint.changes].reverse().map(change => inverseChange(change, linkPresent)),
    files: checkpoint.files.map(f => ({ ...f, before: f.after, after: f.before })),
  };
}

function inverseChange(change: EniChange, linkPresent: (eni: EniPlan) => boolean): EniChange {
  switch (change.kind) {
    case 'added':
      return { kind: 'removed', before: change.after, linkPresent: linkPresent(change.after) };
    case 'removed':
      return { kind: 'added', after: change.before };
    case 'changed':
      return { kind: 'changed', before: change.after, after: change.before };
  }
}

export async function readBootId(system: System): Promise<string | undefined> {
  return (await system.readFile('/proc/sys/kernel/random/boot_id'))?.trim();
}
