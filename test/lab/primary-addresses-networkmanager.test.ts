// Secondary addresses of the primary with the real NetworkManager.
// needs: tree trixie
import { tellPrimaryAddresses } from './primary-addresses.ts';

tellPrimaryAddresses({
  name: 'primadnm',
  suite: 'trixie',
  image: 'networkmanager-keyfile',
  disturbances: [
    'nmcli device reapply eth0',
    'nmcli connection up "$(nmcli -g GENERAL.CONNECTION device show eth0)"',
  ],
});
