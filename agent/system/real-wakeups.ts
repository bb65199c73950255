// What wakes the daemon on the machine itself: the kernel, the trigger folder, configuration and owned files, signals.
import { setTimeout as delay } from 'node:timers/promises';
import { watch } from 'chokidar';
import { temporaryName } from './disk.ts';
import { monitorKernel } from './kernel/monitor.ts';
import type { WakeKind, WakeupSpec, Wakeups } from './wakeups.ts';
import { watchFolder } from './watch-folder.ts';

/** What belongs together arrives together: the wait for more, from the last event and from the first. */
const settleMs = 5;
const longestSettleMs = 50;

export async function openRealWakeups(spec: WakeupSpec): Promise<Wakeups> {
  let seen = new Set<WakeKind>();
  let lastAt = 0;
  let wake: (() => void) | undefined;

  function happen(kind: WakeKind): void {
    seen.add(kind);
    lastAt = performance.now();
    wake?.();
  }

  function watchPaths(paths: readonly string[], kind: WakeKind) {
    // One level deeper than the folder: drop-ins (`NAME.network.d/`).
    const watcher = watch([...paths], {
      ignoreInitial: true,
      depth: 1,
      ignorePermissionErrors: true,
      ignored: path => path.endsWith(temporaryName),
    });
    watcher.on('all', () => happen(kind));
    watcher.on('error', () => happen(kind));
    return watcher;
  }

  spec.onSignal(happen);
  const monitor = monitorKernel(() => happen('kernel'));
  const requests = await watchFolder(spec.requestFolder, () => happen('request'));
  const config = watchPaths(spec.configFolders, 'config');
  const files = watchPaths([], 'files');
  let watched: readonly string[] = [];
  // A request that is written before its folder is watched would wait for the timer, and a configuration for the next start.
  await new Promise<void>(resolve => config.once('ready', () => resolve()));

  /** Waits until something has happened; false if the time is over or the signal came first. */
  function happens(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise(resolve => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, Math.min(ms, 0x7fffffff));
      signal?.addEventListener('abort', done);
      wake = done;
      if (seen.size > 0 || signal?.aborted === true) done();
    });
  }

  return {
    async next(ms, signal) {
      await happens(ms, signal);
      const first = performance.now();
      while (seen.size > 0 && !seen.has('stop')) {
        const now = performance.now();
        const rest = Math.min(lastAt + settleMs, first + longestSettleMs) - now;
        if (rest <= 0) break;
        await delay(rest);
      }
      const result = seen;
      seen = new Set();
      return result;
    },
    watchFolders(folders) {
      const gone = watched.filter(f => !folders.includes(f));
      const come = folders.filter(f => !watched.includes(f));
      watched = folders;
      if (gone.length > 0) files.unwatch(gone);
      if (come.length > 0) files.add([...come]);
    },
    problems: () =>
      [monitor.problem(), requests.problem()].flatMap(text => (text === undefined ? [] : [text])),
    async close() {
      requests.close();
      await Promise.all([monitor.stop(), config.close(), files.close()]);
    },
  };
}
