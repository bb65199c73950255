// Takes entries out of a folder that anybody might have filled: names as bytes, since a name need not be UTF-8, and one after the other, since there
// may be any number of them.
import { type Dirent, promises as fs, opendirSync, unlinkSync } from 'node:fs';
import type { TakenNames } from './system.ts';

/** See System.takeNames. Throws what opendir(3) throws. */
export async function takeEntries(folder: string, most: number): Promise<TakenNames> {
  const dir = opendirSync(folder, { encoding: 'buffer' as BufferEncoding, bufferSize: 64 });
  try {
    const names: string[] = [];
    for (let removed = 0; removed < most; ) {
      // The types know no names of bytes here.
      const entry = dir.readSync() as Dirent<Buffer> | null;
      if (entry === null) return { names, hasMore: false };
      const name = Buffer.from(entry.name);
      if (name[0] === dot) continue;
      if (await remove(Buffer.concat([Buffer.from(`${folder}/`), name]))) removed += 1;
      // What cannot be removed is there at each look: of any number of those some are enough.
      else if (names.length >= 2 * most) continue;
      names.push(name.toString());
    }
    return { names, hasMore: true };
  } finally {
    dir.closeSync();
  }
}

const dot = '.'.charCodeAt(0);

/** A file in no time; a folder with all that is in it. */
async function remove(entry: Buffer): Promise<boolean> {
  try {
    unlinkSync(entry);
    return true;
  } catch {
    return fs.rm(entry, { recursive: true, force: true }).then(
      () => true,
      () => false,
    );
  }
}
