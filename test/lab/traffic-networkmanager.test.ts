// Every kind of packet through machines with the real NetworkManager. It leaves bridges of others alone, as the packages of Docker and of VPNs tell it.
// needs: tree bookworm
import { tellTraffic } from './traffic/tell.ts';

tellTraffic({
  name: 'tnm',
  suite: 'bookworm',
  image: 'networkmanager-keyfile',
  files: {
    'etc/NetworkManager/conf.d/50-bridges.conf':
      '[keyfile]\nunmanaged-devices=interface-name:docker0*;interface-name:br-*;interface-name:vpn0*\n',
  },
});
