// File operations of the real system that are more than one call of Node's, on a real disk.
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryName } from '../../../agent/system/disk.ts';
import { realSystem } from '../../../agent/system/real-system.ts';

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

test('copy: bytes, mode, owner and times, over another file, and with a temporary that a crash left', async () => {
  const from = join(dir, 'a');
  // No text in any encoding.
  const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x0a]);
  writeFileSync(from, bytes);
  chmodSync(from, 0o4751);
  utimesSync(from, 1000, 2000);
  for (const name of ['new/b', 'c']) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, dirname(name), temporaryName), 'left over');
    if (name === 'c') writeFileSync(join(dir, name), 'other');
    await realSystem.copy(from, join(dir, name));
    const [was, is] = [statSync(from), statSync(join(dir, name))];
    expect(readFileSync(join(dir, name))).toEqual(bytes);
    expect([is.mode, is.uid, is.gid, is.mtimeMs]).toEqual([was.mode, was.uid, was.gid, 2_000_000]);
  }
  expect(readdirSync(dir)).toEqual(['a', 'c', 'new']);
  await expect(realSystem.copy(join(dir, 'none'), from)).rejects.toMatchObject({ code: 'file-failed' });
});

test('copy: a symbolic link stays one, also one that leads nowhere', async () => {
  symlinkSync('/nowhere/x', join(dir, 'link'));
  await realSystem.copy(join(dir, 'link'), join(dir, 'new/link'));
  expect(readlinkSync(join(dir, 'new/link'))).toBe('/nowhere/x');
});

test('removeTree: a folder with all in it, a file, what has gone; not what a link leads to', async () => {
  mkdirSync(join(dir, 'kept'));
  writeFileSync(join(dir, 'kept/file'), '');
  mkdirSync(join(dir, 'tree/deep'), { recursive: true });
  writeFileSync(join(dir, 'tree/deep/file'), '');
  symlinkSync(join(dir, 'kept'), join(dir, 'tree/link'));
  symlinkSync(join(dir, 'kept'), join(dir, 'link'));
  for (const name of ['tree', 'link', 'none']) await realSystem.removeTree(join(dir, name));
  expect(readdirSync(dir)).toEqual(['kept']);
  expect(readdirSync(join(dir, 'kept'))).toEqual(['file']);
});

test('files of one folder that are written at once are each whole', async () => {
  const names = ['a', 'b', 'c'];
  for (let round = 0; round < 20; round++) {
    await Promise.all(names.map(name => realSystem.writeFile(join(dir, name), name.repeat(5000), 0o644)));
    for (const name of names) expect(readFileSync(join(dir, name), 'utf8')).toBe(name.repeat(5000));
  }
});

test.each([0o000, 0o077])(
  'whatever the umask (%o), folders are 0755 and files have the mode that was asked for',
  async umask => {
    const before = process.umask(umask);
    try {
      await realSystem.writeFile(join(dir, 'var/lib/state.json'), '{}', 0o644);
      await realSystem.link(join(dir, 'var/lib/state.json'), join(dir, 'linked/a'));
      await realSystem.copy(join(dir, 'var/lib/state.json'), join(dir, 'copied/a'));
      await (await realSystem.lock(join(dir, 'run/lock'), 0))?.();
    } finally {
      process.umask(before);
    }
    for (const name of ['var', 'var/lib', 'linked', 'copied', 'run'])
      expect(statSync(join(dir, name)).mode & 0o777, name).toBe(0o755);
    for (const name of ['var/lib/state.json', 'linked/a', 'copied/a'])
      expect(statSync(join(dir, name)).mode & 0o777, name).toBe(0o644);
    expect(statSync(join(dir, 'run/lock')).mode & 0o777).toBe(0o600);
  },
);

test('a folder that is there keeps its mode', async () => {
  mkdirSync(join(dir, 'secret'), { mode: 0o700 });
  await realSystem.writeFile(join(dir, 'secret/a'), '', 0o644);
  expect(statSync(join(dir, 'secret')).mode & 0o777).toBe(0o700);
});

test('nothing is written through a link that lies where the temporary file goes', async () => {
  const victim = join(dir, 'victim');
  writeFileSync(victim, 'kept', { mode: 0o600 });
  for (const write of [
    () => realSystem.writeFile(join(dir, 'a'), 'new', 0o644),
    () => realSystem.copy(join(dir, 'a'), join(dir, 'b')),
    () => realSystem.link(join(dir, 'a'), join(dir, 'c')),
  ]) {
    symlinkSync(victim, join(dir, temporaryName));
    await write();
    expect(readFileSync(victim, 'utf8')).toBe('kept');
    expect(statSync(victim).mode & 0o777).toBe(0o600);
  }
  for (const name of ['a', 'b', 'c']) expect(readFileSync(join(dir, name), 'utf8')).toBe('new');
});

test('a write that fails leaves nothing behind: what is left on a full disk keeps it full', async () => {
  writeFileSync(join(dir, 'a'), 'old');
  // Nothing can be put in the place of a folder.
  mkdirSync(join(dir, 'folder/in-it'), { recursive: true });
  const there = () => readdirSync(dir).sort();
  const before = there();
  for (const write of [
    () => realSystem.writeFile(join(dir, 'folder'), 'new', 0o644),
    () => realSystem.copy(join(dir, 'a'), join(dir, 'folder')),
    () => realSystem.link(join(dir, 'a'), join(dir, 'folder')),
  ])
    await expect(write()).rejects.toThrow('folder');
  expect(there()).toEqual(before);
});
