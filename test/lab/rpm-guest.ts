// RPM packages in a guest: the trees are Debian's, so the machine's own rpm goes along with its libraries, and starts with an empty
// database. Scriptlets run as on any other system, under the guest's systemd.
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { AgentHost } from './agent-host.ts';
import { type Outcome, run, runOk } from './command.ts';
import { guestOk, runInGuest } from './guest-commands.ts';
import { removeGuestFile } from './guest-files.ts';

const folder = '/opt/rpm';

/** Copies the machine's rpm into the guest, which must be of the machine's own Debian release. */
export async function bringRpm({ guest }: AgentHost): Promise<void> {
  const inside = `/proc/${guest.pid}/root${folder}`;
  mkdirSync(`${inside}/lib`, { recursive: true });
  copyFileSync('/usr/bin/rpm', `${inside}/rpm`);
  cpSync('/usr/lib/rpm', `${inside}/etc`, { recursive: true });
  const libraries = (await runOk(['ldd', '/usr/bin/rpm'])).matchAll(/=> (\/\S+)/g);
  for (const [, library] of libraries) copyFileSync(library!, join(inside, 'lib', basename(library!)));
  await guestOk(guest, ['sh', '-c', `chmod 755 ${folder}/rpm; mkdir -p /var/lib/rpm`]);
}

// By the loader, and not by LD_LIBRARY_PATH, which the scriptlets would inherit. Debian's rpm asks whether one means it.
const rpmCommand = `RPM_CONFIGDIR=${folder}/etc /lib64/ld-linux-x86-64.so.2 --library-path ${folder}/lib ${folder}/rpm --force-debian --dbpath /var/lib/rpm`;

/** Runs rpm in the guest. Packages are paths of the machine. */
export async function rpm(
  { guest }: AgentHost,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const packages = args.filter(arg => arg.endsWith('.rpm'));
  for (const path of packages) copyFileSync(path, `/proc/${guest.pid}/root/tmp/${basename(path)}`);
  const words = args.map(arg => (packages.includes(arg) ? `/tmp/${basename(arg)}` : arg));
  const script = `${rpmCommand} "$@"`;
  const outcome = await runInGuest(guest, ['sh', '-c', script, 'rpm', ...words], { timeout: 120_000, env });
  for (const path of packages) removeGuestFile(guest, `/tmp/${basename(path)}`);
  return outcome;
}

/** Copies of a package with other versions, each changed by `edit` (the folder of the unpacked package). */
export async function repackRpm(
  original: string,
  versions: Readonly<Record<string, ((tree: string) => void) | undefined>>,
): Promise<{ readonly path: (version: string) => string; readonly remove: () => void }> {
  const work = mkdtempSync(join(tmpdir(), 'eni-agent-repack.'));
  const path = (version: string) => join(work, `${version}.rpm`);
  for (const [version, edit] of Object.entries(versions)) {
    const tree = join(work, 'tree');
    mkdirSync(tree);
    await runOk(['sh', '-c', 'rpm2archive -n - < "$1" | tar -xpf - -C "$2"', 'sh', original, tree], {
      timeout: 60_000,
    });
    edit?.(tree);
    const spec = join(work, 'package.spec');
    writeFileSync(spec, await specOf(original, version, tree));
    // Hardly compressed: this is unpacked once.
    const macros = {
      ...{ _topdir: work, _binary_payload: 'w1.gzdio', __os_install_post: '%{nil}', debug_package: '%{nil}' },
      ...{ _build_id_links: 'none', _rpmdir: work, _build_name_fmt: `${version}.rpm` },
    };
    const defines = Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
    const { exitCode, stderr } = await run(['rpmbuild', '-bb', ...defines, spec], { timeout: 120_000 });
    if (exitCode !== 0) throw new Error(`rpmbuild: ${stderr}`);
    rmSync(tree, { recursive: true });
  }
  return { path, remove: () => rmSync(work, { recursive: true, force: true }) };
}

/** The same files with the same attributes and the same scriptlets, read back from the package itself. */
async function specOf(original: string, version: string, tree: string): Promise<string> {
  const query = (format: string) => runOk(['rpm', '-qp', '--qf', format, original]);
  const scriptlets = {
    pre: 'PREIN',
    post: 'POSTIN',
    preun: 'PREUN',
    postun: 'POSTUN',
    posttrans: 'POSTTRANS',
  };
  const sections: string[] = [];
  for (const [section, tag] of Object.entries(scriptlets)) {
    const text = await query(`%{${tag}}`);
    if (text !== '(none)') sections.push(`%${section}`, text.replaceAll('%', '%%'), '');
  }
  const files = (await query('[%{FILEMODES:octal} %{FILEFLAGS:fflags}. %{FILENAMES}\n]')).trim().split('\n');
  const lines = files.map(line => {
    const [mode = '', flags = '', name = ''] = line.split(' ');
    const isLink = mode.startsWith('12');
    const marks = [
      `%attr(${isLink ? '-' : mode.slice(-4)},root,root)`,
      ...(mode.startsWith('4') ? ['%dir'] : []),
      ...(flags.includes('c') ? ['%config(noreplace)'] : []),
      ...(flags.includes('d') ? ['%doc'] : []),
    ];
    return `${marks.join(' ')} ${name}`;
  });
  return [
    ...['Name: eni-agent', `Version: ${version}`, 'Release: 1', 'Summary: Repacked', 'License: Apache-2.0'],
    ...['AutoReqProv: no', '%description', 'Repacked.', '%install', `cp -a ${tree}/. %{buildroot}/`],
    ...[...sections, '%files', ...lines, ''],
  ].join('\n');
}
