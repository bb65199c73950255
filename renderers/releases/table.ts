// The releases that can be rendered for without a machine: every row of the supported systems. To add one with a known
// backend: a line here. Versions are those of the current stock image; the ones marked (K) are common knowledge that was
// not read from a package of that release.
import type { BackendName, HostFacts } from '../../agent/model/host.ts';
import {
  debian,
  debianNetplan,
  el,
  el6,
  el7,
  el8,
  el9,
  el10,
  fedora,
  suse16,
  suseWicked,
  ubuntuIfupdown,
  ubuntuNetplan,
} from './images.ts';
import { ifcfgImage, initscriptsImage, keyfileImage, networkdImage, sles11Image } from './stock-facts.ts';

export interface Release {
  readonly title: string;
  readonly backend: BackendName;
  readonly facts: HostFacts;
}

const release = (backend: BackendName, facts: HostFacts): Release => ({
  title: facts.os.prettyName,
  backend,
  facts,
});

export const releaseTable: Readonly<Record<string, Release>> = {
  'centos-6': release(
    'initscripts',
    initscriptsImage({ ...el('centos', '6.10', 'CentOS 6'), ...el6 }, 'upstart'),
  ),
  'rhel-6': release('initscripts', initscriptsImage({ ...el('rhel', '6.10', 'RHEL 6'), ...el6 }, 'upstart')),
  'centos-7': release('initscripts', initscriptsImage({ ...el('centos', '7', 'CentOS Linux 7'), ...el7 })),
  'rhel-7': release('initscripts', initscriptsImage({ ...el('rhel', '7.9', 'RHEL 7'), ...el7 })),
  'anolis-7': release('initscripts', initscriptsImage({ ...el('anolis', '7.9', 'Anolis OS 7'), ...el7 })),
  // Images from before February 2021 ran networkd instead, of systemd 219: see renderers/detect/networkd.ts.
  'alinux-2': release(
    'initscripts',
    initscriptsImage({ ...el('alinux', '2', 'Alibaba Cloud Linux 2'), ...el7, kernel: '4.19.91' }),
  ),
  // (K): the kernel of the current image.
  'amzn-2': release(
    'initscripts',
    initscriptsImage({
      ...el('amzn', '2', 'Amazon Linux 2'),
      ...el7,
      kernel: '5.10.0',
      paths: [
        '/etc/udev/rules.d/53-ec2-network-interfaces.rules',
        '/etc/sysconfig/network-scripts/ec2net-functions',
      ],
    }),
  ),
  'centos-8': release('networkmanager-ifcfg', ifcfgImage({ ...el('centos', '8', 'CentOS 8'), ...el8 })),
  'rhel-8': release('networkmanager-ifcfg', ifcfgImage({ ...el('rhel', '8.10', 'RHEL 8'), ...el8 })),
  'anolis-8': release('networkmanager-ifcfg', ifcfgImage({ ...el('anolis', '8.9', 'Anolis OS 8'), ...el8 })),
  'alinux-3': release(
    'networkmanager-ifcfg',
    // (K): NetworkManager as in EL8.
    ifcfgImage({ ...el('alinux', '3', 'Alibaba Cloud Linux 3'), ...el8, kernel: '5.10.134' }),
  ),
  'rhel-9': release(
    'networkmanager-keyfile',
    keyfileImage({ ...el('rhel', '9.5', 'RHEL 9'), ...el9 }, 'ifcfg-readable'),
  ),
  'rhel-10': release(
    'networkmanager-keyfile',
    keyfileImage({ ...el('rhel', '10.0', 'RHEL 10'), ...el10 }, 'keyfile-only'),
  ),
  // (K): built on the same sources as EL10.
  'alinux-4': release(
    'networkmanager-keyfile',
    keyfileImage({ ...el('alinux', '4', 'Alibaba Cloud Linux 4'), ...el10 }, 'keyfile-only'),
  ),
  // (K): versions of NetworkManager and systemd in Fedora.
  'fedora-33': release('networkmanager-keyfile', fedora('33', '1.26.8', '246', 'ifcfg-readable')),
  'fedora-34': release('networkmanager-keyfile', fedora('34', '1.30.6', '248', 'ifcfg-readable')),
  'fedora-35': release('networkmanager-keyfile', fedora('35', '1.32.12', '249', 'ifcfg-readable')),
  'fedora-41': release('networkmanager-keyfile', fedora('41', '1.50.0', '256', 'keyfile-only')),
  'sles-16': release(
    'networkmanager-keyfile',
    keyfileImage({ ...el('sles', '16.0', 'SLES 16'), ...suse16 }, 'keyfile-only'),
  ),
  'opensuse-16': release(
    'networkmanager-keyfile',
    keyfileImage({ ...el('opensuse-leap', '16.0', 'openSUSE Leap 16'), ...suse16 }, 'keyfile-only'),
  ),
  // (K): ifupdown and systemd of Ubuntu 14.04, 16.04 and Debian 8 to 10.
  'ubuntu-14.04': release(
    'ifupdown',
    ubuntuIfupdown('14.04', 'Ubuntu 14.04 LTS', 'upstart', {
      kernel: '3.13.0',
      versions: { ifupdown: '0.7.47.2' },
    }),
  ),
  'ubuntu-16.04': release(
    'ifupdown',
    ubuntuIfupdown('16.04', 'Ubuntu 16.04 LTS', 'systemd', {
      kernel: '4.4.0',
      versions: { ifupdown: '0.8.10', systemd: '229' },
    }),
  ),
  'debian-8': release('ifupdown', debian('8', 'jessie', '215', '0.7.53.1', '3.16.0')),
  'debian-9': release('ifupdown', debian('9', 'stretch', '232', '0.8.19', '4.9.0')),
  'debian-10': release('ifupdown', debian('10', 'buster', '241', '0.8.35', '4.19.0')),
  'debian-11': release('ifupdown', debian('11', 'bullseye', '247', '0.8.36', '5.10.0')),
  'debian-12': release(
    'netplan',
    debianNetplan('12', 'bookworm', {
      kernel: '6.1.0',
      versions: { netplan: '0.106', systemd: '252', iproute2: '6.1.0' },
    }),
  ),
  'debian-13': release(
    'netplan',
    debianNetplan('13', 'trixie', {
      kernel: '6.12.0',
      versions: { netplan: '1.1.2', systemd: '257', iproute2: '6.15.0' },
    }),
  ),
  // (K): all versions of Ubuntu. The -ga release is the first image of 18.04, whose netplan knows the fewest keys.
  'ubuntu-18.04-ga': release('netplan', ubuntuNetplan('18.04', '0.36.1', '237', '4.15.0')),
  'ubuntu-18.04': release('netplan', ubuntuNetplan('18.04', '0.99', '237', '4.15.0')),
  'ubuntu-20.04': release('netplan', ubuntuNetplan('20.04', '0.104', '245', '5.4.0')),
  'ubuntu-22.04': release('netplan', ubuntuNetplan('22.04', '0.106.1', '249', '5.15.0')),
  'ubuntu-24.04': release('netplan', ubuntuNetplan('24.04', '1.1.2', '255', '6.8.0')),
  'ubuntu-26.04': release('netplan', ubuntuNetplan('26.04', '1.2', '259', '7.0.0')),
  // Its iproute2 is 2.6.29, older than its kernel.
  'sles-11': release(
    'sles11',
    sles11Image({ ...el('sles', '11.4', 'SLES 11 SP4'), kernel: '3.0.101', rule: { oif: false } }),
  ),
  // The branch of SLES 12 without a service pack: no ifrule files before wicked 0.6.33, and no use for them before 0.6.71.
  'sles-12-ga': release(
    'wicked',
    suseWicked('sles', '12', 'SLES 12', '0.6.31', { kernel: '3.12.28', versions: { systemd: '210' } }),
  ),
  // (K): wicked and systemd of the last service packs.
  'sles-12': release(
    'wicked',
    suseWicked('sles', '12.5', 'SLES 12 SP5', '0.6.60', { kernel: '4.12.14', versions: { systemd: '228' } }),
  ),
  'sles-15': release(
    'wicked',
    suseWicked('sles', '15.6', 'SLES 15 SP6', '0.6.76', { kernel: '6.4.0', versions: { systemd: '254' } }),
  ),
  'opensuse-42': release(
    'wicked',
    suseWicked('opensuse', '42.3', 'openSUSE Leap 42.3', '0.6.60', {
      kernel: '4.4.76',
      versions: { systemd: '228' },
    }),
  ),
  'opensuse-15': release(
    'wicked',
    suseWicked('opensuse-leap', '15.6', 'openSUSE Leap 15.6', '0.6.76', {
      kernel: '6.4.0',
      versions: { systemd: '254' },
    }),
  ),
  'amzn-2023': release(
    'networkd',
    networkdImage(
      {
        ...el('amzn', '2023', 'Amazon Linux 2023'),
        kernel: '6.1.0',
        versions: { systemd: '252' },
        link: 'ens5',
        paths: ['/usr/lib/udev/rules.d/99-vpc-policy-routes.rules', '/usr/bin/setup-policy-routes'],
      },
      '/run/systemd/network/70-ens5.network',
    ),
  ),
  // (K): kernel and systemd of Flatcar stable.
  flatcar: release(
    'networkd',
    networkdImage(
      {
        ...el('flatcar', '4152.2.0', 'Flatcar Container Linux'),
        kernel: '6.6.0',
        versions: { systemd: '255' },
      },
      '/usr/lib/systemd/network/zz-default.network',
    ),
  ),
};

/** What a backend is rendered for where no release is named: the newest one that is in wide use. */
export const defaultReleases: Readonly<Record<BackendName, string>> = {
  ifupdown: 'debian-11',
  initscripts: 'centos-7',
  netplan: 'ubuntu-24.04',
  networkd: 'amzn-2023',
  'networkmanager-ifcfg': 'rhel-8',
  'networkmanager-keyfile': 'rhel-10',
  sles11: 'sles-11',
  wicked: 'sles-15',
};
