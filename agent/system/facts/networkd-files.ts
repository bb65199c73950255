// Which files systemd-networkd reads, and what of the machine they ask for. Source: systemd.network(5) of 237 to 257. Does not understand them.
import type { HostFacts } from '../../model/host.ts';
import type { System } from '../system.ts';
import { listQuietly, readQuietly } from './probes.ts';

const folders = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'].map(root => `${root}/systemd/network`);

/** Lists of paths, one for each folder: files, and drop-ins of files. A file that one of the folders above hides is left out. */
export async function listNetworkdFiles(system: System): Promise<readonly (readonly string[])[]> {
  const seen = new Set<string>();
  const lists: (readonly string[])[] = [];
  const add = (folder: string, key: string, names: readonly string[]) => {
    const fresh = names.filter(name => !seen.has(key + name));
    for (const name of fresh) seen.add(key + name);
    lists.push(fresh.map(name => `${folder}/${name}`));
  };
  for (const folder of folders) {
    const names = await listQuietly(system, folder);
    add(
      folder,
      '',
      names.filter(name => name.endsWith('.network')),
    );
    for (const name of names.filter(n => n.endsWith('.network.d'))) {
      const dropIns = await listQuietly(system, `${folder}/${name}`);
      add(
        `${folder}/${name}`,
        `${name}/`,
        dropIns.filter(dropIn => dropIn.endsWith('.conf')),
      );
    }
  }
  return lists;
}

const asked = /^[ \t]*(Host|KernelCommandLine)[ \t]*=/m;

/** Empty unless a file asks for it. Below a root there is no kernel, and /etc/hostname is what the machine will be called. */
export async function readMachine(
  system: System,
  files: HostFacts['files'],
): Promise<Pick<HostFacts, 'machine'>> {
  const isAsked = Object.entries(files).some(
    ([path, text]) => path.includes('/systemd/network/') && asked.test(text),
  );
  if (!isAsked) return {};
  const read = async (path: string) => (await readQuietly(system, path))?.trim() || undefined;
  const [running, written, id, commandLine] = await Promise.all(
    ['/proc/sys/kernel/hostname', '/etc/hostname', '/etc/machine-id', '/proc/cmdline'].map(read),
  );
  const hostname = running ?? written;
  return {
    machine: {
      ...(hostname === undefined ? {} : { hostname }),
      ...(id === undefined ? {} : { id }),
      ...(commandLine === undefined ? {} : { commandLine }),
    },
  };
}
