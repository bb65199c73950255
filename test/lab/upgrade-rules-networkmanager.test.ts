// From the rules of the version before to those of today, under traffic, with the real NetworkManager.
// needs: tree bookworm
// with --all only: the default run tells the same on netplan
import { tellUpgrade } from './upgrade/tell.ts';

tellUpgrade({ name: 'upnm', suite: 'bookworm', image: 'networkmanager-keyfile' });
