// From the rules of the version before to those of today, under traffic, with the real systemd-networkd.
// needs: tree bookworm
import { tellUpgrade } from './upgrade/tell.ts';

tellUpgrade({ name: 'upnd', suite: 'bookworm', image: 'networkd' });
