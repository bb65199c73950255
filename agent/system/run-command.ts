// Runs one program without a shell: its whole output, its exit code, a deadline. Of node:child_process alone, since a library for it
// costs a root daemon 20 ms and 11 MB. Knows no program.
import { type ChildProcess, spawn } from 'node:child_process';
import { env, kill } from 'node:process';
import type { Readable } from 'node:stream';
import { reasonOf } from '../errors.ts';
import type { CommandResult, RunOptions } from './system.ts';

export const defaultTimeoutMs = 30_000;

/** Bytes of each output; a program that prints more has failed, since half an answer must not look like a whole one. */
const maxOutput = 16 * 1024 * 1024;

/** Milliseconds for the rest of the output after the end of the program: a DHCP client that it left behind may hold the pipe for ever. */
const graceMs = 1000;

/**
 * Never throws. Exit codes of our own: 127 the program does not exist, 126 it could not be started, died of a signal or printed too much,
 * 124 the deadline passed. At the deadline the program is killed with its whole process group: a child of it that holds the pipes would
 * else be waited for. What a program leaves behind when it ends by itself lives on.
 */
export function runCommand(
  argv: readonly [string, ...string[]],
  options: RunOptions = {},
): Promise<CommandResult> {
  const [program, ...args] = argv;
  return new Promise(resolve => {
    let child: ChildProcess;
    try {
      child = spawn(program, args, {
        env: { ...env, LC_ALL: 'C' },
        stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
        // A process group of its own, so that the deadline reaches all of it.
        detached: true,
      });
    } catch (error) {
      resolve({ exitCode: 126, stdout: '', stderr: reasonOf(error) });
      return;
    }
    const stdout = collect(child.stdout, () => stop(126, `${program}: more output than ${maxOutput} bytes`));
    const stderr = collect(child.stderr, () => stop(126, `${program}: more output than ${maxOutput} bytes`));
    let grace: NodeJS.Timeout | undefined;
    const finish = (exitCode: number, problem = '') => {
      clearTimeout(deadline);
      clearTimeout(grace);
      for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe?.destroy();
      resolve({ exitCode, stdout: stdout(), stderr: `${stderr()}${problem}` });
    };
    const stop = (exitCode: number, problem: string) => {
      killGroup(child);
      finish(exitCode, problem);
    };
    const ended = (exitCode: number | null, signal: NodeJS.Signals | null) =>
      exitCode === null ? finish(126, `${program} was killed by ${signal}`) : finish(exitCode);

    const deadline = setTimeout(
      () => stop(124, 'no answer within the deadline'),
      options.timeoutMs ?? defaultTimeoutMs,
    );
    child.once('error', error =>
      'code' in error && error.code === 'ENOENT'
        ? finish(127, `${program}: not found`)
        : finish(126, reasonOf(error)),
    );
    child.once('exit', (exitCode, signal) => {
      clearTimeout(deadline);
      grace = setTimeout(() => ended(exitCode, signal), graceMs);
    });
    child.once('close', ended);
    // A program that does not want its input ends before it is written: its exit code tells.
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input);
  });
}

/** @returns what has come so far, as text */
function collect(pipe: Readable | null, tooMuch: () => void): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  pipe?.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxOutput) tooMuch();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

/** The group has the number of its first process; it may just have gone. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    kill(-child.pid, 'SIGKILL');
  } catch {}
}
