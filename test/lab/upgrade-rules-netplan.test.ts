// From the rules of the version before to those of today, under traffic, with the real netplan and systemd-networkd.
// needs: tree bookworm
import { tellUpgrade } from './upgrade/tell.ts';

tellUpgrade({ name: 'upnp', suite: 'bookworm', image: 'netplan' });
