// Every kind of packet through machines with the real ifupdown.
// needs: tree bookworm
// with --all only: the default run tells the same on netplan
import { tellTraffic } from './traffic/tell.ts';

tellTraffic({ name: 'tif', suite: 'bookworm', image: 'ifupdown' });
