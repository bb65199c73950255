import { describe, expect, test } from 'vitest';
import { diffFiles, foreignPaths, readOwnedFiles } from '../../../agent/apply/ownership.ts';
import type { System } from '../../../agent/system/system.ts';
import { isMarked, marker, type Renderer } from '../../../renderers/renderer.ts';

const ours = (body: string) => `# ${marker}\n${body}`;

test.each<readonly [string, string, boolean]>([
  ['in the first line', ours('x'), true],
  ['in the third, behind an interpreter line', `#!/bin/sh\n\n# ${marker}\n`, true],
  ['in the fourth: somebody quotes us', `a\nb\nc\n# ${marker}\n`, false],
  ['of a version with other words behind it', '# Written by eni-agent; see eni-agent(8).\nx\n', true],
  ['quoted in a comment', '# Replaces the file "Written by eni-agent; changes are lost."\nx\n', false],
  ['as a value and no comment', 'NOTE="# Written by eni-agent; "\n', false],
  ['nowhere', 'auto eth1\niface eth1 inet dhcp\n', false],
  ['an empty file', '', false],
])('the marker %s', (_name, content, wanted) => {
  expect(isMarked(content)).toBe(wanted);
});

const systemWith = (files: Readonly<Record<string, string>>, folders: readonly string[] = []) =>
  ({
    readFile: async (path: string) => files[path],
    exists: async (path: string) => path in files || folders.includes(path),
    stat: async () => ({ inode: 1, modified: 0, mode: 0o100600, uid: 0 }),
    listFolder: async (dir: string) =>
      Object.keys(files)
        .filter(path => path.startsWith(`${dir}/`))
        .map(path => path.slice(dir.length + 1)),
  }) as unknown as System;

test('owned files: our names in the folders of all renderers, with our marker', async () => {
  const system = systemWith({
    '/etc/a/60-eni-eth1': ours('1'),
    '/etc/a/60-eni-eth2': 'somebody took our name',
    '/etc/a/50-cloud-init': ours('a copy under a foreign name'),
    '/etc/b/eni-eth1.conf': ours('2'),
  });
  const renderers = [
    { ownFiles: [{ dir: '/etc/a', name: /^60-eni-/ }] },
    { ownFiles: [{ dir: '/etc/b', name: /^eni-.*\.conf$/ }] },
  ] as unknown as readonly Renderer[];
  expect([...(await readOwnedFiles(system, renderers)).keys()]).toEqual([
    '/etc/a/60-eni-eth1',
    '/etc/b/eni-eth1.conf',
  ]);
});

test('foreign files in the way: without the marker, or no file at all', async () => {
  const system = systemWith({ '/a': ours('1'), '/b': 'foreign' }, ['/folder']);
  const files = ['/a', '/b', '/folder', '/free'].map(path => ({ path, mode: 0o644, content: ours('2') }));
  expect(await foreignPaths(system, files)).toEqual(['/b', '/folder']);
});

describe('diffFiles', () => {
  const file = (path: string, body: string) => ({ path, mode: 0o600, content: ours(body) });
  const owned = new Map([
    ['/b', { content: ours('1'), mode: 0o640 }],
    ['/c', { content: ours('1'), mode: 0o640 }],
    ['/d', { content: ours('1'), mode: 0o640 }],
  ]);

  test('new, changed and gone, sorted; equal ones left out', () => {
    expect(diffFiles(owned, [file('/d', '2'), file('/b', '1'), file('/a', '1')])).toEqual([
      { path: '/a', mode: 0o600, before: undefined, after: ours('1') },
      { path: '/c', mode: 0o640, before: ours('1'), after: undefined },
      { path: '/d', mode: 0o600, before: ours('1'), after: ours('2') },
    ]);
  });
  test('no change, no entry', () => {
    expect(diffFiles(owned, [file('/b', '1'), file('/c', '1'), file('/d', '1')])).toEqual([]);
  });
});
