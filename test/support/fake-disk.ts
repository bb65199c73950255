// Files of a fake machine: a map from path to content. Folders are what paths imply.
import { distrust } from '../../agent/system/trust.ts';
import type { FakeKernel } from './fake-kernel.ts';

export interface FakeFile {
  readonly content: string;
  readonly mode: number;
  /** Time of the write; 0 unless told. Two names of one object are hard links of one file. */
  readonly modified?: number;
  /** Of a symbolic link: what it points to. Its content is empty. */
  readonly target?: string;
  /** Of the owner; root unless told. */
  readonly uid?: number;
  /** Neither a file nor a link: a FIFO, a device. */
  readonly isSpecial?: true;
}

/** As agent/system/own-files.ts has it. */
export function ownFlaw(
  path: string,
  { mode, target, uid = 0, isSpecial }: FakeFile,
  unsafe: ReadonlyMap<string, string>,
): string | undefined {
  if (target !== undefined) return 'is a symbolic link';
  if (isSpecial) return 'is not a regular file';
  const folder = [...unsafe.keys()].find(f => path.startsWith(`${f}/`));
  return (
    distrust({ uid, mode }) ??
    (folder === undefined ? undefined : `lies in ${folder}, which ${unsafe.get(folder)}`)
  );
}

const inodes = new WeakMap<FakeFile, number>();
let lastInode = 0;

/** A number per file, the same for all its names. */
export function inodeOf(file: FakeFile): number {
  const known = inodes.get(file);
  if (known !== undefined) return known;
  inodes.set(file, ++lastInode);
  return lastInode;
}

/** Names directly below a folder, sorted, as readdir gives them. */
export function namesIn(paths: readonly string[], folder: string): readonly string[] {
  const below = folder === '/' ? '/' : `${folder}/`;
  const names = paths.flatMap(p => (p.startsWith(below) ? [p.slice(below.length).split('/')[0]!] : []));
  return [...new Set(names)].filter(n => n !== '').sort();
}

/** Remembers disk and kernel; the result puts them back, as often as wanted, into whatever kernel runs by then. */
export function rememberDisk(
  files: Map<string, FakeFile>,
  kernel: FakeKernel,
): (running: FakeKernel) => void {
  const parts = ({ links, addresses, routes, rules }: FakeKernel) => ({ links, addresses, routes, rules });
  const [oldFiles, oldKernel] = [new Map(files), structuredClone(parts(kernel))];
  return running => {
    files.clear();
    for (const [path, file] of oldFiles) files.set(path, file);
    Object.assign(running, structuredClone(oldKernel));
  };
}
