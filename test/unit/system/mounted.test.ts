// The files of another machine below a folder: a link in them never leads out of it.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { mounted } from '../../../agent/system/mounted.ts';
import { realSystem } from '../../../agent/system/real-system.ts';

const root = mkdtempSync(path.join(tmpdir(), 'eni-agent-mounted-'));
afterAll(() => rmSync(root, { recursive: true }));
mkdirSync(path.join(root, 'etc/net'), { recursive: true });
mkdirSync(path.join(root, 'run/net'), { recursive: true });
writeFileSync(path.join(root, 'run/net/a'), 'inside');
symlinkSync('/run/net/a', path.join(root, 'etc/net/absolute'));
symlinkSync('../../run/net/a', path.join(root, 'etc/net/relative'));
symlinkSync('../../../../../../etc/hostname', path.join(root, 'etc/net/out'));
symlinkSync('/run/net', path.join(root, 'etc/folder'));
symlinkSync('/etc/net/loop', path.join(root, 'etc/net/loop'));

const system = mounted(realSystem, root);

test.each([
  ['/run/net/a', 'inside'],
  ['/etc/net/absolute', 'inside'],
  ['/etc/net/relative', 'inside'],
  ['/etc/folder/a', 'inside'],
  ['/etc/net/out', undefined],
  ['/etc/net/nothing', undefined],
])('%s: %s', async (file, text) => {
  expect(await system.readFile(file)).toBe(text);
});

test('folders, kinds and links', async () => {
  expect(await system.listFolder('/etc/folder')).toEqual(['a']);
  expect(await system.exists('/etc/net/out')).toBe(true);
  expect(await system.readLink('/etc/net/absolute')).toBe('/run/net/a');
  expect((await system.stat('/etc/net/absolute'))?.mode).toBeDefined();
});

test('a link to itself ends', async () => {
  await expect(system.readFile('/etc/net/loop')).rejects.toThrow();
});

test('nothing is run and nothing is written', async () => {
  expect(await system.run(['true'])).toMatchObject({ exitCode: 127 });
  await expect(system.writeFile('/etc/x', '', 0o644)).rejects.toThrow('nothing is written');
  await expect(system.removeTree('/etc')).rejects.toThrow('nothing is written');
});
