// What a cloud's image brings before there is any agent, per backend: the primary's own configuration, with the catch-all that
// cloud images have, the services that run, and how to tell that the network is up. Data; guest.ts writes and boots it.
import type { Init } from './guest-init.ts';
import type { SubnetPort, VpcEni } from './vpc-spec.ts';

/** Backends whose service is in Debian's packages. */
export const imageNames = ['ifupdown', 'netplan', 'networkd', 'networkmanager-keyfile'] as const;
export type ImageName = (typeof imageNames)[number];

/** Those, and ifupdown as Debian installs it: with systemd, which the other image of ifupdown has not. */
export type GuestImageName = ImageName | 'ifupdown-systemd';

/** What the boot of an image without an init system, and so without a journal, has printed. */
export const bootLog = '/run/boot.log';

export interface Image {
  readonly init: Init;
  /** Path below / to content. */
  readonly files: (primary: VpcEni, addressing: 'dhcp' | 'static') => Readonly<Record<string, string>>;
  /** Units to start at boot, beside those that every guest has; all others that could touch a link are masked. */
  readonly units: readonly string[];
  /** Command that ends when the network of the boot is there. */
  readonly boot: readonly string[];
}

/** @param command of a shell, kept with all that it prints */
export function logged(command: string): readonly string[] {
  return ['sh', '-c', `${command} > ${bootLog} 2>&1 || { code=$?; cat ${bootLog} >&2; exit $code; }`];
}

export const images: Readonly<Record<GuestImageName, Image>> = {
  ifupdown: {
    init: 'none',
    files: (primary, addressing) => ({ 'etc/network/interfaces': interfacesFile(primary, addressing) }),
    units: [],
    // What networking.service runs at boot (ifupdown 0.8.41). `lo` is up already; ifup only notes it.
    boot: logged('ifup -a'),
  },
  'ifupdown-systemd': {
    init: 'systemd',
    files: (primary, addressing) => ({ 'etc/network/interfaces': interfacesFile(primary, addressing) }),
    units: ['networking.service'],
    boot: ['systemctl', 'is-active', 'networking.service'],
  },
  networkd: {
    init: 'systemd',
    files: (primary, addressing) => ({
      'etc/systemd/network/10-primary.network': networkFile(`Name=${primary.link}`, primary, addressing),
      // As Amazon Linux 2023 and Flatcar ship it: DHCP on every NIC, also on one that is plugged in later.
      'usr/lib/systemd/network/80-lab.network': networkFile('Name=eth*', undefined, 'dhcp'),
    }),
    units: ['systemd-networkd.service'],
    boot: ['networkctl', 'list'],
  },
  netplan: {
    init: 'systemd',
    files: (primary, addressing) => ({
      'etc/netplan/50-cloud-init.yaml': netplanFile('05-primary', primary.link, primary, addressing),
      // Debian 12 and 13 cloud images: a catch-all with DHCP.
      'etc/netplan/90-default.yaml': netplanFile('all-eth', 'eth*', undefined, 'dhcp'),
    }),
    units: ['systemd-networkd.service'],
    boot: ['networkctl', 'list'],
  },
  'networkmanager-keyfile': {
    init: 'systemd',
    files: (primary, addressing) => ({
      'etc/NetworkManager/system-connections/cloud-init-eth0.nmconnection': keyfile(primary, addressing),
      // Debian builds NetworkManager with ifupdown's plugin and leaves links of /etc/network/interfaces alone; other systems do not.
      'etc/NetworkManager/NetworkManager.conf': '[main]\nplugins=keyfile\n',
    }),
    units: ['NetworkManager.service', 'NetworkManager-dispatcher.service'],
    boot: ['nm-online', '-s', '-q', '-t', '30'],
  },
};

/**
 * Units of the trees that are masked unless the image names them: each that configures links, what a guest without devices and
 * users has no need of, and what would turn the machine's own audit on.
 */
export const maskedUnits: readonly string[] = [
  'NetworkManager-dispatcher.service',
  'NetworkManager-wait-online.service',
  'NetworkManager.service',
  'networking.service',
  'systemd-networkd-wait-online.service',
  'systemd-networkd.service',
  'systemd-networkd.socket',
  'wpa_supplicant.service',
  'apt-daily-upgrade.timer',
  'apt-daily.timer',
  'console-getty.service',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'systemd-journald-audit.socket',
  'systemd-update-utmp.service',
];

