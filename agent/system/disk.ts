// Files that are there whole or not at all, whatever happens to the machine meanwhile.
import { constants, existsSync, promises as fs } from 'node:fs';
import path from 'node:path';
import { AgentError, reasonOf } from '../errors.ts';
import { runCommand } from './run-command.ts';

export const temporaryName = '.eni-agent.tmp';

/**
 * write-file-atomic and its like put the temporary file beside the target as `NAME.XXXX`, which initscripts, wicked,
 * NetworkManager and `source interfaces.d/*` all read as one more interface; and none syncs the folder. So: a name with a
 * leading dot (ignored by all of them, and by shell patterns), both synced before and after the rename.
 */
export function replaceFile(file: string, content: string, mode: number): Promise<void> {
  const folder = path.dirname(file);
  const turn = (turns.get(folder) ?? Promise.resolve()).then(() => replaceNow(file, content, mode));
  turns.set(
    folder,
    turn.catch(() => undefined),
  );
  return turn;
}

/** The end of what is being written to a folder: the daemon looks at the machine while it writes its metrics, both to /run/eni-agent. */
const turns = new Map<string, Promise<unknown>>();

async function replaceNow(file: string, content: string, mode: number): Promise<void> {
  await makeFolders(path.dirname(file));
  await byTemporary(file, async temporary => {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    const handle = await fs.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      await handle.writeFile(content);
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await putInPlace(temporary, file);
  });
}

/**
 * One name for all: programs that write hold the lock, and what a crash left behind goes with the next write. What a write that fails has left goes
 * at once: on a full disk it is the room that a rollback needs.
 */
export async function byTemporary(file: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = path.join(path.dirname(file), temporaryName);
  // Anew and through no link: whatever lies there, nothing of somebody is written.
  await fs.rm(temporary, { recursive: true, force: true });
  try {
    await write(temporary);
  } catch (error) {
    await fs.rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
}

export async function copyExactly(from: string, to: string): Promise<void> {
  await makeFolders(path.dirname(to));
  await byTemporary(to, temporary => copyBy(temporary, from, to));
}

async function copyBy(temporary: string, from: string, to: string): Promise<void> {
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
    const handle = await fs.open(temporary, constants.O_RDONLY | constants.O_NOFOLLOW);
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
  if (existsSync('/sys/fs/selinux/enforce')) await runCommand(['restorecon', file]);
}

/**
 * New ones are 0755 under every umask: with 000 anybody could plant a checkpoint for the next pass to follow, and with 077 `status` would need
 * root. One by one: mkdir with `recursive` never ends where the kernel says ENOENT to a name below a folder that exists (/proc; Node 24).
 */
export async function makeFolders(folder: string): Promise<void> {
  const parent = path.dirname(folder);
  if (parent !== folder) await fs.access(parent).catch(() => makeFolders(parent));
  try {
    await fs.mkdir(folder, 0o755);
    await fs.chmod(folder, 0o755);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await fs.open(folder, constants.O_RDONLY).catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

export function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

export function fileError(verb: string, file: string, cause: unknown): AgentError {
  const isDenied = isErrno(cause, 'EACCES', 'EPERM');
  return new AgentError('file-failed', `cannot ${verb} ${file}: ${reasonOf(cause)}`, {
    cause,
    ...(isDenied ? { hint: 'run it as root, or check the permissions of the file and its folders' } : {}),
  });
}
