// Networks behind an ENI with the real systemd-networkd.
// needs: tree bookworm
// with --all only: the default run tells the same on netplan
import { tellRoutes } from './routes.ts';

tellRoutes({ name: 'rtnd', suite: 'bookworm', image: 'networkd' });
