// The option default-route with the real ifupdown.
// needs: tree bookworm
import { tellDefaultRoute } from './default-route.ts';

tellDefaultRoute({ name: 'defroute', suite: 'bookworm', image: 'ifupdown' });
