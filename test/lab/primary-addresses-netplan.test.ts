// Secondary addresses of the primary with the real netplan.
// needs: tree trixie
import { tellPrimaryAddresses } from './primary-addresses.ts';

tellPrimaryAddresses({
  name: 'primadnp',
  suite: 'trixie',
  image: 'netplan',
  disturbances: ['networkctl reload', 'networkctl reconfigure eth0'],
});
