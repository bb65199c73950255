// NetworkManager.conf and its drop-ins, as far as they decide whether it has anything to do with a link. Source: read_entire_config and
// read_config of nm-config.c, _match_section_infos_lookup of nm-config-data.c, nms-ifupdown-plugin.c, NetworkManager.conf(5) of 1.18 to
// 1.58. Reads facts.files only.
import type { HostFacts } from '../../agent/model/host.ts';
import type { LinkIdentity } from '../../agent/model/link-identity.ts';
import { oncePer } from '../../agent/model/value.ts';
import type { Claim } from '../renderer.ts';
import { fittingSpec } from './device-specs.ts';
import { type Keyfile, type KeyfileValue, readKeyfile, specsOf } from './read-keyfile.ts';

/** A file of the configuration, with its place: what is read later counts. */
interface ConfigFile {
  readonly path: string;
  readonly keyfile: Keyfile;
}

/** A spec of a list, and where it stands. */
interface PlacedSpec {
  readonly spec: string;
  readonly path: string;
  readonly line: number;
}

const main = '/etc/NetworkManager/NetworkManager.conf';
/** What `nmcli device set` and `nmcli general reload` leave behind. */
const intern = '/var/lib/NetworkManager/NetworkManager-intern.conf';

/** In the order in which they are read. A name in /etc masks the same one in /run and /usr/lib, one in /run that in /usr/lib. */
function configFiles({ files }: HostFacts): readonly ConfigFile[] {
  return configIn(files);
}

const configIn = oncePer((files: HostFacts['files']): readonly ConfigFile[] => {
  const namesIn = (root: string): readonly string[] =>
    Object.keys(files)
      .filter(path => path.startsWith(`${root}/NetworkManager/conf.d/`) && path.endsWith('.conf'))
      .map(path => path.slice(`${root}/NetworkManager/conf.d/`.length))
      .sort();
  const [lib, run, etc] = ['/usr/lib', '/run', '/etc'].map(root => ({ root, names: namesIn(root) }));
  const masked = [...run!.names, ...etc!.names];
  const paths = [
    ...lib!.names.filter(name => !masked.includes(name)).map(name => [lib!.root, name] as const),
    ...run!.names.filter(name => !etc!.names.includes(name)).map(name => [run!.root, name] as const),
    ['', main] as const,
    ...etc!.names.map(name => [etc!.root, name] as const),
    ['', intern] as const,
  ].map(([root, name]) => (root === '' ? name : `${root}/NetworkManager/conf.d/${name}`));
  return paths.flatMap(path =>
    files[path] === undefined ? [] : [{ path, keyfile: readKeyfile(files[path]) }],
  );
});

/** `key=` begins the list anew, `key+=` adds to it, `key-=` takes away. */
function specsAt(config: readonly ConfigFile[], group: string, key: string): readonly PlacedSpec[] {
  let found: readonly PlacedSpec[] = [];
  for (const { path, keyfile } of config) {
    for (const [name, { text, line }] of keyfile.get(group) ?? []) {
      const specs = specsOf(text).map(spec => ({ spec, path, line }));
      if (name === key) found = specs;
      if (name === `${key}+`) found = [...found, ...specs];
      if (name === `${key}-`) found = found.filter(one => !specs.some(({ spec }) => spec === one.spec));
    }
  }
  return found;
}

/** A value that is no list: the one of the last file that has the key. */
function lastOf(
  config: readonly ConfigFile[],
  group: string,
  key: string,
): (KeyfileValue & { readonly path: string }) | undefined {
  return config
    .flatMap(({ path, keyfile }) => {
      const value = keyfile.get(group)?.get(key);
      return value === undefined ? [] : [{ path, ...value }];
    })
    .at(-1);
}

/** Undefined: the default of the build. */
function pluginsOf(config: readonly ConfigFile[]): readonly string[] | undefined {
  const isSet = config.some(({ keyfile }) => keyfile.get('main')?.has('plugins'));
  return isSet ? specsAt(config, 'main', 'plugins').map(({ spec }) => spec) : undefined;
}

