// Running a program, with real small ones: exit codes, output, input, the deadline, and what a program leaves behind.
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { followCommand, runCommand } from '../../../agent/system/run-command.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const sh = (script: string, options = {}) => runCommand(['sh', '-c', script], options);
/** A number that no other process has in its arguments. */
const mark = `4242${process.pid}`;

/** A process that is dead and not yet buried has no arguments. */
function isRunning(text: string): boolean {
  const args = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    } catch {
      return '';
    }
  };
  return readdirSync('/proc').some(name => /^\d+$/.test(name) && args(name) === text);
}

test('output of both kinds and the exit code, as the program gives them', async () => {
  expect(await sh('echo out; echo err >&2; exit 3')).toEqual({
    exitCode: 3,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  expect(await sh("printf 'gr\\303\\274\\303\\237e'")).toMatchObject({ exitCode: 0, stdout: 'grüße' });
});

test('a character that comes in two pieces stays one', async () => {
  expect((await sh("printf '\\303'; sleep 0.05; printf '\\274'")).stdout).toBe('ü');
});

test('127: there is no such program; 126: it cannot be started', async () => {
  expect(await runCommand(['no-such-program'])).toEqual({
    exitCode: 127,
    stdout: '',
    stderr: 'no-such-program: not found',
  });
  expect(await runCommand(['/etc'])).toMatchObject({
    exitCode: 126,
    stderr: expect.stringContaining('EACCES'),
  });
  // spawn throws this one, where it tells the others by an event.
  expect(await runCommand(['echo', 'a\0b'])).toMatchObject({ exitCode: 126, stdout: '' });
});

test('126: killed by a signal', async () => {
  expect(await sh('echo half; kill -9 $$')).toEqual({
    exitCode: 126,
    stdout: 'half\n',
    stderr: 'sh was killed by SIGKILL',
  });
});

test('124: the deadline ends the program and its children, which hold the pipes', async () => {
  const result = await sh(`echo before; sleep ${mark}1 & sleep ${mark}1`, { timeoutMs: 300 });
  expect(result).toEqual({ exitCode: 124, stdout: 'before\n', stderr: 'no answer within the deadline' });
  await expect.poll(() => isRunning(`sleep ${mark}1`)).toBe(false);
});

test('what a program leaves behind is neither waited for nor killed', async () => {
  const result = await sh(`sleep ${mark}2 & echo $!`, { timeoutMs: 20_000 });
  expect(result.exitCode).toBe(0);
  expect(isRunning(`sleep ${mark}2`)).toBe(true);
  process.kill(Number(result.stdout), 'SIGKILL');
});

test('LC_ALL=C on top of the environment', async () => {
  process.env.ENI_AGENT_TEST = 'inherited';
  expect((await sh('echo $LC_ALL $ENI_AGENT_TEST')).stdout).toBe('C inherited\n');
});

test('what systemd gave the daemon to speak with is for no program that it starts', async () => {
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_PID', 'WATCHDOG_USEC']) vi.stubEnv(name, '1');
  const script = 'echo "$NOTIFY_SOCKET$WATCHDOG_PID$WATCHDOG_USEC."';
  expect((await sh(script)).stdout).toBe('.\n');
  // Its words are not kept: it says something if it has nothing.
  const heard = await new Promise(resolve => {
    const asks = `[ "$(${script})" = . ] && echo nothing`;
    followCommand(
      ['sh', '-c', asks],
      () => resolve('nothing'),
      () => resolve('something'),
    );
  });
  expect(heard).toBe('nothing');
});

test('input: all of it, none of it, or more than the program wants', async () => {
  const long = `${'x'.repeat(1_000_000)}\n`;
  expect((await runCommand(['cat'], { input: long })).stdout).toBe(long);
  expect(await runCommand(['cat'])).toMatchObject({ exitCode: 0, stdout: '' });
  expect(await sh('exec <&-; sleep 0.05; exit 5', { input: long })).toMatchObject({ exitCode: 5 });
});

test('more output than anybody can want is a failure, and not half an answer', async () => {
  const result = await runCommand(['cat', '/dev/zero']);
  expect(result.exitCode).toBe(126);
  expect(result.stderr).toContain('more output than');
});
