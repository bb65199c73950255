// Networks behind an ENI with the real NetworkManager.
// needs: tree bookworm
// with --all only: the default run tells the same on netplan
import { tellRoutes } from './routes.ts';

tellRoutes({ name: 'rtnm', suite: 'bookworm', image: 'networkmanager-keyfile' });
