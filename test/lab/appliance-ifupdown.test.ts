// A router and NAT appliance with the real ifupdown.
// needs: tree bookworm
// with --all only: the default run tells the same on netplan
import { tellAppliance } from './appliance.ts';

tellAppliance({ name: 'apif', suite: 'bookworm', image: 'ifupdown' });
