// The agent as two files, and the licences of what is in them.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkout } from './artefacts.ts';
import { type Release, releaseVariables } from './release.ts';
import { run } from './run-program.ts';

/** A program that is part of the package, and what it must be shipped with. */
export interface BundledLicence {
  readonly name: string;
  readonly version: string;
  readonly text: string;
}

/**
 * The Node of the package, never one that happens to be in PATH. SIGUSR1 would open its inspector on 127.0.0.1:9229 (Node 24), through which
 * every local user runs code as root.
 */
export const launcherInterpreter = '#!/usr/lib/eni-agent/node --disable-sigusr1';

/**
 * Makes `eni-agent.cjs` and `launcher.cjs` in a folder, with the options of `npm run build`.
 *
 * The bundle is an argument of Node and needs no first line.
 */
export async function makeBundle(work: string, release: Release): Promise<readonly BundledLicence[]> {
  const metafile = path.join(work, 'metafile.json');
  await run('npm', ['run', '--silent', 'build', '--', `--outdir=${work}`, `--metafile=${metafile}`], {
    cwd: checkout,
    env: releaseVariables(release),
  });
  await replaceFirstLine(path.join(work, 'launcher.cjs'), `${launcherInterpreter}\n`);
  await replaceFirstLine(path.join(work, 'eni-agent.cjs'), '');
  return await licencesOf(bundledPackages(await readFile(metafile, 'utf8')));
}

/** Folders (in node_modules) of the npm packages that have a file in the bundle, from esbuild's metafile. Sorted. */
export function bundledPackages(metafile: string): readonly string[] {
  const { inputs } = JSON.parse(metafile) as { inputs: Record<string, unknown> };
  const names = Object.keys(inputs).flatMap(
    file => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? [],
  );
  return [...new Set(names)].sort();
}

async function licencesOf(names: readonly string[]): Promise<readonly BundledLicence[]> {
  return await Promise.all(
    names.map(async name => {
      const folder = path.join(checkout, 'node_modules', name);
      const licence = (await readdir(folder)).find(file => /^licen[cs]e(\.|$)/i.test(file));
      if (licence === undefined)
        throw new Error(`${name} is bundled and has no licence file in node_modules/${name}`);
      const { version } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as {
        version: string;
      };
      return { name, version, text: await readFile(path.join(folder, licence), 'utf8') };
    }),
  );
}

async function replaceFirstLine(file: string, line: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  if (!text.startsWith('#!')) throw new Error(`${file} was expected to begin with #!`);
  await writeFile(file, line + text.slice(text.indexOf('\n') + 1));
}
