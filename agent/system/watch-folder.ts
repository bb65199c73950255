// Hears that something has happened in one folder, and keeps nothing of what is in it. chokidar has an entry, a stat and a watch for each file: with
// 100,000 requests 400 MB and more, and with `ignored` or without depth it says nothing of them at all.
import { type FSWatcher, watch } from 'node:fs';
import path from 'node:path';
import { reasonOf } from '../errors.ts';
import { makeFolders } from './disk.ts';

/** Somebody takes the folder away, or the kernel has no more watches for now. */
const againMs = 1000;

export interface FolderWatch {
  /** Why nothing is heard now; undefined: all is. */
  problem(): string | undefined;
  close(): void;
}

/** Makes the folder, and again whenever it is taken away. What the kernel loses of very many events is of no matter: one of them is enough. */
export async function watchFolder(folder: string, happened: () => void): Promise<FolderWatch> {
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  let problem: string | undefined;
  let isClosed = false;

  async function open(): Promise<void> {
    watcher?.close();
    watcher = undefined;
    try {
      await makeFolders(folder);
      if (isClosed) return;
      watcher = watch(folder, (_event, name) => {
        // The folder itself has gone or was moved (or something in it has its name): this watch may hear nothing any more.
        if (name === path.basename(folder)) void reopen();
        happened();
      });
      watcher.on('error', cause => retry(cause));
      problem = undefined;
    } catch (cause) {
      retry(cause);
    }
  }

  /** Requests may have come in between. */
  async function reopen(): Promise<void> {
    await open();
    happened();
  }

  function retry(cause: unknown): void {
    problem = `cannot watch ${folder}: ${reasonOf(cause)}`;
    clearTimeout(timer);
    if (!isClosed) timer = setTimeout(() => void reopen(), againMs);
  }

  await open();
  return {
    problem: () => problem,
    close() {
      isClosed = true;
      clearTimeout(timer);
      watcher?.close();
    },
  };
}
