// The tree of one package: packaging/contents.ts made into files, with their modes and one date. Owners are set by the package's format.
import { globSync } from 'node:fs';
import { chmod, cp, lutimes, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { checkout } from './artefacts.ts';
import type { Entry } from './contents.ts';

/** A file, a folder or a link of a package. */
export interface StagedFile {
  /** Absolute, as installed. */
  readonly path: string;
  readonly mode: number;
  readonly kind: Entry['kind'];
  readonly type: 'file' | 'directory' | 'link';
}

export interface StagingPlace {
  /** The tree's root; must not exist. */
  readonly tree: string;
  /** Folder with what the build has made. */
  readonly built: string;
  /** Texts of packaging/docs/, by installed path. */
  readonly generated: ReadonlyMap<string, string>;
  /** Seconds since 1970, for all files. */
  readonly epoch: number;
}

/**
 * Makes the tree of a package.
 * @returns what is in it, sorted by path.
 * @throws Error when a source is missing, or when two entries have one path.
 */
export async function stage(entries: readonly Entry[], place: StagingPlace): Promise<readonly StagedFile[]> {
  const staged: StagedFile[] = [];
  await mkdir(place.tree);
  for (const entry of entries) staged.push(...(await stageEntry(entry, place)));
  const paths = staged.map(file => file.path);
  const twice = paths.find((name, at) => paths.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`packaging/contents.ts: two sources for ${twice}`);
  await setModesAndDates(staged, place);
  return staged.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function stageEntry(entry: Entry, place: StagingPlace): Promise<readonly StagedFile[]> {
  const { source, mode, kind } = entry;
  const inTree = (installed: string) => path.join(place.tree, installed);
  await mkdir(path.dirname(inTree(entry.path)), { recursive: true });
  if ('directory' in source) {
    await mkdir(inTree(entry.path), { recursive: true });
    return [{ path: entry.path, mode, kind, type: 'directory' }];
  }
  if ('link' in source) {
    await symlink(source.link, inTree(entry.path));
    return [{ path: entry.path, mode: 0o777, kind, type: 'link' }];
  }
  const files = await filesOf(entry, place);
  for (const { installed, content } of files) {
    await mkdir(path.dirname(inTree(installed)), { recursive: true });
    if (typeof content === 'string') await cp(content, inTree(installed));
    else await writeFile(inTree(installed), content);
  }
  return files.map(({ installed }) => ({ path: installed, mode, kind, type: 'file' }));
}

interface FileToStage {
  readonly installed: string;
  /** A path to copy, or the bytes. */
  readonly content: string | Uint8Array;
}

async function filesOf(entry: Entry, place: StagingPlace): Promise<readonly FileToStage[]> {
  const { source } = entry;
  if ('generated' in source) {
    const text = place.generated.get(source.generated);
    if (text === undefined) throw new Error(`packaging/docs/ makes no ${source.generated}`);
    return [compressed(entry, Buffer.from(text))];
  }
  const [root, pattern] =
    'checkout' in source ? [checkout, source.checkout] : [place.built, 'built' in source ? source.built : ''];
  const replaced =
    'replacedBy' in source ? globSync('*', { cwd: path.join(checkout, source.replacedBy!) }) : [];
  const found = globSync(pattern, { cwd: root })
    .filter(file => !replaced.includes(path.basename(file)))
    .sort();
  if (found.length === 0) throw new Error(`packaging/contents.ts: no file matches ${pattern}`);
  if (entry.path.endsWith('/')) {
    return found.map(file => ({
      installed: entry.path + path.basename(file),
      content: path.join(root, file),
    }));
  }
  const file = path.join(root, found[0]!);
  return [entry.gzip ? compressed(entry, await readFile(file)) : { installed: entry.path, content: file }];
}

/** gzip -9n: without name and date. */
function compressed(entry: Entry, bytes: Buffer): FileToStage {
  return entry.gzip
    ? { installed: `${entry.path}.gz`, content: gzipSync(bytes, { level: 9 }) }
    : { installed: entry.path, content: bytes };
}

/** Also of the folders that nothing names (/usr, /usr/share ...): whatever the umask, they are 755. */
async function setModesAndDates(staged: readonly StagedFile[], { tree, epoch }: StagingPlace): Promise<void> {
  const modes = new Map<string, number>([['/', 0o755]]);
  for (const file of staged) {
    for (let folder = path.dirname(file.path); folder !== '/'; folder = path.dirname(folder))
      if (!modes.has(folder)) modes.set(folder, 0o755);
  }
  for (const file of staged) modes.set(file.path, file.mode);
  const links = new Set(staged.filter(({ type }) => type === 'link').map(file => file.path));
  for (const [installed, mode] of modes) {
    const inTree = path.join(tree, installed);
    if (!links.has(installed)) await chmod(inTree, mode);
    await lutimes(inTree, epoch, epoch);
  }
}
