// Which files are ours. A file is owned if it carries the marker in its first lines and lies where a renderer writes, or if the renderer
// has another proof where a tool drops comments (NetworkManager: the UUID); anything else is foreign, and foreign files are neither changed nor removed.
import { type FileText, isMarked, type OwnFiles, type Renderer } from '../../renderers/renderer.ts';
import { AgentError } from '../errors.ts';
import type { Log } from '../log.ts';
import * as s from '../records/shapes.ts';
import { unlessDenied } from '../system/look-only.ts';
import type { System } from '../system/system.ts';

export interface FileChange {
  readonly path: string;
  readonly mode: number;
  /** Undefined: the file is not there. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export const fileChange = s.shapeOf<FileChange>({
  path: s.absolutePath,
  mode: s.count,
  before: s.optional(s.text),
  after: s.optional(s.text),
});

/** A file as it is on the disk. */
export interface FoundFile {
  readonly content: string;
  /** Of its permissions. NetworkManager refuses a profile that others than root can read: a rollback gives the mode back as well. */
  readonly mode: number;
}

/** Undefined: there is no such file. */
export async function readFoundFile(system: System, path: string): Promise<FoundFile | undefined> {
  const content = await system.readFile(path);
  const mode = (await system.stat(path))?.mode ?? 0o644;
  return content === undefined ? undefined : { content, mode: mode & 0o7777 };
}

/**
 * Owned files on disk, found by the patterns of all renderers: also if the state file was lost, and also those of a backend that
 * is no longer the one in charge (after an upgrade of the distribution). What a look may not read is left out.
 */
export async function readOwnedFiles(
  system: System,
  renderers: readonly Pick<Renderer, 'ownFiles'>[],
): Promise<ReadonlyMap<string, FoundFile>> {
  const owned = new Map<string, FoundFile>();
  for (const { dir, name, isOurs } of renderers.flatMap(r => r.ownFiles)) {
    for (const entry of await entriesBelow(system, dir, name.source.includes('/'))) {
      if (!name.test(entry)) continue;
      const path = `${dir}/${entry}`;
      const found = await unlessDenied(readFoundFile(system, path), undefined);
      if (found !== undefined && (isMarked(found.content) || isOurs?.(found.content))) owned.set(path, found);
    }
  }
  return owned;
}

/** Names in a folder, and `FOLDER/NAME` one level deeper where a renderer has drop-in folders. */
async function entriesBelow(system: System, dir: string, deeper: boolean): Promise<readonly string[]> {
  const entries = await unlessDenied(system.listFolder(dir), []);
  if (!deeper) return entries;
  const below = await Promise.all(
    entries.map(async entry => {
      const names = await unlessDenied(system.listFolder(`${dir}/${entry}`), []);
      return names.map(name => `${entry}/${name}`);
    }),
  );
  return [...entries, ...below.flat()];
}

/**
 * Paths of `files` that somebody else's file occupies, as far as they can be read.
 *
 * @param ownFiles of the renderer that made them, for what is ours without a mark
 */
export async function foreignPaths(
  system: System,
  files: readonly FileText[],
  ownFiles: readonly OwnFiles[] = [],
): Promise<readonly string[]> {
  const occupied = await Promise.all(
    files.map(async file => {
      const content = await unlessDenied(system.readFile(file.path), file.content);
      if (content === undefined) return (await system.exists(file.path)) ? [file.path] : [];
      return isMarked(content) || ownFiles.some(own => isOwnFile(own, file.path, content)) ? [] : [file.path];
    }),
  );
  return occupied.flat();
}

function isOwnFile({ dir, name, isOurs }: OwnFiles, path: string, content: string): boolean {
  return path.startsWith(`${dir}/`) && name.test(path.slice(dir.length + 1)) && isOurs?.(content) === true;
}

/** What has to change on disk so that exactly `files` are there and no other owned file. Sorted by path; equal files are left out. */
export function diffFiles(
  owned: ReadonlyMap<string, FoundFile>,
  files: readonly FileText[],
): readonly FileChange[] {
  const wanted = new Map(files.map(f => [f.path, f]));
  const gone = [...owned].filter(([path]) => !wanted.has(path));
  const changes: FileChange[] = [
    ...gone.map(([path, { content, mode }]) => ({ path, mode, before: content, after: undefined })),
    ...files
      .filter(f => owned.get(f.path)?.content !== f.content)
      .map(f => ({ path: f.path, mode: f.mode, before: owned.get(f.path)?.content, after: f.content })),
  ];
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}

interface Files {
  readonly system: System;
  readonly log: Log;
}

/**
 * Writes or removes one file, unless somebody else has put his own there.
 *
 * @param tolerant neither that nor a disk that takes nothing stops anything
 * @returns why it could not be done, if that is to stop nothing
 */
export async function putFile(
  context: Files,
  file: FileChange,
  tolerant: boolean,
): Promise<AgentError | undefined> {
  return putNow(context, file, tolerant).catch((error: unknown) => {
    if (tolerant && error instanceof AgentError) return error;
    throw error;
  });
}

async function putNow({ system, log }: Files, file: FileChange, tolerant: boolean): Promise<undefined> {
  const { path, before, after, mode } = file;
  // Between the decision and now (for a rollback: days) another program or a person may have put a file there.
  const now = await system.readFile(path);
  // A rollback may have to do with a disk that takes nothing: what was not written need not be taken back.
  if (tolerant && now === after) return;
  if (now !== undefined && now !== before && !isMarked(now)) {
    const said = `${path} was replaced by a file that eni-agent did not write; it stays as it is`;
    if (!tolerant) throw new AgentError('file-failed', said);
    log.warn({ path }, said);
    return;
  }
  await (after === undefined ? system.removeFile(path) : system.writeFile(path, after, mode));
  log.debug({ path }, after === undefined ? 'removed' : 'wrote');
}
