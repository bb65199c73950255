// Whose words are read back, on a real disk: only those of a file that root alone could have written.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isCacheOurs } from '../../../agent/system/compile-cache.ts';
import { realSystem } from '../../../agent/system/real-system.ts';

let dir: string;
let folder: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'eni-agent-own-'));
  folder = join(dir, 'eni-agent/migration');
  file = join(folder, 'record.json');
  mkdirSync(folder, { recursive: true, mode: 0o755 });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const isRoot = process.getuid?.() === 0;
const refused = (why: RegExp) =>
  expect(realSystem.readOwn(file)).rejects.toMatchObject({
    code: 'state-unreadable',
    message: expect.stringMatching(why),
  });

describe.runIf(isRoot)('what is read back', () => {
  test('ours, and what is not there', async () => {
    expect(await realSystem.readOwn(file)).toBeUndefined();
    await realSystem.writeFile(file, '{}', 0o600);
    expect(await realSystem.readOwn(file)).toBe('{}');
    expect(await realSystem.readOwn(join(file, 'below'))).toBeUndefined();
  });

  test('not a file that somebody else could have written', async () => {
    writeFileSync(file, '{}');
    chmodSync(file, 0o666);
    await refused(/record\.json: it is writable by users other than root$/);
    chmodSync(file, 0o664);
    await refused(/writable/);
    chmodSync(file, 0o644);
    chownSync(file, 1000, 0);
    await refused(/it belongs to user 1000/);
  });

  test.each(['', 'migration'])('not where others may write to the folder eni-agent/%s', async name => {
    writeFileSync(file, '{}');
    chmodSync(join(dir, 'eni-agent', name), 0o777);
    await refused(/it lies in \S+eni-agent\S*, which is writable by users other than root$/);
  });

  test('no link, no FIFO (at once), no socket, no folder, and nothing without end', async () => {
    symlinkSync('/etc/passwd', file);
    await refused(/is a symbolic link/);
    rmSync(file);
    execFileSync('mkfifo', [file]);
    await refused(/is not a regular file/);
    rmSync(file);
    const server = createServer().listen(file);
    await new Promise(resolve => server.once('listening', resolve));
    await refused(/is not a regular file/);
    await new Promise(resolve => server.close(resolve));
    mkdirSync(file);
    await refused(/is not a regular file/);
    rmSync(file, { recursive: true });
    writeFileSync(file, '');
    truncateSync(file, 2 ** 40);
    await refused(/has 1099511627776 bytes/);
  });
});

test.runIf(isRoot)('secureFolder: root’s alone from then on, and it says what it was', async () => {
  expect(await realSystem.secureFolder(folder)).toBeUndefined();
  expect(await realSystem.secureFolder(join(dir, 'none'))).toBeUndefined();
  chmodSync(folder, 0o777);
  chownSync(folder, 1000, 1000);
  expect(await realSystem.secureFolder(folder)).toMatch(/belongs to user 1000/);
  expect(statSync(folder)).toMatchObject({ uid: 0, gid: 0, mode: 0o040755 });
});

test('moveAside: whatever is there, over whatever has the other name', async () => {
  const aside = `${file}.broken`;
  mkdirSync(join(aside, 'full'), { recursive: true });
  symlinkSync('/etc/passwd', file);
  await realSystem.moveAside(file, aside);
  expect(readdirSync(folder)).toEqual(['record.json.broken']);
  writeFileSync(file, 'new');
  linkSync(file, join(folder, 'other'));
  await realSystem.moveAside(file, aside);
  expect(readFileSync(aside, 'utf8')).toBe('new');
  await realSystem.moveAside(file, aside);
  expect(readFileSync(aside, 'utf8')).toBe('new');
});

test.runIf(isRoot)('the compile cache is used only where nobody else could have written to it', () => {
  const cache = join(dir, 'cache');
  expect(isCacheOurs(cache)).toBe(true);
  mkdirSync(join(cache, 'v24'), { recursive: true });
  expect(isCacheOurs(cache)).toBe(true);
  chmodSync(join(cache, 'v24'), 0o777);
  expect(isCacheOurs(cache)).toBe(false);
  rmSync(join(cache, 'v24'), { recursive: true });
  symlinkSync('/tmp', join(cache, 'v24'));
  expect(isCacheOurs(cache)).toBe(false);
});

test('a FIFO in a folder of a network service has no text, and holds nobody up', async () => {
  execFileSync('mkfifo', [file]);
  expect((await realSystem.readFile(file)) ?? '').toBe('');
});
