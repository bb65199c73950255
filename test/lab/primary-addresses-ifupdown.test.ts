// Secondary addresses of the primary with the real ifupdown.
// needs: tree bookworm
import { tellPrimaryAddresses } from './primary-addresses.ts';

tellPrimaryAddresses({
  name: 'primadif',
  suite: 'bookworm',
  image: 'ifupdown',
  disturbances: ['ifup --force eth0', 'ifdown eth0; ifup eth0'],
});
