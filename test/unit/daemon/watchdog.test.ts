// What systemd's watchdog is told, by which program, and how often at most.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { noWatchdog, openWatchdog, type WatchdogSpec } from '../../../agent/daemon/systemd/watchdog.ts';
import type { System } from '../../../agent/system/system.ts';
import { withProgress } from '../../../agent/system/with-progress.ts';
import { FakeSystem } from '../../support/fake-system.ts';

const limit = '600000000';
const spec: WatchdogSpec = { socket: '/run/systemd/notify', limit, meant: '4711' };
let version = 252;
let calls: (readonly string[])[] = [];
let end: () => void = () => undefined;
const system = {
  run(argv: readonly string[]) {
    if (argv.join(' ') === 'systemd-notify --version')
      return Promise.resolve({
        exitCode: 0,
        stdout: `systemd ${version} (${version}.1)\n+PAM\n`,
        stderr: '',
      });
    calls.push(argv);
    return new Promise(resolve => {
      end = () => resolve({ exitCode: 1, stdout: '', stderr: '' });
    });
  },
} as unknown as System;

beforeEach(() => {
  calls = [];
  vi.useFakeTimers();
});
afterEach(() => void vi.useRealTimers());

test.each([
  [246, 150],
  // Its words may be lost.
  [245, 30],
])(
  'by systemd-notify, with the socket that other programs are not given: systemd %d, every %d s',
  async (its, seconds) => {
    version = its;
    const { progress, longestSleepMs } = await openWatchdog(system, 4711, spec);
    expect(longestSleepMs).toBe(150_000);
    progress();
    const words = ['env', 'NOTIFY_SOCKET=/run/systemd/notify', 'systemd-notify', '--pid=4711', 'WATCHDOG=1'];
    expect(calls).toEqual([words]);
    end();
    await vi.advanceTimersByTimeAsync((seconds - 1) * 1000);
    progress();
    expect(calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2000);
    progress();
    expect(calls).toHaveLength(2);
  },
);

test('one program at a time', async () => {
  const { progress } = await openWatchdog(system, 4711, spec);
  progress();
  await vi.advanceTimersByTimeAsync(100_000);
  progress();
  expect(calls).toHaveLength(1);
  end();
  await vi.advanceTimersByTimeAsync(0);
  progress();
  expect(calls).toHaveLength(2);
});

test.each([
  ['no systemd', { socket: undefined }],
  ['no watchdog in the unit', { limit: undefined }],
  ['off', { limit: '0' }],
  ['no number', { limit: '10min' }],
  ['another process is meant', { meant: '4712' }],
])('%s: nothing', async (_name, other) => {
  const watchdog = await openWatchdog(system, 4711, { ...spec, ...other });
  expect(watchdog).toBe(noWatchdog);
  watchdog.progress();
  expect(calls).toEqual([]);
});

test('a command that has ended is progress, whatever it ended with; what a system can do is left as it is', async () => {
  vi.useRealTimers();
  let count = 0;
  const fake = new FakeSystem();
  const seen = withProgress(fake, () => count++);
  await seen.run(['ip', '-V']);
  await seen.run(['ping', '-c1', '-W1', '203.0.113.1']);
  expect(count).toBe(2);
  await seen.writeFile('/etc/x', 'text', 0o644);
  expect(await seen.readFile('/etc/x')).toBe('text');
  expect(count).toBe(2);
});
