// Files that the agent itself has written, read back: somebody else's words must not be taken for its own, for root follows them.
import {
  closeSync,
  constants,
  promises as fs,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { AgentError } from '../errors.ts';
import { fileError, isErrno } from './disk.ts';
import { distrust } from './trust.ts';

/** A machine with 15 ENIs of 50 addresses has less than one megabyte. */
const mostBytes = 32 * 1024 * 1024;

/** Undefined: there is none. Throws `state-unreadable` where it is not a file that root alone could have written, `file-failed` else. */
export function readOwnFile(file: string): string | undefined {
  const fd = openOwn(file);
  if (fd === undefined) return undefined;
  try {
    const found = fstatSync(fd);
    const flaw = found.isFile()
      ? (distrust(found) ?? folderFlaw(file) ?? sizeFlaw(found.size))
      : 'is not a regular file';
    if (flaw !== undefined) throw unfit(file, flaw);
    return readFileSync(fd, 'utf8');
  } catch (error) {
    throw error instanceof AgentError ? error : fileError('read', file, error);
  } finally {
    closeSync(fd);
  }
}

/** A FIFO would hold the reader up until somebody writes to it: O_NONBLOCK. */
function openOwn(file: string): number | undefined {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    return openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    if (isErrno(error, 'ELOOP')) throw unfit(file, 'is a symbolic link');
    // A socket.
    if (isErrno(error, 'ENXIO')) throw unfit(file, 'is not a regular file');
    throw fileError('read', file, error);
  }
}

/** Of those that the agent makes: what is above them is the system's. */
function folderFlaw(file: string): string | undefined {
  for (let folder = path.dirname(file); folder.includes('/eni-agent'); folder = path.dirname(folder)) {
    const flaw = distrust(statSync(folder));
    if (flaw !== undefined) return `lies in ${folder}, which ${flaw}`;
  }
  return undefined;
}

function sizeFlaw(size: number): string | undefined {
  return size > mostBytes ? `has ${size} bytes, which none of ours has` : undefined;
}

function unfit(file: string, flaw: string): AgentError {
  return new AgentError('state-unreadable', `cannot read ${file}: it ${flaw}`);
}

/**
 * Makes a folder root's alone to write to, as it should have been from the start: an earlier version made it with the umask that it was
 * started with. Throws `file-failed`.
 *
 * @returns what was wrong with it, in words that follow its path; undefined: nothing, or it is not there
 */
export async function secureFolder(folder: string): Promise<string | undefined> {
  try {
    const found = statSync(folder, { throwIfNoEntry: false });
    if (found === undefined || !found.isDirectory()) return undefined;
    const flaw = distrust(found);
    if (flaw === undefined) return undefined;
    await fs.chown(folder, 0, 0);
    await fs.chmod(folder, 0o755);
    return flaw;
  } catch (error) {
    throw fileError('secure', folder, error);
  }
}

/** Gives a file or a folder another name in its folder; what has that name goes. Follows no link. Throws `file-failed`. */
export async function moveAside(from: string, to: string): Promise<void> {
  try {
    if (lstatSync(from, { throwIfNoEntry: false }) === undefined) return;
    await fs.rm(to, { recursive: true, force: true });
    await fs.rename(from, to);
  } catch (error) {
    throw fileError(`move ${from} to`, to, error);
  }
}
