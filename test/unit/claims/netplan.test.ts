// Whose a link is on a machine with netplan in front of systemd-networkd.
import { meantCases, netplanCases } from './netplan-cases.ts';
import { runCases } from './run-cases.ts';

runCases('ubuntu-22.04', 'netplan', 'eth1', [...netplanCases, ...meantCases]);
