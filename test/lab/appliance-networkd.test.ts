// A router and NAT appliance with the real systemd-networkd.
// needs: tree bookworm
// with --all only: the default run tells the same on netplan
import { tellAppliance } from './appliance.ts';

tellAppliance({ name: 'apnd', suite: 'bookworm', image: 'networkd' });
