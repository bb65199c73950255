// The record that makes an apply undoable: written before anything is touched, turned into the "last change" by the commit. One
// file, replaced in one step, so a crash leaves either no checkpoint (nothing was touched) or a whole one.
import type { EniChange } from '../../renderers/renderer.ts';
import { AgentError, reasonOf } from '../errors.ts';
import type { BackendName } from '../model/host.ts';
import type { EniPlan } from '../model/network-plan.ts';
import type { System } from '../system/system.ts';
import { changeOfToday } from './earlier-plans.ts';
import type { FoundLink } from './others/found.ts';
import type { FileChange } from './ownership.ts';
import type { PrimarySnapshot } from './primary/guard.ts';
import { asState, type State } from './state-file.ts';

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

export async function readCheckpoint(system: System, path: string): Promise<Checkpoint | undefined> {
  const text = await system.readFile(path);
  if (text === undefined) return undefined;
  try {
    const checkpoint = (JSON.parse(text) ?? {}) as Checkpoint;
    if (checkpoint.version !== 1) throw new Error(`version ${JSON.stringify(checkpoint.version)} is not 1`);
    const lists = [checkpoint.changes, checkpoint.files, checkpoint.knownFaults];
    if (!lists.every(Array.isArray)) throw new Error('a list is missing');
    // Whatever becomes of the rollback, this is written as the state.
    const stateBefore = asState(checkpoint.stateBefore);
    // Earlier versions have not noted what they found.
    const changes = checkpoint.changes.map(changeOfToday);
    return { ...checkpoint, changes, stateBefore, found: checkpoint.found ?? [] };
  } catch (cause) {
    throw new AgentError('state-unreadable', `cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
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
