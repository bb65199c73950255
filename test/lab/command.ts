// Runs programs for the lab: one-shot commands with a deadline, and long-lived processes that die with this one.
// Argument arrays only; the lab has no shell quoting. It knows nothing of namespaces (namespace.ts does).
import { type ChildProcess, spawn } from 'node:child_process';
import { useProgram } from '../needs/guard.ts';

export interface Outcome {
  /** 128 + signal for a killed program, 124 if the deadline passed, 127 if it does not exist. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  /** Milliseconds, on an idle machine; 30 s unless told. */
  readonly timeout?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Every limit of time in the lab is one that only a fault reaches, and a test names the time that would do on an idle machine. A machine that
 * has more to do, and other tests beside this one, gets this many times as much.
 */
export const slack = 4;

const signalNumbers: Readonly<Record<string, number>> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** Runs a program to its end. Never throws for an exit code; `runOk` does. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const [program, ...args] = argv;
  if (program === undefined) throw new Error('run: no program');
  useProgram(program);
  return new Promise(resolve => {
    // A group of its own: nsenter and unshare fork, and a kill of the parent alone would leave the child running.
    const child = spawn(program, args, {
      detached: true,
      env: { ...process.env, LC_ALL: 'C', ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let timedOut = false;
    let done = false;
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    const timer = setTimeout(
      () => {
        timedOut = true;
        killGroup(child, 'SIGKILL');
      },
      slack * (options.timeout ?? 30_000),
    );
    const finish = (exitCode: number, note = '') => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      const stderr = Buffer.concat(err).toString() + note;
      resolve({ exitCode: timedOut ? 124 : exitCode, stdout: Buffer.concat(out).toString(), stderr });
    };
    child.on('error', error => finish(127, error.message));
    child.on('close', (code, signal) => finish(codeOf(code, signal)));
    // A daemon that the program left behind (dhclient) may hold the pipes open for ever, so `close` may never come.
    child.on('exit', (code, signal) => setTimeout(() => finish(codeOf(code, signal)), 300).unref());
  });
}

/** Runs a program that must succeed; returns its stdout. Throws with the command line and its stderr otherwise. */
export async function runOk(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const outcome = await run(argv, options);
  if (outcome.exitCode !== 0) {
    const why = (outcome.stderr || outcome.stdout).trim();
    throw new Error(`${argv.join(' ')}: exit ${outcome.exitCode}${why === '' ? '' : `: ${why}`}`);
  }
  return outcome.stdout;
}

export interface Background {
  readonly pid: number;
  /** All output so far, stdout and stderr together. */
  output(): string;
  running(): boolean;
  /** Ends the process (TERM, after 2 s KILL) and waits for it. */
  stop(): Promise<void>;
}

/**
 * Starts a long-lived process. The kernel kills it when this process dies, however that happens (setpriv --pdeathsig),
 * so that a killed test run leaves no dnsmasq behind.
 */
export function startBackground(argv: readonly string[]): Background {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...argv], {
    env: { ...process.env, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const keep = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-1_000_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.on('error', error => keep(Buffer.from(error.message)));
  // Neither the process nor its pipes keep this one alive.
  child.unref();
  for (const pipe of [child.stdout, child.stderr]) (pipe as unknown as { unref(): void }).unref();
  const running = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid ?? -1,
    output: () => text,
    running,
    stop: async () => {
      if (!running()) return;
      child.kill('SIGTERM');
      await waitFor(() => !running(), 2000);
      if (running()) child.kill('SIGKILL');
      await waitFor(() => !running(), 2000);
    },
  };
}

/**
 * Polls until `condition` holds or `timeout` ms (of an idle machine) passed; returns whether it held. A condition often starts a program: it is
 * asked after `interval` ms at first, then more and more seldom, so that waiting does not keep a processor busy.
 */
export async function waitFor(
  condition: () => boolean | Promise<boolean>,
  timeout: number,
  interval = 20,
): Promise<boolean> {
  const end = Date.now() + slack * timeout;
  for (let pause = interval; ; pause = Math.min(pause * 1.3, Math.max(interval, 250))) {
    if (await condition()) return true;
    if (Date.now() >= end) return false;
    await new Promise(resolve => setTimeout(resolve, pause));
  }
}

function codeOf(code: number | null, signal: string | null): number {
  return code ?? 128 + (signalNumbers[signal ?? ''] ?? 0);
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    child.kill(signal);
  }
}
