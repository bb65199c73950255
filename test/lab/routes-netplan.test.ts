// Networks behind an ENI with the real netplan and systemd-networkd.
// needs: tree bookworm
import { tellRoutes } from './routes.ts';

tellRoutes({ name: 'rtnp', suite: 'bookworm', image: 'netplan' });
