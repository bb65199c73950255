// The machine itself, behind the System interface.
import {
  constants,
  promises as fs,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { AgentError } from '../errors.ts';
import {
  byTemporary,
  copyExactly,
  fileError,
  isErrno,
  makeFolders,
  replaceFile,
  syncFolder,
} from './disk.ts';
import { takeEntries } from './folder-entries.ts';
import { isSandboxed, runOutside } from './outside-sandbox.ts';
import { moveAside, readOwnFile, secureFolder } from './own-files.ts';
import { defaultTimeoutMs, runCommand } from './run-command.ts';
import type { System } from './system.ts';

/**
 * As a number, which Node takes for a flag as well (its types do not say so). A FIFO in a folder of a network service has no text, and must not hold a pass up;
 * regular files know no wait.
 */
const withoutWaiting = (constants.O_RDONLY | constants.O_NONBLOCK) as unknown as string;

/** Much of what a pass looks for is not there, and the exception that says so costs ten times as much as the look. */
function isThere(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

// Looks are synchronous: a pass takes several hundred, all at small local files, and each would cost ten times its own time on the way
// through the thread pool. Writes sync the disk, which takes long, and do not block.
export const realSystem: System = {
  async readFile(file) {
    try {
      if (!isThere(file)) return undefined;
      return readFileSync(file, { encoding: 'utf8', flag: withoutWaiting });
    } catch (error) {
      // EAGAIN, ENXIO: a FIFO that nothing was written to, and a socket.
      if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EINVAL', 'EAGAIN', 'ENXIO')) return undefined;
      throw fileError('read', file, error);
    }
  },

  readOwn: async file => readOwnFile(file),
  secureFolder,
  moveAside,

  async listFolder(folder) {
    try {
      return isThere(folder) ? readdirSync(folder).sort() : [];
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
      throw fileError('list', folder, error);
    }
  },

  async exists(file) {
    try {
      return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
    } catch {
      return false;
    }
  },

  async readLink(file) {
    try {
      return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(file) : undefined;
    } catch {
      return undefined;
    }
  },

  async writeFile(file, content, mode) {
    try {
      await replaceFile(file, content, mode);
    } catch (error) {
      throw fileError('write', file, error);
    }
  },

  async removeFile(file) {
    try {
      await fs.rm(file, { force: true });
      await syncFolder(path.dirname(file));
    } catch (error) {
      throw fileError('remove', file, error);
    }
  },

  async stat(file) {
    try {
      const found = statSync(file, { throwIfNoEntry: false });
      return (
        found && { inode: found.ino, modified: Math.floor(found.mtimeMs), mode: found.mode, uid: found.uid }
      );
    } catch {
      return undefined;
    }
  },

  async link(from, to) {
    try {
      await makeFolders(path.dirname(to));
      await byTemporary(to, async temporary => {
        await fs.link(from, temporary);
        await fs.rename(temporary, to);
        // rename(2) does nothing where both are names of one file.
        await fs.rm(temporary, { force: true });
      });
    } catch (error) {
      throw fileError(`link ${from} as`, to, error);
    }
  },

  async copy(from, to) {
    try {
      await copyExactly(from, to);
    } catch (error) {
      throw fileError(`copy ${from} to`, to, error);
    }
  },

  async removeTree(file) {
    try {
      await fs.rm(file, { recursive: true, force: true });
      await syncFolder(path.dirname(file));
    } catch (error) {
      throw fileError('remove', file, error);
    }
  },

  async takeNames(folder, most) {
    try {
      return await takeEntries(folder, most);
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return { names: [], hasMore: false };
      throw fileError('list', folder, error);
    }
  },

  lock: holdLock,
  run: (argv, options = {}) =>
    options.outside === true && isSandboxed ? runOutside(argv, options) : runCommand(argv, options),
  now: () => Date.now(),
  ticks: () => performance.now(),
  sleep: ms => new Promise(resolve => setTimeout(resolve, ms)),
};

/**
 * Root's alone: flock asks for no more than a file that can be read, so anybody could hold up every pass. An older version has left it
 * readable, and something else may lie there.
 */
async function openLock(file: string): Promise<fs.FileHandle> {
  await makeFolders(path.dirname(file));
  const { O_RDONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const handle = await fs.open(file, O_RDONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new Error('it is not a regular file');
    if ((found.mode & 0o777) !== 0o600) await handle.chmod(0o600);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * flock(1) on a file that this process has open: Node has no flock(2), and a pid file can be stolen between the look and the removal. The
 * lock belongs to the open file and not to the program that took it, so it ends when we close the file, a kill -9 included.
 */
async function holdLock(file: string, waitMs: number): Promise<(() => Promise<void>) | undefined> {
  let handle: fs.FileHandle;
  try {
    handle = await openLock(file);
  } catch (error) {
    throw fileError('open the lock file', file, error);
  }
  const { exitCode, stderr } = await runCommand(
    ['flock', '-w', String(Math.ceil(waitMs / 1000)), '3'],
    { timeoutMs: waitMs + defaultTimeoutMs },
    handle.fd,
  );
  if (exitCode === 0) return () => handle.close();
  await handle.close();
  // 1: somebody else holds it. Anything else says nothing of that: the program is missing, or could not be started.
  if (exitCode === 1) return undefined;
  throw new AgentError(
    'command-failed',
    `cannot lock ${file}: ${stderr.trim() || `flock ended with ${exitCode}`}`,
  );
}
