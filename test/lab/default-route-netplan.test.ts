// The option default-route with the real netplan and systemd-networkd.
// needs: tree bookworm
import { tellDefaultRoute } from './default-route.ts';

tellDefaultRoute({ name: 'defroutenp', suite: 'bookworm', image: 'netplan' });