/**
 * Generators of systemd that have nothing to find in a guest (no disk, no console, the kernel command line of another machine). Each start and
 * each daemon-reload would run them all. netplan's and the one of init scripts stay.
 */
export const maskedGenerators: readonly string[] = [
  'bless-boot',
  'cryptsetup',
  'debug',
  'fstab',
  'getty',
  'gpt-auto',
  'hibernate-resume',
  'integritysetup',
  'rc-local',
  'run',
  'ssh',
  'system-update',
  'tpm2',
  'veritysetup',
].map(name => `systemd-${name}-generator`);

function first(primary: VpcEni, family: 4 | 6): SubnetPort | undefined {
  return primary.subnets.find(subnet => subnet.family === family);
}

function lengthOf(port: SubnetPort): string {
  return port.subnet.split('/')[1] ?? '';
}

function interfacesFile(primary: VpcEni, addressing: 'dhcp' | 'static'): string {
  const [four, six] = [first(primary, 4), first(primary, 6)];
  const lines = ['source /etc/network/interfaces.d/*', '', 'auto lo', 'iface lo inet loopback', ''];
  lines.push(`auto ${primary.link}`);
  if (four !== undefined && addressing === 'dhcp') lines.push(`iface ${primary.link} inet dhcp`);
  else if (four !== undefined)
    lines.push(
      `iface ${primary.link} inet static`,
      `    address ${four.addresses[0]}/${lengthOf(four)}`,
      `    gateway ${four.gateway}`,
    );
  if (six !== undefined)
    lines.push(
      `iface ${primary.link} inet6 static`,
      `    address ${six.addresses[0]}/${lengthOf(six)}`,
      `    gateway ${six.gateway}`,
      '    accept_ra 0',
      '    autoconf 0',
      '    dad-attempts 0',
    );
  return `${lines.join('\n')}\n`;
}

/** The static parts of the primary: IPv6 always (no lab router advertises to it), IPv4 unless it has a lease. */
function staticParts(primary: VpcEni | undefined, addressing: 'dhcp' | 'static'): readonly SubnetPort[] {
  return (primary?.subnets ?? []).filter(subnet => subnet.family === 6 || addressing === 'static');
}

function networkFile(match: string, primary: VpcEni | undefined, addressing: 'dhcp' | 'static'): string {
  const lines = ['[Match]', match, '[Network]', `DHCP=${addressing === 'dhcp' ? 'ipv4' : 'no'}`];
  if (primary !== undefined) lines.push('IPv6AcceptRA=no');
  for (const port of staticParts(primary, addressing))
    lines.push(`Address=${port.addresses[0]}/${lengthOf(port)}`, `Gateway=${port.gateway}`);
  return `${lines.join('\n')}\n`;
}

function netplanFile(
  id: string,
  name: string,
  primary: VpcEni | undefined,
  addressing: 'dhcp' | 'static',
): string {
  const parts = staticParts(primary, addressing);
  // JSON is YAML.
  const document = {
    network: {
      version: 2,
      ethernets: {
        [id]: {
          match: { name },
          dhcp4: addressing === 'dhcp',
          ...(primary === undefined ? {} : { 'accept-ra': false }),
          ...(parts.length === 0 ? {} : { addresses: parts.map(p => `${p.addresses[0]}/${lengthOf(p)}`) }),
          ...(parts.length === 0
            ? {}
            : { routes: parts.map(p => ({ to: p.family === 4 ? '0.0.0.0/0' : '::/0', via: p.gateway })) }),
        },
      },
    },
  };
  return `${JSON.stringify(document, undefined, 1)}\n`;
}

function keyfile(primary: VpcEni, addressing: 'dhcp' | 'static'): string {
  const section = (family: 4 | 6) => {
    const port = staticParts(primary, addressing).find(p => p.family === family);
    const method = port !== undefined ? 'manual' : family === 4 ? 'auto' : 'disabled';
    const address =
      port === undefined ? [] : [`address1=${port.addresses[0]}/${lengthOf(port)},${port.gateway}`];
    return [`[ipv${family}]`, `method=${method}`, ...address];
  };
  const lines = [
    '[connection]',
    'id=cloud-init eth0',
    'uuid=1dd9a779-d327-56e1-8454-c65e2556c12c',
    'type=ethernet',
    `interface-name=${primary.link}`,
    ...section(4),
    ...section(6),
  ];
  return `${lines.join('\n')}\n`;
}
