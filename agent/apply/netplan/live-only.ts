// Which ENIs are configured in the kernel and in our files, and not by the network service, because it must not be made to load them now
// (loaded.ts). The state lasts until the service has loaded its files, by whomever, and is noted below /run: a boot loads everything.
import type { NetplanGenerator, Renderer } from '../../../renderers/renderer.ts';
import type { LiveOnly } from '../../model/live-only.ts';
import { type OwnFile, recall } from '../../records/own-file.ts';
import * as s from '../../records/shapes.ts';
import { unlessDenied } from '../../system/look-only.ts';
import type { System } from '../../system/system.ts';
import type { ApplyContext } from '../apply-context.ts';
import type { Work } from '../perform.ts';
import { lastLoadOf, mayReadLoaded, reloadRemedy } from './loaded.ts';

export const liveOnlyPath = '/run/eni-agent/live-only.json';

/** Name of a link to when it was last changed without the service, in milliseconds since the epoch. */
type Notes = Readonly<Record<string, number>>;

/**
 * After a change was verified: notes each ENI with a file that is new and was not loaded; what is mended in the kernel alone is as loaded as
 * before. Forgets all where the service has loaded everything.
 */
export async function noteLive(
  { system, renderer, facts, reloadHazard }: ApplyContext,
  { changes, files }: Work,
): Promise<void> {
  if (renderer.netplanGenerator === undefined) return;
  const notes = new Map(Object.entries(await readNotes(system)));
  if (renderer.activate(changes, facts, reloadHazard).some(({ does }) => does === 'load')) notes.clear();
  const written = new Set(files.map(f => f.path));
  for (const change of changes) {
    if (change.kind === 'removed') notes.delete(change.before.link);
    else if (reloadHazard === undefined) continue;
    else if (renderer.render([change.after], facts).some(f => written.has(f.path)))
      notes.set(change.after.link, system.now());
  }
  await writeNotes(system, Object.fromEntries(notes));
}

/**
 * @param links of the ENIs that are planned; of another one nothing is said
 * @param touch false: the notes stay as they are
 * @returns undefined: the service has loaded all there is, or this look may not read whether it has
 */
export async function readLiveOnly(
  system: System,
  { netplanGenerator }: Pick<Renderer, 'netplanGenerator'>,
  reloadHazard: string | undefined,
  { links, touch }: { readonly links: readonly string[]; readonly touch: boolean },
): Promise<LiveOnly | undefined> {
  if (netplanGenerator === undefined) return undefined;
  const noted = Object.entries(await readNotes(system));
  if (noted.length === 0) return undefined;
  const isLoaded = await unlessDenied(loadedSince(system, netplanGenerator), undefined);
  // Who may not read what tells a hazard does not know that there is none, nor that a pass has something to load.
  const isTold = reloadHazard !== undefined || (await mayReadLoaded(system, netplanGenerator));
  if (isLoaded === undefined || !isTold) return undefined;
  const notes = noted.filter(([link, at]) => links.includes(link) && !isLoaded(at));
  if (touch && notes.length < noted.length) await writeNotes(system, Object.fromEntries(notes));
  if (notes.length === 0) return undefined;
  return {
    since: new Date(Math.min(...notes.map(([, at]) => at))).toISOString(),
    links: notes.map(([link]) => link).sort(),
    reason: reloadHazard ?? 'a reload is harmless by now: the next pass makes it',
    nextStep: reloadRemedy,
  };
}

async function loadedSince(system: System, generator: NetplanGenerator): Promise<(at: number) => boolean> {
  const last = await lastLoadOf(system, generator, undefined)();
  return at => last > at;
}

async function readNotes(system: System): Promise<Notes> {
  return (await recall(system, notesFile)) ?? {};
}

const notesFile: OwnFile<Notes> = { path: liveOnlyPath, shape: s.tableOf(s.linkName, s.number) };

async function writeNotes(system: System, notes: Notes): Promise<void> {
  if (Object.keys(notes).length > 0)
    await system.writeFile(liveOnlyPath, `${JSON.stringify(notes)}\n`, 0o644);
  else if (await system.exists(liveOnlyPath)) await system.removeFile(liveOnlyPath);
}
