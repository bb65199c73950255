// The lock on a real disk: one holder at a time, and none once its process is dead.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { realSystem } from '../../../agent/system/real-system.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'eni-agent-lock-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('held, waited for in vain, released, and held again', async () => {
  const file = join(dir, 'new/lock');
  const release = await realSystem.lock(file, 1000);
  expect(release).toBeDefined();
  expect(await realSystem.lock(file, 0)).toBeUndefined();
  await release?.();
  const again = await realSystem.lock(file, 0);
  expect(again).toBeDefined();
  await again?.();
});

test('nobody but root can hold it, also where an older version left it readable by all', async () => {
  const file = join(dir, 'lock');
  for (const mode of [undefined, 0o644, 0o666]) {
    if (mode !== undefined) chmodSync(file, mode);
    const release = await realSystem.lock(file, 0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await release?.();
  }
});

test('what is no file of its own is no lock: a link to another file, a folder', async () => {
  writeFileSync(join(dir, 'other'), '', { mode: 0o644 });
  symlinkSync(join(dir, 'other'), join(dir, 'lock'));
  await expect(realSystem.lock(join(dir, 'lock'), 0)).rejects.toMatchObject({ code: 'file-failed' });
  expect(statSync(join(dir, 'other')).mode & 0o777).toBe(0o644);
  mkdirSync(join(dir, 'folder'));
  await expect(realSystem.lock(join(dir, 'folder'), 0)).rejects.toMatchObject({ code: 'file-failed' });
});

test('no program to lock with: it is said, and not that somebody else holds it', async () => {
  const before = process.env.PATH;
  process.env.PATH = dir;
  try {
    await expect(realSystem.lock(join(dir, 'lock'), 0)).rejects.toThrow(/cannot lock .*flock: not found/);
  } finally {
    process.env.PATH = before;
  }
});

test('a command that is still running when the lock is given back does not keep it', async () => {
  const file = join(dir, 'lock');
  const release = await realSystem.lock(file, 0);
  const command = realSystem.run(['sleep', '0.5']);
  await release?.();
  const again = await realSystem.lock(file, 0);
  expect(again).toBeDefined();
  await again?.();
  await command;
});

test('kill -9 of the holder frees it', async () => {
  const file = join(dir, 'lock');
  const module = join(import.meta.dirname, '../../../agent/system/real-system.ts');
  const script = `import { realSystem } from ${JSON.stringify(module)};
    await realSystem.lock(${JSON.stringify(file)}, 0); console.log('held'); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  expect(await realSystem.lock(file, 0)).toBeUndefined();
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const release = await realSystem.lock(file, 0);
  expect(release).toBeDefined();
  await release?.();
});
