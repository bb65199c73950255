// A router and NAT appliance with the real netplan and systemd-networkd.
// needs: tree bookworm
import { tellAppliance } from './appliance.ts';

tellAppliance({ name: 'apnp', suite: 'bookworm', image: 'netplan' });
