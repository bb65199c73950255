// The machine itself, behind the System interface.
import { spawn } from 'node:child_process';
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
import { AgentError, reasonOf } from '../errors.ts';
import { isSandboxed, runOutside } from './outside-sandbox.ts';
import { runCommand } from './run-command.ts';
import type { System } from './system.ts';

export const temporaryName = '.eni-agent.tmp';

// Looks are synchronous: a pass takes several hundred, all at small local files, and each would cost ten times its own time on the way
// through the thread pool. Writes sync the disk, which takes long, and do not block.
export const realSystem: System = {
  async readFile(file) {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EINVAL')) return undefined;
      throw fileError('read', file, error);
    }
  },

  async listFolder(folder) {
    try {
      return readdirSync(folder).sort();
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
      return readlinkSync(file);
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
      const found = statSync(file);
      return { inode: found.ino, modified: Math.floor(found.mtimeMs), mode: found.mode, uid: found.uid };
    } catch {
      return undefined;
    }
  },

  async link(from, to) {
    const temporary = path.join(path.dirname(to), temporaryName);
    try {
      await makeFolders(path.dirname(to));
      await fs.rm(temporary, { force: true });
      await fs.link(from, temporary);
      await fs.rename(temporary, to);
      // rename(2) does nothing where both are names of one file.
      await fs.rm(temporary, { force: true });
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

  lock: holdLock,
  run: (argv, options = {}) =>
    options.outside === true && isSandboxed ? runOutside(argv, options) : runCommand(argv, options),
  now: () => Date.now(),
  sleep: ms => new Promise(resolve => setTimeout(resolve, ms)),
};

/**
 * write-file-atomic and its like put the temporary file beside the target as `NAME.XXXX`, which initscripts, wicked,
 * NetworkManager and `source interfaces.d/*` all read as one more interface; and none syncs the folder. So: a name with a
 * leading dot (ignored by all of them, and by shell patterns), both synced before and after the rename.
 */
async function replaceFile(file: string, content: string, mode: number): Promise<void> {
  const folder = path.dirname(file);
  await makeFolders(folder);
  // One name for all: writers hold the lock, and what a crash left behind is overwritten by the next write.
  const temporary = path.join(folder, temporaryName);
  const handle = await fs.open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600);
  try {
    await handle.writeFile(content);
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await putInPlace(temporary, file);
}

async function copyExactly(from: string, to: string): Promise<void> {
  await makeFolders(path.dirname(to));
  const temporary = path.join(path.dirname(to), temporaryName);
  await fs.rm(temporary, { force: true });
  const found = await fs.lstat(from);
  const { mode, uid, gid } = found;
  // In seconds: a Date has whole milliseconds.
  const [accessed, modified] = [found.atimeMs / 1000, found.mtimeMs / 1000];
  if (found.isSymbolicLink()) {
    await fs.symlink(await fs.readlink(from), temporary);
    await fs.lchown(temporary, uid, gid);
    await fs.lutimes(temporary, accessed, modified);
  } else {
    await fs.copyFile(from, temporary, constants.COPYFILE_EXCL);
    const handle = await fs.open(temporary, constants.O_RDONLY);
    try {
      // In this order: a new owner takes the set-user-id bit away.
      await handle.chown(uid, gid);
      await handle.chmod(mode & 0o7777);
      await handle.utimes(accessed, modified);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
  await putInPlace(temporary, to);
}

async function putInPlace(temporary: string, file: string): Promise<void> {
  await fs.rename(temporary, file);
  await syncFolder(path.dirname(file));
  // A file made by rename keeps the label of its maker; the network services may not read that where SELinux enforces.
  if (await realSystem.exists('/sys/fs/selinux/enforce')) await runCommand(['restorecon', file]);
}

/** One by one: mkdir with `recursive` never ends where the kernel says ENOENT to a name below a folder that exists (/proc; Node 24). */
export async function makeFolders(folder: string): Promise<void> {
  const parent = path.dirname(folder);
  if (parent !== folder) await fs.access(parent).catch(() => makeFolders(parent));
  await fs.mkdir(folder).catch(error => {
    if (!isErrno(error, 'EEXIST')) throw error;
  });
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await fs.open(folder, constants.O_RDONLY).catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/**
 * flock(1) on a file that this process has open: Node has no flock(2), and a pid file can be stolen between the look and the removal. The
 * lock belongs to the open file and not to the program that took it, so it ends when we close the file, a kill -9 included.
 */
async function holdLock(file: string, waitMs: number): Promise<(() => Promise<void>) | undefined> {
  let handle: fs.FileHandle;
  try {
    await makeFolders(path.dirname(file));
    handle = await fs.open(file, constants.O_RDONLY | constants.O_CREAT, 0o644);
  } catch (error) {
    throw fileError('open the lock file', file, error);
  }
  const child = spawn('flock', ['-w', String(Math.ceil(waitMs / 1000)), '3'], {
    stdio: ['ignore', 'ignore', 'ignore', handle.fd],
  });
  const held = await new Promise<boolean>(resolve => {
    child.once('exit', exitCode => resolve(exitCode === 0));
    child.once('error', () => resolve(false));
  });
  if (held) return () => handle.close();
  await handle.close();
  return undefined;
}

function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function fileError(verb: string, file: string, cause: unknown): AgentError {
  return new AgentError('file-failed', `cannot ${verb} ${file}: ${reasonOf(cause)}`, { cause });
}
