// The real netplan on a machine where somebody has written YAML for one ENI by its MAC.
// needs: tree bookworm
// with --all only: three boots, and the unit tests of the claims say the same of more files
import { inhabitedMac, tellInhabited } from './inhabited.ts';

tellInhabited({
  name: 'inhabitednp',
  suite: 'bookworm',
  image: 'netplan',
  files: {
    // The id comes before that of the image's catch-all: networkd would not ask for it otherwise.
    '/etc/netplan/60-storage.yaml': `network:
  version: 2
  ethernets:
    05-storage:
      match: {macaddress: "${inhabitedMac(1)}"}
      addresses: [10.0.1.77/24]
      routes: [{to: 10.77.0.0/16, via: 10.0.1.1}]
`,
    // netplan writes PermanentMACAddress=, which a veth has not.
    '/etc/systemd/network/10-netplan-05-storage.network.d/veth.conf': `[Match]
PermanentMACAddress=
MACAddress=${inhabitedMac(1)}
`,
  },
  his: [
    {
      link: 'eth1',
      address: '10.0.1.77/24',
      route: '10.77.0.0/16 via 10.0.1.1',
      says: `/etc/systemd/network/10-netplan-05-storage.network.d/veth.conf:3: [Match] MACAddress=${inhabitedMac(1)} fits eth1`,
    },
  ],
});
