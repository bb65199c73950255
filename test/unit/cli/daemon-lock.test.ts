// A daemon where another one runs: by hand an error after a second, and under systemd, which would try again each 5 s, only after a while.
import { expect, test } from 'vitest';
import { run } from '../../../agent/cli/run.ts';
import { daemonLockPath } from '../../../agent/daemon/requests.ts';
import { AgentError } from '../../../agent/errors.ts';
import { FakeSystem } from '../../support/fake-system.ts';
import { noProcess } from '../../support/no-process.ts';

test.each([
  [undefined, 900],
  ['/run/systemd/notify', 60_900],
])('NOTIFY_SOCKET %s: it waits %i ms', async (notifySocket, waits) => {
  const system = new FakeSystem();
  system.holdLock(3_600_000, daemonLockPath);
  const before = system.now();
  let err = '';
  const code = await run(['daemon'], system, {
    print: () => undefined,
    printError: text => {
      err += text;
    },
    isRoot: true,
    isInteractive: true,
    colour: false,
    process: { ...noProcess, notifySocket },
  });
  expect(code).toBe(1);
  expect(err).toContain('lock-held');
  expect(err.match(/waits for its end/g)?.length ?? 0).toBe(notifySocket === undefined ? 0 : 1);
  expect(system.now() - before).toBe(waits);
});

test('a command that only looks whether a daemon has the lock does not keep one from starting', async () => {
  const system = new FakeSystem();
  // `refresh` holds it for as long as it takes to see that it is free.
  system.holdLock(50, daemonLockPath);
  const code = await run(['daemon'], system, {
    print: () => undefined,
    printError: text => expect(text).not.toContain('lock-held'),
    isRoot: true,
    isInteractive: true,
    colour: false,
    process: {
      ...noProcess,
      openWakeups: () => {
        throw new AgentError('file-failed', 'it has the lock');
      },
    },
  });
  expect(code).toBe(1);
  expect(system.now() - Date.parse('2026-01-15T10:00:00Z')).toBeLessThan(1000);
});
