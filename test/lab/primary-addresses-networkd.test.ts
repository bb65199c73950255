// Secondary addresses of the primary with the real systemd-networkd.
// needs: tree bookworm
import { tellPrimaryAddresses } from './primary-addresses.ts';

tellPrimaryAddresses({
  name: 'primadnd',
  suite: 'bookworm',
  image: 'networkd',
  disturbances: ['networkctl reload', 'networkctl reconfigure eth0'],
});
