// Every kind of packet through machines with the real systemd-networkd.
// needs: tree bookworm
// with --all only: the default run tells the same on netplan
import { tellTraffic } from './traffic/tell.ts';

tellTraffic({ name: 'tnd', suite: 'bookworm', image: 'networkd' });
