// A router and NAT appliance with the real NetworkManager.
// needs: tree bookworm
// with --all only: the default run tells the same on netplan
import { tellAppliance } from './appliance.ts';

tellAppliance({ name: 'apnm', suite: 'bookworm', image: 'networkmanager-keyfile' });
