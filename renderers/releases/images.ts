// Stock images of whole families (Debian, Ubuntu, EL, Fedora, SUSE): what table.ts would otherwise repeat in every
// row. Versions marked (K) are common knowledge that was not read from a package of that release. Data only.
import type { HostFacts } from '../../agent/model/host.ts';
import { ifupdownImage, keyfileImage, netplanImage, wickedImage } from './stock-facts.ts';

// --- ifupdown. Debian's package default sources everything; Ubuntu's cloud images only names that end in .cfg. ---

const sourceAll = 'source /etc/network/interfaces.d/*';
/** Debian cloud images; cloud-ifupdown-helper writes to /run for a hot-plugged link. */
const sourceCloud = `${sourceAll}\nsource-directory /run/network/interfaces.d`;
const sourceCfg = 'source /etc/network/interfaces.d/*.cfg';
const helper = [
  '/etc/network/cloud-ifupdown-helper',
  '/etc/network/cloud-interfaces-template',
  '/etc/udev/rules.d/75-cloud-ifupdown.rules',
] as const;

export function debian(
  versionId: string,
  name: string,
  systemd: string,
  ifupdown: string,
  kernel: string,
): HostFacts {
  const old = versionId === '8';
  return ifupdownImage(
    {
      id: 'debian',
      versionId,
      name: `Debian GNU/Linux ${versionId} (${name})`,
      kernel,
      versions: { systemd, ifupdown },
      paths: old ? [] : helper,
      files: {
        '/etc/network/interfaces.d/50-cloud-init': 'auto eth0\niface eth0 inet dhcp\n',
      },
    },
    old ? sourceAll : sourceCloud,
  );
}

export function ubuntuIfupdown(
  versionId: string,
  name: string,
  init: 'systemd' | 'upstart',
  image: Versions,
): HostFacts {
  return ifupdownImage(
    {
      id: 'ubuntu',
      versionId,
      name,
      kernel: image.kernel,
      versions: image.versions,
      files: { '/etc/network/interfaces.d/50-cloud-init.cfg': 'auto eth0\niface eth0 inet dhcp\n' },
    },
    sourceCfg,
    init,
  );
}

interface Versions {
  readonly kernel: string;
  readonly versions: Readonly<Record<string, string>>;
}

// --- netplan on networkd ---

export function ubuntuNetplan(
  versionId: string,
  netplan: string,
  systemd: string,
  kernel: string,
): HostFacts {
  return netplanImage(
    {
      id: 'ubuntu',
      versionId,
      name: `Ubuntu ${versionId} LTS`,
      kernel,
      versions: { netplan, systemd },
      paths: ['/usr/bin/networkd-dispatcher'],
    },
    {
      path: '/etc/netplan/50-cloud-init.yaml',
      id: 'eth0',
      content: 'network:\n  version: 2\n  ethernets:\n    eth0:\n      dhcp4: true\n',
    },
  );
}

/** Debian's cloud images match every NIC with a catch-all, hot-plugged ones included. */
export function debianNetplan(versionId: string, name: string, image: Versions): HostFacts {
  return netplanImage(
    { id: 'debian', versionId, name: `Debian GNU/Linux ${versionId} (${name})`, ...image, link: 'ens5' },
    {
      path: '/etc/netplan/90-default.yaml',
      id: 'all-en',
      content:
        'network:\n  version: 2\n  ethernets:\n    all-en:\n      match:\n        name: en*\n      dhcp4: true\n      dhcp6: true\n' +
        '    all-eth:\n      match:\n        name: eth*\n      dhcp4: true\n      dhcp6: true\n',
    },
  );
}

// --- the RPM families ---

type Plugin = 'ifcfg-readable' | 'keyfile-only';

export function el(
  id: string,
  versionId: string,
  name: string,
): { id: string; versionId: string; name: string } {
  return { id, versionId, name };
}

// Neither this kernel nor its iproute2 (2.6.32) has `oif` in a rule (https://github.com/acassen/keepalived/issues/862).
export const el6 = { kernel: '2.6.32' };
// EL7's iproute (4.11) has no `protocol` on a rule, whatever kernel runs beneath it.
export const el7 = { kernel: '3.10.0', versions: { systemd: '219' }, rule: { protocol: false } };
export const el8 = { kernel: '4.18.0', versions: { systemd: '239', networkmanager: '1.40.16' } };
export const el9 = { kernel: '5.14.0', versions: { systemd: '252', networkmanager: '1.48.10' } }; // (K)
export const el10 = { kernel: '6.12.0', versions: { systemd: '257', networkmanager: '1.52.1' } }; // (K), systemd

export function fedora(
  versionId: string,
  networkmanager: string,
  systemd: string,
  plugin: Plugin,
): HostFacts {
  const kernel = plugin === 'ifcfg-readable' ? '5.10.0' : '6.11.0';
  const image = el('fedora', versionId, `Fedora Linux ${versionId}`);
  return keyfileImage({ ...image, kernel, versions: { systemd, networkmanager } }, plugin);
}

export function suseWicked(
  id: string,
  versionId: string,
  name: string,
  wicked: string,
  image: Versions,
): HostFacts {
  return wickedImage({ id, versionId, name, ...image, versions: { ...image.versions, wicked } });
}

export const suse16 = { kernel: '6.12.0', versions: { systemd: '257', networkmanager: '1.52.1' } }; // (K)
