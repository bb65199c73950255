// What several packages share and no checkout has: the bundle, Node, the libraries, the copyright file. Each is made once.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Architecture, checkout, type Target, type Variant } from './artefacts.ts';
import { type BundledLicence, makeBundle } from './bundle.ts';
import { copyrightText } from './copyright.ts';
import { debianChangelog } from './deb.ts';
import { bindToLibraries, fetchNode, type NodeRelease } from './node-runtime.ts';
import { fetchLibraries } from './private-libraries.ts';
import type { Release } from './release.ts';

/**
 * Makes the parts of these packages below `work`.
 * @returns the folder of a package's parts, with the names that packaging/contents.ts has for them.
 */
export async function makeParts(
  targets: readonly Target[],
  work: string,
  release: Release,
): Promise<(target: Target) => string> {
  const bundle = await newFolder(work, 'bundle');
  const bundled = await makeBundle(bundle, release);
  const nodes = new Map<Architecture, Promise<NodeRelease>>();
  const nodeFor = (architecture: Architecture) => {
    const node =
      nodes.get(architecture) ??
      newFolder(work, `node-${architecture}`).then(folder => fetchNode(architecture, folder));
    nodes.set(architecture, node);
    return node;
  };
  const folderOf = ({ variant, architecture }: Target) => path.join(work, `${variant}-${architecture}`);
  const byFolder = new Map(targets.map(target => [folderOf(target), target]));
  // Side by side: most of it is waiting for downloads.
  await Promise.all(
    [...byFolder].map(async ([folder, target]) => {
      await mkdir(folder);
      for (const name of ['eni-agent.cjs', 'launcher.cjs'])
        await copyFile(path.join(bundle, name), path.join(folder, name));
      await makePart(target, folder, { node: await nodeFor(target.architecture), bundled, release });
    }),
  );
  return folderOf;
}

interface Shared {
  readonly node: NodeRelease;
  readonly bundled: readonly BundledLicence[];
  readonly release: Release;
}

async function makePart(
  { variant, architecture }: Target,
  folder: string,
  { node, bundled, release }: Shared,
): Promise<void> {
  let libraries: readonly BundledLicence[] = [];
  if (variant === 'legacy') {
    libraries = await fetchLibraries(architecture, folder);
    await bindToLibraries(node.binary, architecture, path.join(folder, 'node'));
  } else {
    await copyFile(node.binary, path.join(folder, 'node'));
  }
  const own = await readFile(path.join(checkout, 'LICENSE'), 'utf8');
  const licence = { name: 'Node.js', version: node.version, text: node.licence };
  await writeFile(
    path.join(folder, 'copyright'),
    copyrightText({ variant, own, node: licence, bundled, libraries }),
  );
  await writeFile(path.join(folder, 'changelog.Debian'), debianChangelog(variant, release));
  await writeFile(path.join(folder, 'lintian-overrides'), await lintianOverrides(variant));
}

async function lintianOverrides(variant: Variant): Promise<string> {
  const names = ['lintian-overrides', ...(variant === 'legacy' ? ['lintian-overrides-legacy'] : [])];
  const texts = names.map(name => readFile(path.join(checkout, 'packaging/lint', name), 'utf8'));
  return (await Promise.all(texts)).join('');
}

async function newFolder(work: string, name: string): Promise<string> {
  const folder = path.join(work, name);
  await mkdir(folder);
  return folder;
}
