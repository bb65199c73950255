// Where multi-nic-util (0.6, Alibaba Cloud) puts itself, and how to tell its files from others of the same name. Facts: Alibaba Cloud's
// documentation and projects that clean it up (terway); its ifcfg files have the keys of ec2-net-utils 1.x, of which it is a fork.

/** Names that only its own files have reason to mention. */
export const ownNames = /\beni_utils\b|\beni-(ifscan|function|cleanup)\b|\bmulti[-_]nic[-_]util\b/;

export const unitName = 'eni.service';

/** In the order in which systemd prefers them. */
export const unitFolders = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
] as const;

/** `systemctl enable` leaves links below `NAME.wants` and `NAME.requires` here. */
export const enablingFolder = '/etc/systemd/system';

export const programFolder = '/etc/eni_utils';

/** Its own: gone when nothing is in them any more, since other programs take such a folder for the tool itself. */
export const ownFolders = [programFolder, `${enablingFolder}/${unitName}.d`] as const;

/** Scripts and rules that start it, by folder: those that mention one of its names are its own, if no package brought them. */
export const hookFolders = [
  { folder: '/etc/udev/rules.d', name: /\.rules$/ },
  { folder: '/lib/udev/rules.d', name: /\.rules$/ },
  { folder: '/usr/lib/udev/rules.d', name: /\.rules$/ },
  { folder: '/lib/udev', name: /^write_net_rules$/ },
  { folder: '/usr/lib/udev', name: /^write_net_rules$/ },
  { folder: '/etc/dhcp/dhclient.d', name: /\.sh$/ },
  { folder: '/etc/dhcp/dhclient-exit-hooks.d', name: /^[^.]/ },
  { folder: '/etc/dhcp/dhclient-enter-hooks.d', name: /^[^.]/ },
] as const;

export const programs = ['/sbin/eni-ifscan', '/usr/sbin/eni-ifscan'] as const;

/**
 * Files that others share: they stay whatever stands in them. The names that a persistent-net file gives by MAC go with no program, and
 * without them the links, the primary's too, might have other names after the next boot.
 */
export const sharedFiles: readonly { readonly path: string; readonly why: string }[] = [
  {
    path: '/etc/udev/rules.d/70-persistent-net.rules',
    why: 'it gives links their names by MAC, and the primary may depend on it',
  },
  { path: '/etc/rc.local', why: 'it mentions multi-nic-util: remove that line by hand' },
  { path: '/etc/rc.d/rc.local', why: 'it mentions multi-nic-util: remove that line by hand' },
  { path: '/etc/dhclient-exit-hooks', why: 'it mentions multi-nic-util: remove that line by hand' },
  { path: '/etc/dhcp/dhclient-exit-hooks', why: 'it mentions multi-nic-util: remove that line by hand' },
  {
    path: '/etc/init.d/eni',
    why: 'how multi-nic-util starts without systemd is unknown: disable it by hand',
  },
];

/** Paths that its documentation and its removers list, said to stay where nothing in them names it. `own`: nothing else has that name. */
export const namesakes: readonly { readonly path: string; readonly own: boolean }[] = [
  ...unitFolders.map(folder => ({ path: `${folder}/${unitName}`, own: true })),
  { path: '/lib/udev/rules.d/61-eni.rules', own: true },
  // The initscripts of RHEL have one as well.
  { path: '/lib/udev/rules.d/60-net.rules', own: false },
  { path: '/lib/udev/write_net_rules', own: false },
  { path: '/etc/udev/rules.d/75-persistent-net-generator.rules', own: false },
];

export const ifcfgFolder = '/etc/sysconfig/network-scripts';

/** Files of one link beside its ifcfg file. */
export function companionsOf(link: string): readonly string[] {
  const names = ['route', 'route6', 'rule', 'rule6'].map(kind => `${ifcfgFolder}/${kind}-${link}`);
  return [...names, `/etc/dhcp/dhclient-${link}.conf`];
}

/** ec2-net-utils 1.x, which multi-nic-util seems to be a fork of, writes ifcfg files with the same keys: where it is, they are its own. */
export const ancestor = `${ifcfgFolder}/ec2net-functions`;

/** Where Cloud Assistant keeps a plugin of the same name, which may bring everything back. */
export const pluginManager = 'acs-plugin-manager';
export const programPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin'] as const;
