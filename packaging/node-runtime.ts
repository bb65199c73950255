// Node for an architecture: the binary of package-lock.json, checked against its digest there, stripped, and for the legacy variant
// bound to the private libraries.
import { createHash } from 'node:crypto';
import { copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Architecture, checkout, platforms } from './artefacts.ts';
import { run } from './run-program.ts';

export interface NodeRelease {
  readonly version: string;
  /** The stripped binary. */
  readonly binary: string;
  /** Licence of Node and of all that is built into it. */
  readonly licence: string;
}

interface LockedPackage {
  readonly version: string;
  readonly integrity: string;
}

/** Where the private libraries are installed. The path is in the binary. */
const librariesFolder = '/usr/lib/eni-agent/rt';

/**
 * Downloads Node (npm keeps it in its cache) and strips it: its symbols are 18 MB that no start reads.
 *
 * Always from the registry's archive and never from node_modules: the digest of the lock file is one of the archive.
 * @throws Error when the archive is not the one of the lock file.
 */
export async function fetchNode(architecture: Architecture, work: string): Promise<NodeRelease> {
  const { nodePackage, binutils } = platforms[architecture];
  const locked = await lockedPackage(nodePackage);
  await run(
    'npm',
    ['pack', `${nodePackage}@${locked.version}`, '--pack-destination', work, '--loglevel=error'],
    { cwd: checkout },
  );
  const archive = path.join(work, `${nodePackage}-${locked.version}.tgz`);
  const integrity = `sha512-${createHash('sha512')
    .update(await readFile(archive))
    .digest('base64')}`;
  if (integrity !== locked.integrity) {
    throw new Error(
      `${nodePackage} ${locked.version} from the registry has the digest ${integrity}, package-lock.json wants ${locked.integrity}`,
    );
  }
  await run('tar', ['-xzf', archive, '-C', work, 'package/bin/node', 'package/LICENSE']);
  const binary = path.join(work, 'node');
  await run(`${binutils}strip`, [
    '--strip-all',
    '--remove-section=.comment',
    '-o',
    binary,
    path.join(work, 'package/bin/node'),
  ]);
  const licence = await readFile(path.join(work, 'package/LICENSE'), 'utf8');
  return { version: locked.version, binary, licence };
}

/**
 * Writes a Node that starts with the private loader and finds the private libraries.
 *
 * DT_RPATH and not DT_RUNPATH (--force-rpath): only the former also counts for what the libraries themselves need. LD_LIBRARY_PATH would
 * reach every child, and $ORIGIN needs /proc.
 */
export async function bindToLibraries(node: string, architecture: Architecture, to: string): Promise<void> {
  await copyFile(node, to);
  const loader = `${librariesFolder}/${platforms[architecture].loader}`;
  await run('patchelf', ['--set-interpreter', loader, '--force-rpath', '--set-rpath', librariesFolder, to]);
}

async function lockedPackage(name: string): Promise<LockedPackage> {
  const lock = JSON.parse(await readFile(path.join(checkout, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage | undefined>;
  };
  const locked = lock.packages[`node_modules/${name}`];
  if (locked === undefined) throw new Error(`package-lock.json has no ${name}`);
  return locked;
}
