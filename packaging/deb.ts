// A .deb of a staged tree: DEBIAN/ with the control file, conffiles, digests and maintainer scripts, and dpkg-deb.
import { createHash } from 'node:crypto';
import { chmod, copyFile, lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type Artefact,
  checkout,
  packageName,
  revision,
  summary,
  type Variant,
  version,
} from './artefacts.ts';
import { longDescription } from './description.ts';
import { debianDate, type Release } from './release.ts';
import { run } from './run-program.ts';
import type { StagedFile } from './staging.ts';

/** The names that dpkg looks for. */
const maintainerScripts = ['preinst', 'postinst', 'prerm', 'postrm'];

/** Node 24 is linked against glibc 2.28, GLIBCXX_3.4.21 and CXXABI_1.3.11 (GCC 7). */
const dependencies: Readonly<Record<Variant, string>> = {
  plain: 'libc6 (>= 2.28), libgcc-s1 | libgcc1, libstdc++6 (>= 7), iproute2',
  legacy: 'iproute2',
};

/**
 * The control file, deb-control(5). `installedSize` in KiB.
 *
 * The two variants own the same files, so one replaces the other. The Provides has no version: dpkg before 1.17.11 (Ubuntu 14.04) refuses
 * one.
 */
export function controlText(artefact: Artefact, { maintainer }: Release, installedSize: number): string {
  const { variant, architecture } = artefact;
  const other = packageName(variant === 'plain' ? 'legacy' : 'plain');
  return [
    `Package: ${packageName(variant)}`,
    `Version: ${version}-${revision}`,
    `Architecture: ${architecture}`,
    `Maintainer: ${maintainer}`,
    `Installed-Size: ${installedSize}`,
    `Depends: ${dependencies[variant]}`,
    // systemd-run, by which the daemon starts ifup and hooks outside its sandbox. Cloud images have it; without systemd nobody needs it.
    ...(variant === 'plain' ? ['Recommends: default-dbus-system-bus | dbus-system-bus'] : []),
    ...(variant === 'legacy' ? [`Provides: ${other}`] : []),
    `Conflicts: ${other}`,
    `Replaces: ${other}`,
    'Section: net',
    'Priority: optional',
    `Description: ${summary}`,
    ...longDescription(variant).map(line => (line === '' ? ' .' : ` ${line}`)),
    '',
  ].join('\n');
}

/** changelog.Debian: that of the package; what changed in the program is in changelog.gz beside it. */
export function debianChangelog(variant: Variant, { epoch, maintainer }: Release): string {
  return [
    `${packageName(variant)} (${version}-${revision}) unstable; urgency=medium`,
    '',
    `  * Version ${version}: see changelog.gz.`,
    '',
    ` -- ${maintainer}  ${debianDate(epoch)}`,
    '',
  ].join('\n');
}

/** Makes the package `to` of the tree; adds the tree's DEBIAN/. */
export async function buildDeb(
  artefact: Artefact,
  files: readonly StagedFile[],
  tree: string,
  release: Release,
  to: string,
): Promise<void> {
  const control = path.join(tree, 'DEBIAN');
  await mkdir(control);
  const write = async (name: string, text: string) => await writeFile(path.join(control, name), text);
  await write('control', controlText(artefact, release, await installedSize(tree)));
  const conffiles = files.filter(file => file.kind === 'config').map(file => `${file.path}\n`);
  if (conffiles.length > 0) await write('conffiles', conffiles.join(''));
  await write('md5sums', await digests(files, tree));
  for (const script of await scriptsIn(path.join(checkout, 'packaging/deb')))
    await copyFile(path.join(checkout, 'packaging/deb', script), path.join(control, script));
  await chmod(control, 0o755);
  for (const name of await readdir(control))
    await chmod(path.join(control, name), maintainerScripts.includes(name) ? 0o755 : 0o644);
  // xz -6 unpacks in 9 MB of memory (-9: 65 MB, for 1.2 % less). The control archive in gzip (--no-uniform-compression): dpkg before
  // 1.17.6 (Ubuntu 14.04) cannot read it in xz. dpkg-deb takes the dates of control files from SOURCE_DATE_EPOCH.
  await run(
    'dpkg-deb',
    ['--root-owner-group', '--no-uniform-compression', '-Zxz', `-z${release.xzLevel}`, '--build', tree, to],
    { env: { SOURCE_DATE_EPOCH: String(release.epoch) } },
  );
}

async function scriptsIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter(name => maintainerScripts.includes(name));
}

/** As dpkg-gencontrol counts: files in whole KiB, everything else one KiB. */
async function installedSize(tree: string): Promise<number> {
  const names = await readdir(tree, { recursive: true });
  const sizes = await Promise.all(
    names
      .filter(name => name !== 'DEBIAN' && !name.startsWith('DEBIAN/'))
      .map(async name => {
        const status = await lstat(path.join(tree, name));
        return status.isFile() ? Math.ceil(status.size / 1024) : 1;
      }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** As md5sum prints them; conffiles are not in it (dpkg keeps their digests itself). */
async function digests(files: readonly StagedFile[], tree: string): Promise<string> {
  const lines = files
    .filter(file => file.type === 'file' && file.kind !== 'config')
    .map(async file => {
      const bytes = await readFile(path.join(tree, file.path));
      return `${createHash('md5').update(bytes).digest('hex')}  ${file.path.slice(1)}\n`;
    });
  return (await Promise.all(lines)).join('');
}
