// Networks behind an ENI with the real ifupdown.
// needs: tree bookworm
// with --all only: the default run tells the same on netplan
import { tellRoutes } from './routes.ts';

tellRoutes({ name: 'rtif', suite: 'bookworm', image: 'ifupdown' });
