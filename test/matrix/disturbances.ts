// What administrators and packages do to a network service, and what deletes other people's rules elsewhere: ours have to be there
// afterwards, without any pass of the agent.
import type { ImageName } from '../lab/images.ts';

export const disturbances: Readonly<Record<ImageName, readonly (readonly string[])[]>> = {
  ifupdown: [['ifup', '-a']],
  networkd: [
    ['networkctl', 'reload'],
    ['systemctl', 'restart', 'systemd-networkd'],
  ],
  netplan: [
    ['networkctl', 'reload'],
    ['systemctl', 'restart', 'systemd-networkd'],
  ],
  'networkmanager-keyfile': [
    ['nmcli', 'connection', 'reload'],
    ['nmcli', '--wait', '20', 'connection', 'up', 'cloud-init eth0'],
    ['systemctl', 'restart', 'NetworkManager'],
  ],
};