/** False where ifcfg files are dead: another list of plugins, or a NetworkManager that is there without the plugin (RHEL 10, Fedora 41). */
export function readsIfcfg(facts: HostFacts): boolean {
  const plugins = pluginsOf(configFiles(facts));
  if (plugins !== undefined) return plugins.includes('ifcfg-rh');
  const isInstalled = facts.paths.includes('/usr/sbin/NetworkManager');
  return !isInstalled || facts.paths.some(path => path.endsWith('/libnm-settings-plugin-ifcfg-rh.so'));
}

/** Where NetworkManager is told to leave the link alone: then somebody wants to have it himself. */
export function findUnmanagedClaims(link: LinkIdentity, facts: HostFacts): readonly Claim[] {
  const config = configFiles(facts);
  return [
    ...unmanagedBySpecs(config, link),
    ...unmanagedBySections(config, link),
    ...unmanagedByIfupdown(config, link, facts),
    ...unmanagedByUdev(link),
  ];
}

function unmanagedBySpecs(config: readonly ConfigFile[], link: LinkIdentity): readonly Claim[] {
  const specs = specsAt(config, 'keyfile', 'unmanaged-devices');
  const fitting = fittingSpec(
    specs.map(({ spec }) => spec),
    link,
  );
  const placed = specs.find(({ spec }) => spec === fitting);
  if (placed === undefined) return [];
  const { path, line, spec } = placed;
  return [{ path, line, text: `unmanaged-devices=${spec} fits ${link.name}` }];
}

/** `[device-NAME]` with `managed=0`. Another section that fits may overrule it; a person has to settle that. */
function unmanagedBySections(config: readonly ConfigFile[], link: LinkIdentity): readonly Claim[] {
  const groups = new Set(config.flatMap(({ keyfile }) => [...keyfile.keys()]));
  return [...groups].flatMap((group): readonly Claim[] => {
    if (!/^(\.intern\.)?device/.test(group)) return [];
    const managed = lastOf(config, group, 'managed');
    if (managed === undefined || !/^(0|false|no|off)$/i.test(managed.text)) return [];
    const hasMatch = config.some(({ keyfile }) => keyfile.get(group)?.has('match-device'));
    const specs = specsAt(config, group, 'match-device').map(({ spec }) => spec);
    const spec = hasMatch ? fittingSpec(specs, link) : '*';
    if (spec === undefined) return [];
    const { path, line } = managed;
    return [{ path, line, text: `[${group}] managed=0, and ${spec} fits ${link.name}` }];
  });
}

/**
 * Debian's plugin `ifupdown`: what has a stanza in /etc/network/interfaces is left to ifupdown, unless it is told `managed=true`.
 */
function unmanagedByIfupdown(
  config: readonly ConfigFile[],
  link: LinkIdentity,
  facts: HostFacts,
): readonly Claim[] {
  if (pluginsOf(config)?.includes('ifupdown') !== true) return [];
  if (/^(1|true|yes|on)$/i.test(lastOf(config, 'ifupdown', 'managed')?.text ?? '')) return [];
  return Object.entries(facts.files).flatMap(([path, text]): readonly Claim[] => {
    if (!/^\/(etc|run)\/network\//.test(path)) return [];
    const at = text
      .split('\n')
      .findIndex(line => /^\s*(iface|mapping)\s/.test(line) && line.trim().split(/\s+/)[1] === link.name);
    return at < 0 ? [] : [{ path, line: at + 1, text: `NetworkManager leaves ${link.name} to ifupdown` }];
  });
}

/** A rule of udev says NM_UNMANAGED=1, as images of Azure do for the second half of a NIC. */
function unmanagedByUdev({ name, properties }: LinkIdentity): readonly Claim[] {
  if (!/^(1|true|yes|on)$/i.test(properties?.NM_UNMANAGED ?? '')) return [];
  return [
    {
      path: '/etc/udev/rules.d',
      text: `NM_UNMANAGED=1 for ${name}: a rule of udev takes it from NetworkManager`,
    },
  ];
}
