// The change that `rollback` takes back, and what that would do to the machine as it is now.
import { type EniChange, eniOf, isMarked } from '../../renderers/renderer.ts';
import { type Checkpoint, checkpointFile, inverse, lastChangeFile } from '../apply/checkpoint.ts';
import { compareOptions } from '../apply/compare.ts';
import { differencesOf } from '../apply/eni-changes.ts';
import { type FileChange, readFoundFile } from '../apply/ownership.ts';
import { isOfThisMachine, readState, type State } from '../apply/state-file.ts';
import { AgentError } from '../errors.ts';
import type { EniPlan } from '../model/network-plan.ts';
import type { System } from '../system/system.ts';
import { workOf } from './differences.ts';
import { type MachineContext, readMachine } from './machine.ts';
import { readOwnCheckpoint } from './records/own-paths.ts';

/** An apply that was interrupted, or else the last that was committed. Throws `nothing-to-roll-back`. */
export async function readLastChange(system: System): Promise<{ change: Checkpoint; state: State }> {
  const interrupted = await readOwnCheckpoint(system, checkpointFile);
  const change = interrupted ?? (await readOwnCheckpoint(system, lastChangeFile));
  if (change === undefined) throw new AgentError('nothing-to-roll-back', 'there is no change to roll back');
  const state = await readState(system);
  // On a machine made of another one's disk the first change took that one's addresses away: they are not to come back.
  if (interrupted === undefined && !isOfThisMachine(change.stateBefore, state.instanceId))
    throw new AgentError(
      'nothing-to-roll-back',
      `the last change replaced the configuration of another instance, ${change.stateBefore.instanceId}, from whose disk this one was made`,
    );
  if (interrupted === undefined && change.primary.returning !== undefined)
    throw new AgentError(
      'nothing-to-roll-back',
      `the last change gave the primary ENI's link ${change.primary.link} back, which had been taken for another ENI's`,
    );
  return { change, state };
}

export interface RevertedEni {
  readonly change: EniChange;
  /** Keys of objects that would come and go. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Touches nothing. Throws what readMachine throws. */
export async function previewRollback(context: MachineContext, change: Checkpoint) {
  const machine = await readMachine(context, { backend: () => change.backend, touch: false });
  const { kernel, facts, reloadHazard } = machine;
  const present = ({ link }: EniPlan) => kernel.links.some(l => l.name === link);
  const { files, changes } = inverse(change, present);
  const compare = compareOptions(context.settings, facts, reloadHazard);
  const differences = differencesOf(kernel, changes, compare);
  const found = await Promise.all(files.map(file => asItIs(context.system, file)));
  return {
    enis: changes.map((inverted, index): RevertedEni => {
      const { missing, stale } = differences[index]!;
      return { change: inverted, added: missing.map(o => o.key), removed: stale.map(o => o.key) };
    }),
    files: found.flatMap(f => (f === 'stays' || f.before === f.after ? [] : [f])),
    /** Files that another program has put in the place of ours since. */
    kept: files.filter((_, index) => found[index] === 'stays').map(f => f.path),
    reloadHazard,
    ...workOf(machine, changes, compare),
  };
}

export type RollbackPreview = Awaited<ReturnType<typeof previewRollback>>;

async function asItIs(system: System, file: FileChange): Promise<FileChange | 'stays'> {
  const now = (await readFoundFile(system, file.path))?.content;
  const isTheirs = now !== undefined && now !== file.before && !isMarked(now);
  return isTheirs ? 'stays' : { ...file, before: now };
}

/** `removed eni-1 on eth1` */
export function describeReverted({ change }: RevertedEni): string {
  const eni = eniOf(change);
  return `${change.kind} ${eni.eniId ?? eni.mac} on ${eni.link}`;
}
