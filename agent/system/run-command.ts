// Starts programs, without a shell, and gives their whole output and exit code by a deadline. The one place that uses execa, which knows
// processes and pipes; what is added are exit codes of our own and an end to every wait. Knows no program.
import type { Readable } from 'node:stream';
import type { Options } from 'execa';
import { reasonOf } from '../errors.ts';
import type { CommandResult, RunOptions } from './system.ts';

export const defaultTimeoutMs = 30_000;

/** Bytes of each output; a program that prints more has failed, since half an answer must not look like a whole one. */
const maxOutput = 16 * 1024 * 1024;

/**
 * Milliseconds for the rest of the output after the end of the program: a DHCP client that it left behind may hold the pipe for ever. Also
 * for a killed program to end: one that waits for the kernel does not.
 */
const graceMs = 1000;

/**
 * What differs from our own environment. What systemd gave the daemon to speak with is for systemd-notify alone: with NotifyAccess=all the
 * words of any process of the unit count as the daemon's, and systemd's own programs speak. One that fails sends its ERRNO (networkctl,
 * systemctl 252: executed), each sends EXIT_STATUS (257), and systemd-networkd-wait-online READY=1 with a status of its own.
 */
const environment = {
  LC_ALL: 'C',
  NOTIFY_SOCKET: undefined,
  WATCHDOG_PID: undefined,
  WATCHDOG_USEC: undefined,
} as const;

/** For every program: no exception for a failure, nothing kept of the output, and the end of our process is not its end. */
const common = {
  reject: false,
  buffer: false,
  cleanup: false,
  env: environment,
} as const satisfies Options;

/**
 * Never throws. Exit codes of our own: 127 the program does not exist, 126 it could not be started, died of a signal or printed too much,
 * 124 the deadline passed. At the deadline the program is killed with its whole process group: a child of it that holds the pipes would
 * else be waited for. What a program leaves behind when it ends by itself lives on.
 *
 * @param descriptor an open file that the program finds as its descriptor 3
 */
export async function runCommand(
  argv: readonly [string, ...string[]],
  options: RunOptions = {},
  descriptor?: number,
): Promise<CommandResult> {
  const [program, ...args] = argv;
  const timeout = options.timeoutMs ?? defaultTimeoutMs;
  const further = descriptor === undefined ? [] : [descriptor];
  // Here and not above: `--help`, say, starts nothing.
  const { execa } = await import('execa');
  const start = () => {
    try {
      return execa(program, args, {
        ...common,
        stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', ...further] as Pipes,
        // Its process group is its own, so that the deadline reaches all of it. 0 would be none.
        timeout: Math.max(1, timeout),
        killDescendants: true,
        killSignal: 'SIGKILL',
      });
    } catch (error) {
      return reasonOf(error);
    }
  };
  const running = start();
  if (typeof running === 'string') return { exitCode: 126, stdout: '', stderr: running };
  let tooMuch = false;
  const stop = () => {
    tooMuch = true;
    running.kill();
    letGo();
  };
  // Not by execa's `input`, for which it builds two streams and a pipe. A program need not read it.
  running.stdin?.on('error', () => undefined).end(options.input);
  const stdout = collect(running.stdout, stop);
  const stderr = collect(running.stderr, stop);
  const letGo = () => {
    for (const pipe of [running.stdin, running.stdout, running.stderr]) pipe?.destroy();
  };
  const timers: NodeJS.Timeout[] = [];
  running.nodeChildProcess.once('exit', () => timers.push(setTimeout(letGo, graceMs)));
  const stuck = new Promise<undefined>(resolve => {
    timers.push(setTimeout(() => resolve(undefined), timeout + graceMs));
  });
  const result = await Promise.race([running, stuck]);
  for (const timer of timers) clearTimeout(timer);
  if (result === undefined) {
    letGo();
    running.nodeChildProcess.unref();
  }
  const [exitCode, problem] = tooMuch
    ? [126, `${program}: more output than ${maxOutput} bytes`]
    : endOf(program, result);
  return { exitCode, stdout: stdout(), stderr: `${stderr()}${problem}` };
}

/** What execa's types do not say of a further descriptor: a number is an open file. */
type Pipes = ['pipe' | 'ignore', 'pipe', 'pipe'];

/** What execa tells of an end, as far as it is used. */
interface End {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly timedOut: boolean;
  readonly code?: string | undefined;
  readonly cause?: unknown;
}

/** The exit code, and what is to be said of it. No result: it was killed, and did not end. */
function endOf(program: string, result: End | undefined): readonly [number, string] {
  if (result === undefined || result.timedOut) return [124, 'no answer within the deadline'];
  if (result.exitCode !== undefined) return [result.exitCode, ''];
  if (result.signal !== undefined) return [126, `${program} was killed by ${result.signal}`];
  if (result.code === 'ENOENT') return [127, `${program}: not found`];
  return [126, reasonOf(result.cause)];
}

/**
 * Not by execa, whose limit puts all of the output, escaped character by character, into an error: seconds for 16 MB.
 *
 * @returns what has come so far, as text
 */
function collect(pipe: Readable, tooMuch: () => void): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  pipe.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxOutput) tooMuch();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

export interface FollowedCommand {
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>;
}

/** Starts a program that lives on, and says when it prints something. Its words are not kept. */
export function followCommand(
  argv: readonly [string, ...string[]],
  onOutput: () => void,
  /** Once; not after `stop`. `byItself`: neither killed nor never started. */
  onEnd: (why: string, byItself: boolean) => void,
): FollowedCommand {
  const [program, ...args] = argv;
  let isStopped = false;
  let kill: (() => void) | undefined;
  const end = follow();

  async function follow(): Promise<void> {
    const { execa } = await import('execa');
    if (isStopped) return;
    const running = execa(program, args, { ...common, stdio: ['ignore', 'pipe', 'ignore'] });
    kill = () => running.kill('SIGTERM');
    running.stdout.on('data', onOutput);
    const { exitCode, signal, cause } = await running;
    if (isStopped) return;
    if (exitCode === undefined && signal === undefined) onEnd(reasonOf(cause), true);
    else onEnd(`ended with ${signal ?? exitCode}`, signal === undefined);
  }

  return {
    async stop() {
      isStopped = true;
      kill?.();
      await end;
    },
  };
}
