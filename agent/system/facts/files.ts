// Content of the backends' files that somebody else wrote: renderers look into them for claims on a link, and for where
// a file of ours must go. Reads only the families whose folder exists. Does not understand any of the formats.

import type { System } from '../system.ts';
import { readInterfacesTree } from './interfaces-sources.ts';
import { listQuietly, readQuietly } from './probes.ts';

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
  { folder: '/etc/systemd/network', name: /\.network$/ },
  { folder: '/run/systemd/network', name: /\.network$/ },
  // rule- files too: where one exists NetworkManager ignores all rules and routes of that profile.
  { folder: '/etc/sysconfig/network-scripts', name: /^(ifcfg|route6?|rule6?)-/ },
  { folder: '/etc/sysconfig/network', name: /^(ifcfg|ifroute|ifrule)-/ },
  // wicked's own format.
  { folder: '/etc/wicked/ifconfig', name: /\.xml$/ },
  // dhclient's file for one link: ec2-net-utils 1.x writes one, and the initscripts use it if it is not empty.
  { folder: '/etc/dhcp', name: /^dhclient-.*\.conf$/ },
  // In /etc NetworkManager reads names without the extension as well; a leading dot hides a file.
  { folder: '/etc/NetworkManager/system-connections', name: /^[^.]/ },
  { folder: '/run/NetworkManager/system-connections', name: /\.nmconnection$/ },
  { folder: '/usr/lib/NetworkManager/system-connections', name: /\.nmconnection$/ },
];

/** Single files: /etc/sysconfig/network is one on RHEL (GATEWAY, GATEWAYDEV) and a folder on SUSE. */
const singleFiles = ['/etc/sysconfig/network', '/etc/sysconfig/network/config'] as const;

/** Path to content, secrets masked. Files above the size bound of the probes, and unreadable ones, are left out. */
export async function readNetworkFiles(system: System): Promise<Readonly<Record<string, string>>> {
  const found = new Map<string, string>(await readInterfacesTree(system));
  for (const { folder, name } of families) {
    const names = (await listQuietly(system, folder)).filter(entry => name.test(entry)).slice(0, maxFiles);
    for (const entry of names) {
      const text = await readQuietly(system, `${folder}/${entry}`);
      if (text !== undefined) found.set(`${folder}/${entry}`, text);
    }
  }
  for (const path of singleFiles) {
    const text = await readQuietly(system, path);
    if (text !== undefined) found.set(path, text);
  }
  return Object.fromEntries([...found].map(([path, text]) => [path, maskSecrets(text)]));
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
  const pattern = new RegExp(
    `(^|[\\s{,"'])(${key}["']?(?:[ \\t]*[:=][ \\t]*|[ \\t]+))("[^"\\n]*"|'[^'\\n]*'|[^\\s,}]+)`,
    'gim',
  );
  return text.replace(pattern, '$1$2masked');
}
