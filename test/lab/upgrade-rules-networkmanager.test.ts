// From the rules of the version before to those of today, under traffic, with the real NetworkManager.
// needs: tree bookworm
import { tellUpgrade } from './upgrade/tell.ts';

tellUpgrade({ name: 'upnm', suite: 'bookworm', image: 'networkmanager-keyfile' });
