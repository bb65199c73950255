// Every kind of packet through machines with the real netplan and systemd-networkd.
// needs: tree bookworm
import { tellTraffic } from './traffic/tell.ts';

tellTraffic({ name: 'tnp', suite: 'bookworm', image: 'netplan' });
