// Content of the backends' files that somebody else wrote: renderers look into them for claims on a link, and for where
// a file of ours must go. Reads only the families whose folder exists. Does not understand any of the formats.

import type { System } from '../system.ts';
import { readInterfacesTree } from './interfaces-sources.ts';
import { listNetworkdFiles } from './networkd-files.ts';
import { listQuietly, readBounded } from './probes.ts';
import type { Services } from './services.ts';

/** Files per folder, so that a folder of garbage cannot fill the memory. */
const maxFiles = 200;

interface Family {
  readonly folder: string;
  readonly name: RegExp;
}

const families: readonly Family[] = [
  // Debian's cloud-ifupdown-helper writes here; not every image sources the folder.
  { folder: '/run/network/interfaces.d', name: /^[^.]/ },
  // netplan merges all three by base name, /lib first, /run last.
  { folder: '/lib/netplan', name: /\.yaml$/ },
  { folder: '/etc/netplan', name: /\.yaml$/ },
  { folder: '/run/netplan', name: /\.yaml$/ },
  // rule- files too: where one exists NetworkManager ignores all rules and routes of that profile.
  { folder: '/etc/sysconfig/network-scripts', name: /^(ifcfg|route6?|rule6?)-/ },
  { folder: '/etc/sysconfig/network', name: /^(ifcfg|ifroute|ifrule|ifsysctl)-/ },
  // wicked's own format, which it reads beside ifcfg.
  { folder: '/etc/wicked/ifconfig', name: /\.xml$/ },
  // dhclient's file for one link: ec2-net-utils 1.x writes one, and the initscripts use it if it is not empty.
  { folder: '/etc/dhcp', name: /^dhclient-.*\.conf$/ },
  // In /etc NetworkManager reads names without the extension as well; a leading dot hides a file.
  { folder: '/etc/NetworkManager/system-connections', name: /^[^.]/ },
  // A profile in memory, one of a package, and what says that one was deleted (UUID.nmmeta).
  { folder: '/run/NetworkManager/system-connections', name: /^[^.].*\.nm(connection|meta)$/ },
  { folder: '/usr/lib/NetworkManager/system-connections', name: /^[^.].*\.nmconnection$/ },
  // unmanaged-devices=, managed=0, plugins=: a link that NetworkManager is told to leave alone.
  ...['/etc', '/run', '/usr/lib'].map(root => ({
    folder: `${root}/NetworkManager/conf.d`,
    name: /\.conf$/,
  })),
];

/** Single files: /etc/sysconfig/network is one on RHEL (GATEWAY, GATEWAYDEV) and a folder on SUSE. */
const singleFiles = [
  '/etc/sysconfig/network',
  '/etc/sysconfig/network/config',
  '/etc/NetworkManager/NetworkManager.conf',
] as const;

/** What NetworkManager was told at run time. Only root may look into the folder, so that nobody else can tell whether it exists. */
const networkmanagerState = '/var/lib/NetworkManager/NetworkManager-intern.conf';

export interface NetworkFiles {
  /** Path to content, secrets masked. */
  readonly files: Readonly<Record<string, string>>;
  /** What a service reads and we do not: too large, binary, or one of too many. What nobody may look into for us is left out. */
  readonly unread: readonly string[];
}

export async function readNetworkFiles(system: System): Promise<NetworkFiles['files']> {
  return (await readAllNetworkFiles(system)).files;
}

/** @param services as far as they are known; one that does not run has no state that counts */
export async function readAllNetworkFiles(system: System, services: Services = {}): Promise<NetworkFiles> {
  const found = new Map<string, string>(await readInterfacesTree(system));
  const unread: string[] = [];
  const read = async (path: string): Promise<void> => {
    const { text, isTooMuch } = await readBounded(system, path);
    if (text !== undefined) found.set(path, text);
    if (isTooMuch) unread.push(path);
  };
  const lists = [...(await listNetworkdFiles(system))];
  for (const { folder, name } of families) {
    const names = (await listQuietly(system, folder)).filter(entry => name.test(entry));
    lists.push(names.map(entry => `${folder}/${entry}`));
  }
  for (const paths of lists) {
    for (const path of paths.slice(0, maxFiles)) await read(path);
    unread.push(...paths.slice(maxFiles));
  }
  for (const path of singleFiles) await read(path);
  if ((services.NetworkManager ?? 'active') === 'active') await read(networkmanagerState);
  return { files: Object.fromEntries([...found].map(([path, text]) => [path, maskSecrets(text)])), unread };
}

/**
 * Replaces the values of keys that hold secrets: `psk=` and `password=` of a keyfile, `password:` of netplan, `wpa-psk X` of
 * ifupdown, `WIRELESS_WPA_PSK=` of SUSE. Facts are printed by `--json` and end in bug reports. So a text out of
 * facts.files is for reading only and must never be written back.
 */
export function maskSecrets(text: string): string {
  // Most files have none, and the long pattern takes its time.
  if (!/psk|passw|passphrase|secret|private|wep/i.test(text)) return text;
  const key = '[\\w.-]{0,64}(?:psk|passw(?:or)?d|passphrase|secret|private[-_]?key|wep[-_]?key)[\\w.-]{0,64}';
  // A block of YAML below its key. Its lines stay, so that what comes behind it keeps its number.
  const block = new RegExp(
    // Not `^`, to which also CR and U+2028 begin a line, amid what `[^\n]*` takes.
    `(?<![^\\n])([ \\t]*)(?![ \\t])((?:[^\\n]*[ \\t{,"'])?${key}["']?[ \\t]*:[ \\t]*)[|>][-+0-9]*[ \\t]*\\n((?:\\1[ \\t]+[^\\n]*(?:\\n|$)|[ \\t]*\\n)*)`,
    'gi',
  );
  const quoted = `"(?:[^"\\\\\\n]|\\\\.)*"|'(?:[^'\\n]|'')*'`;
  // In YAML a plain value may have spaces in it.
  const pattern = new RegExp(
    `(^|[\\s{,"'])(${key}["']?)(?:([ \\t]*:[ \\t]+)(?:${quoted}|[^\\n,}]+)|([ \\t]*[:=][ \\t]*|[ \\t]+)(?:${quoted}|[^\\s,}]+))`,
    'gim',
  );
  return text
    .replace(
      block,
      (_, indent: string, start: string, lines: string) =>
        `${indent}${start}masked\n${lines.replace(/[^\n]/g, '')}`,
    )
    .replace(
      pattern,
      (_, before: string, name: string, colon: string | undefined, other: string | undefined) =>
        `${before}${name}${colon ?? other}masked`,
    );
}
