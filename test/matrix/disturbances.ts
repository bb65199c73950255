// What administrators and packages do to a network service, and what deletes other people's rules elsewhere: ours have to be there
// afterwards, without any pass of the agent.
import type { BackendName } from '../../agent/model/host.ts';
import { versionAtLeast } from '../../renderers/formats/version-order.ts';
import { releaseTable } from '../../renderers/releases/table.ts';

const networkmanager = [
  ['nmcli', 'connection', 'reload'],
  ['nmcli', '--wait', '20', 'connection', 'up', 'cloud-init eth0'],
  ['systemctl', 'restart', 'NetworkManager'],
] as const;

export const disturbances: Readonly<Record<BackendName, readonly (readonly string[])[]>> = {
  ifupdown: [['ifup', '-a']],
  initscripts: [['/etc/init.d/network', 'restart']],
  networkd: [
    ['networkctl', 'reload'],
    ['systemctl', 'restart', 'systemd-networkd'],
  ],
  netplan: [
    ['networkctl', 'reload'],
    ['systemctl', 'restart', 'systemd-networkd'],
  ],
  'networkmanager-ifcfg': networkmanager,
  'networkmanager-keyfile': networkmanager,
  sles11: [['/etc/init.d/network', 'restart']],
  wicked: [['wicked', 'ifreload', 'all']],
};

/** @param release of a life; networkctl before 244 knows no `reload` */
export function disturbancesOf(backend: BackendName, release?: string): readonly (readonly string[])[] {
  const systemd = releaseTable[release ?? '']?.facts.versions.systemd;
  const reloads = versionAtLeast(systemd, '244') !== false;
  return disturbances[backend].filter(([program]) => reloads || program !== 'networkctl');
}
