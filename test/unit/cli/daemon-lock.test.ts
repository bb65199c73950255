// A daemon where another one runs: by hand an error at once, and under systemd, which would try again each 5 s, only after a while.
import { expect, test } from 'vitest';
import { run } from '../../../agent/cli/run.ts';
import { daemonLockPath } from '../../../agent/daemon/requests.ts';
import { FakeSystem } from '../../support/fake-system.ts';
import { noProcess } from '../../support/no-process.ts';

test.each([
  [undefined, 0],
  ['/run/systemd/notify', 60_000],
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
  expect(err.match(/waits for its end/g)?.length ?? 0).toBe(waits === 0 ? 0 : 1);
  expect(system.now() - before).toBe(waits);
});
