// The real networkd on a machine where somebody has written a file for one ENI by its MAC.
// needs: tree trixie
// with --all only: three boots, and the unit tests of the claims say the same of more files
import { inhabitedMac, tellInhabited } from './inhabited.ts';

tellInhabited({
  name: 'inhabitednd',
  suite: 'trixie',
  image: 'networkd',
  files: {
    '/etc/systemd/network/20-storage.network': `[Match]
MACAddress=${inhabitedMac(1)}

[Network]
Address=10.0.1.77/24

[Route]
Destination=10.77.0.0/16
Gateway=10.0.1.1
`,
  },
  his: [
    {
      link: 'eth1',
      address: '10.0.1.77/24',
      route: '10.77.0.0/16 via 10.0.1.1',
      says: `/etc/systemd/network/20-storage.network:2: [Match] MACAddress=${inhabitedMac(1)} fits eth1`,
    },
  ],
});
