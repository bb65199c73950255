// Every kind of packet through machines with the real ifupdown.
// needs: tree bookworm
import { tellTraffic } from './traffic/tell.ts';

tellTraffic({ name: 'tif', suite: 'bookworm', image: 'ifupdown' });
