// Host facts of stock cloud images, one builder per way in which an image runs its network: what the probes would see
// there with one NIC, configured by DHCP. For offline rendering and for tests; data only, nothing is probed.
import type { HostFacts, ServiceState } from '../../agent/model/host.ts';
import { netplanProgramsOf } from '../netplan/program.ts';

/** What differs between two images that run their network in the same way. */
export interface Image {
  readonly id: string;
  readonly versionId: string;
  readonly name: string;
  /** Digits and dots. */
  readonly kernel: string;
  /** Other tools by the names of HostFacts.versions. iproute2 only from 5.5 on: before, `ip -V` prints a date. */
  readonly versions?: Readonly<Record<string, string>>;
  readonly link?: string;
  readonly paths?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  /** The `ip` of the image knows `oif` (iproute2 2.6.33) and `protocol` (4.17) on a rule; default: it is as old as the kernel. */
  readonly rule?: { readonly oif?: boolean; readonly protocol?: boolean };
}

const cloudInit = ['/usr/bin/cloud-init', '/etc/cloud/cloud.cfg', '/run/cloud-init'] as const;

interface Parts {
  readonly services: Readonly<Record<string, ServiceState>>;
  readonly owners: HostFacts['owners'];
  readonly paths: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

function hostFacts(image: Image, parts: Parts): HostFacts {
  const [major, minor] = image.kernel.split('.').map(Number) as [number, number];
  const since = (a: number, b: number): boolean => major > a || (major === a && minor >= b);
  const suppresses = since(3, 12);
  const { oif: ruleOif = since(3, 0), protocol: ruleProtocol = since(4, 17) } = image.rule ?? {};
  return {
    os: { id: image.id, versionId: image.versionId, prettyName: image.name },
    primaryLink: linkOf(image),
    services: parts.services,
    owners: parts.owners,
    versions: { ...image.versions, kernel: image.kernel },
    paths: [...new Set([...parts.paths, ...cloudInit, ...(image.paths ?? [])])],
    files: { ...parts.files, ...image.files },
    // Suppression (both words) is in Linux since 3.12. Whether EL7's 3.10 has it as a backport is not known here: offline the safe
    // answer is no (an ignored attribute would send the ENI's traffic to main's default); on a machine it is probed.
    kernel: { suppressPrefixLength: suppresses, suppressGroup: suppresses, ruleOif, ruleProtocol },
  };
}

function linkOf(image: Image): string {
  return image.link ?? 'eth0';
}

const systemdServices = {
  NetworkManager: 'absent',
  'systemd-networkd': 'inactive',
  network: 'absent',
  networking: 'absent',
  wicked: 'absent',
  wickedd: 'absent',
  connman: 'absent',
  dhcpcd: 'absent',
  eni: 'absent',
} as const satisfies Record<string, ServiceState>;

/** What the probes report of an init that is not systemd. */
const scriptServices = { NetworkManager: 'absent', network: 'absent', networking: 'absent' } as const;

/** Debian and Ubuntu with /etc/network/interfaces. `source` is the line that the image sources further files with. */
export function ifupdownImage(
  image: Image,
  source: string,
  init: 'systemd' | 'upstart' = 'systemd',
): HostFacts {
  const link = linkOf(image);
  const base = init === 'systemd' ? systemdServices : scriptServices;
  return hostFacts(image, {
    services: { ...base, networking: 'active' },
    owners: { ifstate: `${link}=${link}` },
    paths: ['/etc/network/interfaces', '/sbin/ifquery', '/etc/dhcp/dhclient-enter-hooks.d', '/sbin/dhclient'],
    files: { '/etc/network/interfaces': `auto lo\niface lo inet loopback\n\n${source}\n` },
  });
}

const ifcfgFolder = '/etc/sysconfig/network-scripts';

function rhelIfcfg(link: string): string {
  return `BOOTPROTO=dhcp\nDEVICE=${link}\nONBOOT=yes\nTYPE=Ethernet\nUSERCTL=no\n`;
}

const rhelFiles = (link: string): Readonly<Record<string, string>> => ({
  [`${ifcfgFolder}/ifcfg-${link}`]: rhelIfcfg(link),
  '/etc/sysconfig/network': 'NETWORKING=yes\n',
});

/** The `network` init script of CentOS 6 and 7 and their kin. */
export function initscriptsImage(image: Image, init: 'systemd' | 'upstart' = 'systemd'): HostFacts {
  const link = linkOf(image);
  const base =
    init === 'systemd' ? { ...systemdServices, 'systemd-networkd': 'absent' as const } : scriptServices;
  return hostFacts(image, {
    services: { ...base, network: 'active' },
    owners: {},
    paths: [
      '/sbin/dhclient',
      `${ifcfgFolder}/network-functions`,
      '/etc/init.d/network',
      '/var/lock/subsys/network',
      '/sbin/restorecon',
    ],
    files: rhelFiles(link),
  });
}

const networkmanagerPaths = ['/usr/sbin/NetworkManager', '/usr/bin/nmcli', '/usr/sbin/restorecon'] as const;
const readme = `${ifcfgFolder}/readme-ifcfg-rh.txt`;

function networkmanagerImage(
  image: Image,
  profile: string,
  more: readonly string[],
  content: string,
): HostFacts {
  const ifcfg = profile.startsWith(ifcfgFolder);
  return hostFacts(image, {
    services: { ...systemdServices, 'systemd-networkd': 'absent', NetworkManager: 'active' },
    owners: { networkmanager: '100 (connected)', networkmanagerProfile: profile },
    paths: [...networkmanagerPaths, ...more],
    files: ifcfg ? rhelFiles(linkOf(image)) : { [profile]: content },
  });
}

function ifcfgPlugin(image: Image): string {
  return `/usr/lib64/NetworkManager/${image.versions!.networkmanager}/libnm-settings-plugin-ifcfg-rh.so`;
}

/** EL8 and Alibaba Cloud Linux 3: NetworkManager reads and writes ifcfg. */
export function ifcfgImage(image: Image): HostFacts {
  return networkmanagerImage(image, `${ifcfgFolder}/ifcfg-${linkOf(image)}`, [ifcfgPlugin(image)], '');
}

/** `plugin`: ifcfg can still be read (RHEL 9, Fedora 33-35), but new profiles are keyfiles. */
export function keyfileImage(image: Image, plugin: 'ifcfg-readable' | 'keyfile-only'): HostFacts {
  const link = linkOf(image);
  const profile = `/etc/NetworkManager/system-connections/cloud-init-${link}.nmconnection`;
  // The readme came to the package with Fedora 36 and RHEL 9.
  const more =
    plugin === 'keyfile-only' ? [] : [ifcfgPlugin(image), ...(image.id === 'fedora' ? [] : [readme])];
  const content = `[connection]\nid=cloud-init ${link}\ntype=ethernet\ninterface-name=${link}\n\n[ipv4]\nmethod=auto\n`;
  return networkmanagerImage(image, profile, more, content);
}

/** netplan on networkd; the id of the netplan definition names the generated file. */
export function netplanImage(
  image: Image,
  yaml: { readonly path: string; readonly id: string; readonly content: string },
): HostFacts {
  const file = `/run/systemd/network/10-netplan-${yaml.id}.network`;
  return hostFacts(image, {
    services: { ...systemdServices, 'systemd-networkd': 'active' },
    owners: { networkd: 'configured', networkdFile: file },
    paths: ['/usr/sbin/netplan', ...netplanProgramsOf(image.versions?.netplan), ...networkdPaths],
    files: { [yaml.path]: yaml.content, [file]: networkdDhcp(linkOf(image)) },
  });
}

const networkdPaths = [
  '/lib/systemd/systemd-networkd',
  '/usr/lib/systemd/systemd-networkd',
  '/usr/bin/networkctl',
] as const;

function networkdDhcp(match: string): string {
  return `[Match]\nName=${match}\n\n[Network]\nDHCP=ipv4\n`;
}

/** networkd alone. `file` is the one that it loaded for the primary link. */
export function networkdImage(image: Image, file: string): HostFacts {
  const readable = file.startsWith('/etc/') || file.startsWith('/run/');
  return hostFacts(image, {
    services: { ...systemdServices, 'systemd-networkd': 'active' },
    owners: { networkd: 'configured', networkdFile: file },
    paths: [...networkdPaths],
    files: readable ? { [file]: networkdDhcp(linkOf(image)) } : {},
  });
}

function suseIfcfg(link: string): Readonly<Record<string, string>> {
  return { [`/etc/sysconfig/network/ifcfg-${link}`]: "BOOTPROTO='dhcp'\nSTARTMODE='auto'\n" };
}

export function wickedImage(image: Image): HostFacts {
  return hostFacts(image, {
    // network.service is an alias of wicked.service there; the probes leave the alias out.
    services: {
      ...systemdServices,
      'systemd-networkd': 'absent',
      network: 'absent',
      wicked: 'active',
      wickedd: 'active',
    },
    owners: { wicked: 'up' },
    paths: ['/usr/sbin/wicked'],
    files: suseIfcfg(linkOf(image)),
  });
}

export function sles11Image(image: Image): HostFacts {
  return hostFacts(image, {
    services: { ...scriptServices, network: 'active' },
    owners: {},
    paths: [
      '/etc/init.d/network',
      '/etc/sysconfig/network/scripts/ifup-route',
      '/dev/.sysconfig/network/started',
      '/sbin/dhcpcd',
    ],
    files: suseIfcfg(linkOf(image)),
  });
}
