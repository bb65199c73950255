// The two file operations that hard links need, on a real disk.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { realSystem, temporaryName } from '../../../agent/system/real-system.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'eni-agent-files-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('link: another name of the same file, in a folder that did not exist, and over another file', async () => {
  writeFileSync(join(dir, 'a'), 'one', { mode: 0o640 });
  await realSystem.link(join(dir, 'a'), join(dir, 'new/b'));
  expect(statSync(join(dir, 'new/b')).ino).toBe(statSync(join(dir, 'a')).ino);
  writeFileSync(join(dir, 'c'), 'two');
  await realSystem.link(join(dir, 'c'), join(dir, 'new/b'));
  expect(readFileSync(join(dir, 'new/b'), 'utf8')).toBe('two');
  expect(readFileSync(join(dir, 'a'), 'utf8')).toBe('one');
});

test('link: names of one file already, or a temporary that a crash left', async () => {
  writeFileSync(join(dir, 'a'), 'one');
  writeFileSync(join(dir, temporaryName), 'left over');
  await realSystem.link(join(dir, 'a'), join(dir, 'b'));
  await realSystem.link(join(dir, 'a'), join(dir, 'b'));
  expect(readdirSync(dir)).toEqual(['a', 'b']);
  await expect(realSystem.link(join(dir, 'none'), join(dir, 'b'))).rejects.toMatchObject({
    code: 'file-failed',
  });
});

test('stat: inode, time in whole milliseconds, mode and owner', async () => {
  const path = join(dir, 'a');
  writeFileSync(path, '', { mode: 0o640 });
  utimesSync(path, 1000.0019, 1000.0019);
  const { ino, uid } = statSync(path);
  expect(await realSystem.stat(path)).toEqual({ inode: ino, modified: 1_000_001, mode: 0o100640, uid });
  expect(await realSystem.stat(join(dir, 'none'))).toBeUndefined();
});
