// Every kind of packet through machines with the real NetworkManager. It leaves bridges of others alone, as the packages of Docker and of VPNs tell it,
// and makes no profile of its own for a new NIC: on one with IPv6 only, the DHCP client of that profile would keep the boot waiting for 45 s.
// needs: tree bookworm
// with --all only: the default run tells the same on netplan
import { tellTraffic } from './traffic/tell.ts';

tellTraffic({
  name: 'tnm',
  suite: 'bookworm',
  image: 'networkmanager-keyfile',
  files: {
    'etc/NetworkManager/conf.d/50-site.conf':
      '[main]\nno-auto-default=*\n[keyfile]\nunmanaged-devices=interface-name:docker0*;interface-name:br-*;interface-name:vpn0*\n',
  },
});
