// The seam between the program and the machine: every file, command and clock goes through it. real-system.ts is the
// machine; test/support/fake-system.ts interprets commands and keeps files in memory.

export interface CommandResult {
  /** 127 if the program does not exist, 124 if the deadline passed. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Milliseconds; the process is killed after it. Default 30000. */
  readonly timeoutMs?: number;
  /** Text for standard input. Default: none. */
  readonly input?: string;
  /**
   * Outside the sandbox of the daemon's unit, where there is one (outside-sandbox.ts): it runs what an administrator wrote, leaves processes
   * behind that the network needs, or does what the sandbox is to keep the agent from.
   */
  readonly outside?: boolean;
}

export interface FileStamp {
  readonly inode: number;
  /** Time of the last change of the content, in whole milliseconds since the epoch. */
  readonly modified: number;
  /** Kind and permissions, as in stat(2). */
  readonly mode: number;
  /** Number of the owner. */
  readonly uid: number;
}

export interface TakenNames {
  /** What of a name is no UTF-8 is U+FFFD here. */
  readonly names: readonly string[];
  /** It has stopped at `most`. */
  readonly hasMore: boolean;
}

export interface System {
  /** The whole file as text; undefined if it does not exist (or is a folder). Throws `file-failed` for other failures. */
  readFile(path: string): Promise<string | undefined>;
  /**
   * The text of a file that the agent itself wrote; undefined if there is none. Throws `state-unreadable` where it is not a regular file that root
   * alone could have written, and `file-failed` for other failures.
   */
  readOwn(path: string): Promise<string | undefined>;
  /**
   * Makes a folder of the agent root's alone to write to, with mode 0755; nothing if it is not there. Returns what was wrong with it, in words that
   * follow its path. Throws `file-failed`.
   */
  secureFolder(path: string): Promise<string | undefined>;
  /** Gives a file or folder another name on the same file system; what has that name goes. Not an error if it has gone. */
  moveAside(from: string, to: string): Promise<void>;
  /** Names in a folder, sorted; empty if it does not exist. */
  listFolder(path: string): Promise<readonly string[]>;
  /** True for anything at that path, a dangling link included. */
  exists(path: string): Promise<boolean>;
  /** Target of a symbolic link, as it stands there; undefined if the path is none. */
  readLink(path: string): Promise<string | undefined>;
  /**
   * Replaces the file in one step: temporary file outside any name pattern that a backend scans, fsync, mode, SELinux label,
   * rename, fsync of the folder. Makes missing folders.
   */
  writeFile(path: string, content: string, mode: number): Promise<void>;
  /** Removes the file; not an error if it has gone. */
  removeFile(path: string): Promise<void>;
  /** Which file stands at a path, as a service sees that it is another one; undefined if there is none. */
  stat(path: string): Promise<FileStamp | undefined>;
  /** Makes `to` another name of the file at `from` (same file system), in one step where `to` exists. Makes missing folders. */
  link(from: string, to: string): Promise<void>;
  /**
   * Makes `to` an exact copy of the file or symbolic link at `from`, in one step: content byte for byte, mode, owner, times; the SELinux
   * label is that of its place. Makes missing folders.
   */
  copy(from: string, to: string): Promise<void>;
  /**
   * Takes entries out of a folder, whatever they are and whatever their names are, until `most` are gone; those that begin with a dot stay. What
   * cannot be removed is named as well. For a folder that a boot empties: nothing is synced.
   */
  takeNames(folder: string, most: number): Promise<TakenNames>;
  /** Removes a file, or a folder with all that is in it; not an error if it has gone. Follows no symbolic link. */
  removeTree(path: string): Promise<void>;
  /**
   * Takes the lock file, waiting for another holder up to `waitMs`; returns the release, or undefined if the wait was in vain.
   * The kernel frees it when this process dies, however it dies.
   */
  lock(path: string, waitMs: number): Promise<(() => Promise<void>) | undefined>;
  /** Runs a program without a shell, with `LC_ALL=C` and a deadline. Never throws for the program's own failure. */
  run(argv: readonly [string, ...string[]], options?: RunOptions): Promise<CommandResult>;
  /** Milliseconds since the epoch: for what is written down. Somebody may set it at any time, in both directions. */
  now(): number;
  /** Milliseconds since some moment, which nobody can set: for how long something takes, and for every wait. */
  ticks(): number;
  sleep(ms: number): Promise<void>;
}
