// The option default-route with the real ifupdown.
// needs: tree bookworm
// with --all only: the default run tells the same on netplan
import { tellDefaultRoute } from './default-route.ts';

tellDefaultRoute({ name: 'defroute', suite: 'bookworm', image: 'ifupdown' });
