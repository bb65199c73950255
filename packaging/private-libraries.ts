// The private C library of the legacy variant: what Node needs of Debian 13's libraries, for either architecture, unpacked without
// touching the machine's own packages.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Architecture, platforms } from './artefacts.ts';
import type { BundledLicence } from './bundle.ts';
import { run } from './run-program.ts';

/**
 * 13 and not an older one: a library that /etc/ld.so.preload brings into each process may need a newer C library than ours, and Node
 * would not start. Debian 11's also refuses old kernels.
 */
const suite = 'trixie';
const debianPackages = ['libc6', 'libgcc-s1', 'libstdc++6'];
/** The copyright files of Debian's packages refer to them; other distributions do not have them in a place of their own. */
const commonLicences = ['LGPL-2.1', 'GPL-3'];

/** What Node names as NEEDED, and what those need. Debian 13's C library looks names up itself, without libnss_files and libnss_dns. */
export const libraries = [
  'libc.so.6',
  'libdl.so.2',
  'libm.so.6',
  'libpthread.so.0',
  'libgcc_s.so.1',
  'libstdc++.so.6',
];

/**
 * Puts the libraries into `work/libraries`.
 * @returns the licence of each Debian source package.
 */
export async function fetchLibraries(
  architecture: Architecture,
  work: string,
): Promise<readonly BundledLicence[]> {
  const { multiarch, loader } = platforms[architecture];
  const tree = path.join(work, 'debian');
  const sources = await debianSources(work);
  // extract: downloads and unpacks; runs nothing of the other architecture.
  await run('mmdebstrap', [
    '--variant=extract',
    `--architectures=${architecture}`,
    `--include=${[...debianPackages, 'base-files'].join(',')}`,
    suite,
    tree,
    ...sources,
  ]);
  const to = path.join(work, 'libraries');
  await mkdir(to);
  // Follows the link to the file with the full version.
  for (const name of [loader, ...libraries])
    await copyFile(path.join(tree, 'usr/lib', multiarch, name), path.join(to, name));
  const licences = await Promise.all(debianPackages.map(name => licenceOf(name, tree)));
  // The two libraries of the compiler are of one source.
  const bySource = new Map(licences.map(licence => [licence.name, licence]));
  const common = commonLicences.map(async name => ({
    name,
    version: '',
    text: await readFile(path.join(tree, 'usr/share/common-licenses', name), 'utf8'),
  }));
  return [...bySource.values(), ...(await Promise.all(common))];
}

async function licenceOf(name: string, tree: string): Promise<BundledLicence> {
  const folder = path.join(tree, 'usr/share/doc', name);
  const changelog = gunzipSync(await readFile(path.join(folder, 'changelog.Debian.gz'))).toString('utf8');
  const [, source, version] = /^(\S+) \(([^)]+)\)/.exec(changelog) ?? [];
  if (source === undefined || version === undefined) throw new Error(`${name}: its changelog has no version`);
  return {
    name: `${source} (Debian source package)`,
    version,
    text: await readFile(path.join(folder, 'copyright'), 'utf8'),
  };
}

/** The machine's own mirror with the release's name replaced, where it is a Debian: mmdebstrap's built-in one may be out of reach. */
async function debianSources(work: string): Promise<readonly string[]> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const codename = /^ID=debian$/m.test(release) && /^VERSION_CODENAME=(\w+)$/m.exec(release)?.[1];
  if (!codename) return [];
  const own = await readFile('/etc/apt/sources.list.d/debian.sources', 'utf8').catch(
    async () => await readFile('/etc/apt/sources.list', 'utf8').catch(() => ''),
  );
  if (!own.includes(codename)) return [];
  // mmdebstrap tells the two formats apart by their first lines.
  const file = path.join(work, 'sources');
  await writeFile(file, own.replaceAll(codename, suite));
  return [file];
}
