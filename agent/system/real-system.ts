// The machine itself, behind the System interface.
import { spawn } from 'node:child_process';
import { constants, promises as fs } from 'node:fs';
import path from 'node:path';
import { AgentError, reasonOf } from '../errors.ts';
import type { CommandResult, RunOptions, System } from './system.ts';

const defaultTimeoutMs = 30_000;
export const temporaryName = '.eni-agent.tmp';

export const realSystem: System = {
  async readFile(file) {
    try {
      return await fs.readFile(file, 'utf8');
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EINVAL')) return undefined;
      throw fileError('read', file, error);
    }
  },

  async listFolder(folder) {
    try {
      return (await fs.readdir(folder)).sort();
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
      throw fileError('list', folder, error);
    }
  },

  async exists(file) {
    return fs.lstat(file).then(
      () => true,
      () => false,
    );
  },

  async readLink(file) {
    return fs.readlink(file).catch(() => undefined);
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
    const found = await fs.stat(file).catch(() => undefined);
    return found && { inode: found.ino, modified: Math.floor(found.mtimeMs) };
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

  lock: holdLock,
  run,
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
  await fs.rename(temporary, file);
  await syncFolder(folder);
  // A file made by rename keeps the label of its maker; the network services may not read that where SELinux enforces.
  if (await realSystem.exists('/sys/fs/selinux/enforce')) await run(['restorecon', file]);
}

/** One by one: mkdir with `recursive` never ends where the kernel says ENOENT to a name below a folder that exists (/proc; Node 24). */
async function makeFolders(folder: string): Promise<void> {
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

async function run(argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<CommandResult> {
  // execa costs 20 ms at import: `render` and `--help` run no command and do not pay it.
  const { execa } = await import('execa');
  const [program, ...args] = argv;
  const result = await execa(program, args, {
    env: { LC_ALL: 'C' },
    reject: false,
    timeout: options.timeoutMs ?? defaultTimeoutMs,
    killSignal: 'SIGKILL',
    stripFinalNewline: false,
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
  });
  const stderr = typeof result.stderr === 'string' ? result.stderr : '';
  const stdout = typeof result.stdout === 'string' ? result.stdout : '';
  if (result.timedOut) return { exitCode: 124, stdout, stderr: `${stderr}no answer within the deadline` };
  if (result.exitCode !== undefined) return { exitCode: result.exitCode, stdout, stderr };
  const missing = isErrno(result.cause, 'ENOENT');
  return {
    exitCode: missing ? 127 : 126,
    stdout,
    stderr: missing ? `${program}: not found` : `${stderr}${reasonOf(result)}`,
  };
}

/**
 * flock(1) around `cat`: Node has no flock(2), and a pid file can be stolen between the look and the removal. `cat` echoes one
 * byte as soon as the lock is held, and ends when our end of its input closes, a kill -9 included.
 */
async function holdLock(file: string, waitMs: number): Promise<(() => Promise<void>) | undefined> {
  await makeFolders(path.dirname(file)).catch(error => {
    throw fileError('make the folder of', file, error);
  });
  const child = spawn('flock', ['-w', String(Math.ceil(waitMs / 1000)), file, 'cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>(resolve => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  child.stdin.on('error', () => {});
  child.stdin.write('\n');
  const held = await Promise.race([
    new Promise<boolean>(resolve => child.stdout.once('data', () => resolve(true))),
    ended.then(() => false),
  ]);
  if (!held) return undefined;
  return async () => {
    child.stdin.end();
    await ended;
  };
}

function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function fileError(verb: string, file: string, cause: unknown): AgentError {
  return new AgentError('file-failed', `cannot ${verb} ${file}: ${reasonOf(cause)}`, { cause });
}
