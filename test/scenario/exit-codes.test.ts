// One meaning for each exit code: `refresh`, `once`, `status` and `status --cached` agree about a machine, and whoever ends with 2 says why.
import { expect, test } from 'vitest';
import { daemonLockPath } from '../../agent/daemon/requests.ts';
import type { Outcome } from '../support/fake-machine.ts';
import { type Life, useDaemons } from './daemon-story.ts';
import { awsTwoEnis } from './story.ts';

const start = useDaemons();

async function settled(): Promise<Life> {
  const life = await start({ recording: awsTwoEnis });
  await life.daemon.runFor(300_000);
  const { pid } = life.daemon.report();
  life.machine.system.put(`/proc/${pid}/cmdline`, 'node\0/usr/lib/eni-agent/eni-agent.cjs\0daemon\0');
  return life;
}

/** The command in a process of its own, beside the daemon, which goes on meanwhile. */
async function beside({ machine, daemon }: Life, ...argv: readonly string[]): Promise<Outcome> {
  const release = await machine.system.lock(daemonLockPath, 0);
  let ended = false;
  const outcome = machine.agent(...argv).finally(() => {
    ended = true;
  });
  while (!ended) await daemon.runFor(0);
  await release?.();
  return outcome;
}

async function codes(life: Life, reason: RegExp): Promise<Readonly<Record<string, number>>> {
  const lines = ['refresh', 'status', 'status --cached', 'once'];
  const found: Record<string, number> = {};
  for (const line of lines) {
    const { code, out } = await beside(life, ...line.split(' '));
    found[line] = code;
    expect(out, line).toMatch(code === 0 ? /./ : reason);
    if (code === 2) expect(out, line).not.toContain('Nothing to do.');
  }
  return found;
}

test('all is well', async () => {
  expect(await codes(await settled(), /^never$/)).toEqual({
    refresh: 0,
    status: 0,
    'status --cached': 0,
    once: 0,
  });
});

test('rolled back by hand: it is not applied, and all of them say so', async () => {
  const life = await settled();
  expect(await beside(life, 'rollback')).toMatchObject({ code: 0 });
  await life.daemon.runFor(60_000);
  expect(await codes(life, /rolled back by hand/)).toEqual({
    refresh: 2,
    status: 2,
    'status --cached': 2,
    once: 2,
  });
});

test('a NIC that is in no metadata is worth a line, and no alarm', async () => {
  const life = await settled();
  life.machine.attach('02:00:00:00:00:99', 'eth7');
  await life.daemon.runFor(60_000);
  expect(await codes(life, /^never$/)).toEqual({ refresh: 0, status: 0, 'status --cached': 0, once: 0 });
  expect((await beside(life, 'refresh')).out).toContain('waiting: eth7: not in the metadata yet');
});
