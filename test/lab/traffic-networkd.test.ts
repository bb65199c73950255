// Every kind of packet through machines with the real systemd-networkd.
// needs: tree bookworm
import { tellTraffic } from './traffic/tell.ts';

tellTraffic({ name: 'tnd', suite: 'bookworm', image: 'networkd' });
