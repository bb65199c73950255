// Whose a link is on a machine with systemd-networkd.
import { networkdCases } from './networkd-cases.ts';
import { runCases } from './run-cases.ts';

runCases('amazon-linux-2023', 'networkd', 'ens6', networkdCases);
