// What wakes a daemon on the fake machine: every change of kernel or files, whoever made it, and the virtual clock, which only goes on
// while the daemon waits and the test lets it (`runFor`).
import type { WakeKind, Wakeups } from '../../agent/system/wakeups.ts';
import type { FakeSystem } from './fake-system.ts';

export interface FakeWakeups extends Wakeups {
  /** Lets the machine live for so long; resolves when the daemon has nothing to do before the time is over. Throws what `failure` has. */
  runFor(ms: number): Promise<void>;
  signal(kind: 'stop' | 'reload'): void;
  /** True while the daemon waits for something to wake it; false while it works. */
  isWaiting(): boolean;
  /** Ends a `runFor` that waits: the daemon is no more. */
  end(error?: unknown): void;
  folders: readonly string[];
  problem: string | undefined;
}

export interface FakeWakeupsSpec {
  readonly requestFolder: string;
  readonly configFolders: readonly string[];
  /** The metadata answers over a real socket: the virtual clock waits for it. */
  readonly patient: boolean;
}

export function openFakeWakeups(system: FakeSystem, spec: FakeWakeupsSpec): FakeWakeups {
  const seen = new Set<WakeKind>();
  let limit = system.ticks();
  let letGo: (() => void) | undefined;
  let parked: (() => void) | undefined;
  let failed: { readonly error: unknown } | undefined;
  let ended = false;
  let waiting = false;

  function picture() {
    const below = (folders: readonly string[]) =>
      [...system.files]
        .filter(([path]) => folders.some(folder => path.startsWith(`${folder}/`)))
        .map(([path, { content }]) => `${path}\n${content}`)
        .join('\0');
    return {
      kernel: [...system.kernel.describe(), ...system.kernel.links.map(l => `${l.name} ${l.group}`)].join(
        '\n',
      ),
      config: below(spec.configFolders),
      files: below(wakeups.folders),
      request: below([spec.requestFolder]),
    };
  }

  function notice(): void {
    const now = picture();
    for (const kind of ['kernel', 'config', 'files', 'request'] as const)
      if (now[kind] !== before[kind]) seen.add(kind);
    before = now;
  }

  /** Until the test lets the clock go on. */
  async function park(): Promise<void> {
    await new Promise<void>(resolve => {
      letGo = resolve;
      parked?.();
    });
    letGo = undefined;
  }

  const wakeups: FakeWakeups = {
    folders: [],
    problem: undefined,
    async next(ms, signal) {
      const deadline = system.ticks() + ms;
      waiting = true;
      for (;;) {
        await new Promise(resolve => setImmediate(resolve));
        if (system.isDead) await system.exists('/');
        notice();
        if (seen.size > 0 || signal?.aborted === true) break;
        if (spec.patient && signal !== undefined) continue;
        const now = system.ticks();
        if (now >= deadline) break;
        const next = Math.min(deadline, system.nextEventAt ?? Number.POSITIVE_INFINITY);
        if (next <= limit) await system.sleep(next - now);
        else {
          if (limit > now) await system.sleep(limit - now);
          await park();
        }
      }
      waiting = false;
      const result = new Set(seen);
      seen.clear();
      return result;
    },
    watchFolders(folders) {
      if (folders.join() === wakeups.folders.join()) return;
      wakeups.folders = folders;
      before = { ...before, files: picture().files };
    },
    problems: () => (wakeups.problem === undefined ? [] : [wakeups.problem]),
    close: () => Promise.resolve(),
    async runFor(ms) {
      limit = system.ticks() + ms;
      if (ended) {
        if (failed !== undefined) throw failed.error;
        return;
      }
      const done = new Promise<void>(resolve => {
        parked = resolve;
      });
      letGo?.();
      await done;
      if (failed !== undefined) throw failed.error;
    },
    signal(kind) {
      seen.add(kind);
      letGo?.();
    },
    isWaiting: () => waiting,
    end(error) {
      ended = true;
      if (error !== undefined) failed = { error };
      parked?.();
    },
  };
  let before = picture();
  return wakeups;
}
