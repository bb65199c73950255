// The option default-route with the real systemd-networkd.
// needs: tree bookworm
// with --all only: the default run tells the same on netplan
import { tellDefaultRoute } from './default-route.ts';

tellDefaultRoute({ name: 'defroutend', suite: 'bookworm', image: 'networkd' });
