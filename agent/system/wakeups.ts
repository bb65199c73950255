// What wakes the daemon: something happened, look again. The contract only; real-wakeups.ts listens to the machine, and the fake
// system of the tests to its own. Nothing but the kind is passed on: what has changed the pass finds out itself.

/**
 * `kernel`: links, addresses, routes or rules changed; `config`: a file below /etc/eni-agent; `files`: a file in a watched folder;
 * `request`: something in the trigger folder; `reload`: SIGHUP; `stop`: SIGTERM or SIGINT.
 */
export const wakeKinds = ['kernel', 'config', 'files', 'request', 'reload', 'stop'] as const;
export type WakeKind = (typeof wakeKinds)[number];

export interface Wakeups {
  /**
   * Waits until something happens, at most `ms`; a moment longer for what belongs to it. At once if something has happened since the
   * last call. Empty: the time is over, or `signal` was aborted.
   */
  next(ms: number, signal?: AbortSignal): Promise<ReadonlySet<WakeKind>>;
  /** Folders whose files are watched as `files` from now on. */
  watchFolders(folders: readonly string[]): void;
  /** What is wrong with the listening itself, in words; empty if nothing is. */
  problems(): readonly string[];
  close(): Promise<void>;
}

export interface WakeupSpec {
  /** Made if it is missing. */
  readonly requestFolder: string;
  readonly configFolders: readonly string[];
  /** Called for `stop` and `reload`, which only the process itself can hear. */
  readonly onSignal: (handler: (kind: 'stop' | 'reload') => void) => void;
}
