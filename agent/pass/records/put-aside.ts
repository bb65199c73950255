// What stands in the agent's own folders and is not its own is put aside before a pass goes by it: a full disk, an edit by hand, a later
// version of the agent or somebody else has written it. Losing it loses nothing that works (docs/errors.md, state-unreadable).
import path from 'node:path';
import { checkpointFile, checkpointPath, lastChangeFile, lastChangePath } from '../../apply/checkpoint.ts';
import { readState, statePath } from '../../apply/state-file.ts';
import { AgentError } from '../../errors.ts';
import type { System } from '../../system/system.ts';
import type { MachineContext } from '../machine.ts';
import { readOwnCheckpoint } from './own-paths.ts';

const suffix = '.broken';

/** What of each is gone by, and what stays where it is: locks are held by their open file. */
const folders: readonly { readonly folder: string; readonly stays: ReadonlySet<string> }[] = [
  { folder: '/var/lib/eni-agent', stays: new Set() },
  { folder: '/run/eni-agent', stays: new Set(['lock', 'daemon.lock', 'triggers', 'daemon']) },
  { folder: '/run/eni-agent/triggers', stays: new Set() },
  { folder: '/run/eni-agent/daemon', stays: new Set() },
];

const readers: Readonly<Record<string, (system: System) => Promise<unknown>>> = {
  [statePath]: readState,
  [checkpointPath]: system => readOwnCheckpoint(system, checkpointFile),
  [lastChangePath]: system => readOwnCheckpoint(system, lastChangeFile),
};

/** What each pass goes by; only `rollback` goes by the last change. */
const ofEachPass = [statePath, checkpointPath];

/**
 * Call it under the lock, before anything is read. Says once what it has put aside. Throws `file-failed` where it cannot: nothing is gone by then.
 *
 * @param files paths of those that the pass goes by
 */
export async function putUnusableAside(
  context: Pick<MachineContext, 'system' | 'log'>,
  files: readonly string[] = ofEachPass,
): Promise<void> {
  const { system } = context;
  for (const { folder, stays } of folders) {
    const flaw = await system.secureFolder(folder);
    if (flaw === undefined) continue;
    // Whoever could write there may have put anything there.
    const names = (await system.listFolder(folder)).filter(
      name => !stays.has(name) && !name.endsWith(suffix),
    );
    for (const name of names)
      await putAside(context, path.join(folder, name), `${folder} ${flaw}, so anybody may have written it`);
  }
  for (const file of files) {
    try {
      await readers[file]!(system);
    } catch (error) {
      if (!(error instanceof AgentError) || error.code !== 'state-unreadable') throw error;
      await putAside(context, file, error.message);
    }
  }
}

async function putAside(
  { system, log }: Pick<MachineContext, 'system' | 'log'>,
  from: string,
  reason: string,
): Promise<void> {
  const to = `${from}${suffix}`;
  await system.moveAside(from, to);
  log.warn({ path: to, reason }, 'put aside what cannot be used');
}
