// From the rules of the version before to those of today, under traffic, with the real NetworkManager. It takes all IPv6 of a link away at each
// reapply and brings it back (`disable_ipv6` is switched; 1.42, 1.52), so a ping or three of an ENI's IPv6 may be lost; 2 s are its worst.
// needs: tree bookworm
// with --all only: the default run tells the same on netplan
import { tellUpgrade } from './upgrade/tell.ts';

tellUpgrade({ name: 'upnm', suite: 'bookworm', image: 'networkmanager-keyfile', ipv6Gap: 2000 });
