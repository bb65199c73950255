// Every path that the agent may ever write to for an ENI, or put back: what a checkpoint names beside these is not from us.
import { renderers } from '../../../renderers/registry.ts';
import { type Checkpoint, readCheckpoint } from '../../apply/checkpoint.ts';
import { primaryGroupFiles } from '../../apply/primary/group.ts';
import { publishedFiles } from '../../apply/published/script.ts';
import { settlementFiles } from '../../coexistence/drop-ins.ts';
import { AgentError } from '../../errors.ts';
import type { OwnFile } from '../../records/own-file.ts';
import type { System } from '../../system/system.ts';

/** Where files of ours may be, whoever is in charge: each renderer, and what belongs to the machine as a whole. */
export const allOwnFiles = [
  ...Object.values(renderers),
  { ownFiles: [...settlementFiles, primaryGroupFiles, publishedFiles] },
];

const patterns = [
  ...allOwnFiles.flatMap(({ ownFiles }) => ownFiles),
  ...Object.values(renderers).flatMap(({ supersededFiles }) => supersededFiles ?? []),
];

/** Throws `state-unreadable`, also for a path that the agent would never write, and `file-failed`. */
export async function readOwnCheckpoint(
  system: System,
  file: OwnFile<Checkpoint>,
): Promise<Checkpoint | undefined> {
  const checkpoint = await readCheckpoint(system, file);
  const foreign = checkpoint?.files.find(({ path }) => !isOwnPath(path));
  if (foreign !== undefined)
    throw new AgentError(
      'state-unreadable',
      `cannot read ${file.path}: it names ${foreign.path}, which is no file of eni-agent's`,
    );
  return checkpoint;
}

function isOwnPath(path: string): boolean {
  return patterns.some(
    ({ dir, name }) => path.startsWith(`${dir}/`) && name.test(path.slice(dir.length + 1)),
  );
}
