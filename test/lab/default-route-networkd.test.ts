// The option default-route with the real systemd-networkd.
// needs: tree bookworm
import { tellDefaultRoute } from './default-route.ts';

tellDefaultRoute({ name: 'defroutend', suite: 'bookworm', image: 'networkd' });
