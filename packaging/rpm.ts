// An .rpm of a staged tree: the spec file, and rpmbuild.
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type Artefact,
  checkout,
  packageName,
  platforms,
  revision,
  summary,
  type Variant,
  version,
} from './artefacts.ts';
import { longDescription } from './description.ts';
import { type Release, rpmDate } from './release.ts';
import { run } from './run-program.ts';
import type { StagedFile } from './staging.ts';

/** The sections of a spec file that packaging/rpm/ may have a script for, by the name of the script. */
const scriptlets = ['pretrans', 'pre', 'post', 'preun', 'postun', 'posttrans'];

/** SPDX. The second part is what Node's own LICENSE lists. */
const licence: Readonly<Record<Variant, string>> = {
  plain: 'Apache-2.0 AND MIT AND ISC AND BSD-2-Clause AND BSD-3-Clause AND Zlib AND Unicode-3.0',
  legacy:
    'Apache-2.0 AND MIT AND ISC AND BSD-2-Clause AND BSD-3-Clause AND Zlib AND Unicode-3.0 AND LGPL-2.1-or-later AND GPL-3.0-or-later WITH GCC-exception-3.1',
};

/**
 * The spec file; `tree` is the staged tree, `scripts` are texts by scriptlet.
 *
 * The plain variant's needs are read from Node itself by rpm (libc.so.6(GLIBC_2.28) and so on), so that a system with an older C library
 * refuses the package instead of installing what cannot start. The legacy variant needs none of the system's libraries, and
 * rpm would find those in its own.
 */
export function specText(
  { variant }: Artefact,
  files: readonly StagedFile[],
  tree: string,
  scripts: ReadonlyMap<string, string>,
  { epoch, maintainer }: Release,
): string {
  const name = packageName(variant);
  const other = packageName(variant === 'plain' ? 'legacy' : 'plain');
  return [
    `Name: ${name}`,
    `Version: ${version}`,
    `Release: ${revision}`,
    `Summary: ${summary[0]!.toUpperCase()}${summary.slice(1)}`,
    `License: ${licence[variant]}`,
    // Tools of EL6 and SLES 11 show it.
    'Group: System Environment/Base',
    `Packager: ${maintainer}`,
    `AutoReq: ${variant === 'plain' ? 'yes' : 'no'}`,
    // Node and the private libraries are nobody else's to use.
    'AutoProv: no',
    'Requires: iproute',
    ...(variant === 'legacy' ? [`Provides: ${other} = %{version}-%{release}`] : []),
    `Conflicts: ${other}`,
    '',
    '%description',
    ...longDescription(variant),
    '',
    '%install',
    'mkdir -p %{buildroot}',
    `cp -a ${escaped(tree)}/. %{buildroot}/`,
    '',
    ...[...scripts].flatMap(([scriptlet, text]) => [`%${scriptlet}`, escaped(text.trimEnd()), '']),
    '%files',
    ...files.map(fileLine),
    '',
    '%changelog',
    `* ${rpmDate(epoch)} ${maintainer} - ${version}-${revision}`,
    `- Version ${version}: see /usr/share/doc/${name}/changelog.`,
    '',
  ].join('\n');
}

function fileLine({ path: name, mode, kind, type }: StagedFile): string {
  const attributes = type === 'link' ? '-' : mode.toString(8).padStart(4, '0');
  const marks = [
    `%attr(${attributes},root,root)`,
    ...(type === 'directory' ? ['%dir'] : []),
    ...(kind === 'config' ? ['%config(noreplace)'] : []),
    ...(kind === 'documentation' ? ['%doc'] : []),
  ];
  return `${marks.join(' ')} ${name}`;
}

/** A per cent sign begins a macro, also within scripts. */
function escaped(text: string): string {
  return text.replaceAll('%', '%%');
}

/** Makes the package `to` of the tree. */
export async function buildRpm(
  artefact: Artefact,
  files: readonly StagedFile[],
  tree: string,
  release: Release,
  to: string,
): Promise<void> {
  const work = `${to}.rpmbuild`;
  await mkdir(work);
  const spec = path.join(work, 'eni-agent.spec');
  await writeFile(spec, specText(artefact, files, tree, await readScripts(), release));
  const macros: Readonly<Record<string, string>> = {
    _topdir: work,
    // xz: rpm reads it since 4.8 (EL6), zstd since 4.14 only. The level: see deb.ts.
    _binary_payload: `w${release.xzLevel}.xzdio`,
    _source_filedigest_algorithm: '8',
    _binary_filedigest_algorithm: '8',
    // It would strip again, and compress what deb.ts leaves alone: the tree is as it shall be.
    __os_install_post: '%{nil}',
    debug_package: '%{nil}',
    _build_id_links: 'none',
    // Nothing of the build machine, and one date.
    _buildhost: 'localhost',
    use_source_date_epoch_as_buildtime: '1',
    clamp_mtime_to_source_date_epoch: '1',
  };
  await run(
    'rpmbuild',
    [
      ...['-bb', '--target', `${platforms[artefact.architecture].rpm}-linux`],
      ...Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`]),
      spec,
    ],
    { env: { SOURCE_DATE_EPOCH: String(release.epoch) } },
  );
  const folder = path.join(work, 'RPMS', platforms[artefact.architecture].rpm);
  const [made] = await readdir(folder);
  await rename(path.join(folder, made!), to);
}

async function readScripts(): Promise<ReadonlyMap<string, string>> {
  const folder = path.join(checkout, 'packaging/rpm');
  const found = (await readdir(folder)).filter(name => scriptlets.includes(name));
  return new Map(
    await Promise.all(
      found
        .sort((a, b) => scriptlets.indexOf(a) - scriptlets.indexOf(b))
        .map(async name => [name, await readFile(path.join(folder, name), 'utf8')] as const),
    ),
  );
}
