// needs: image trixie-netplan, package deb, programs vm
// with npm run vm only: the cuts with ifupdown are in --all
import { machines } from './machines.ts';
import { cutPowerAgainAndAgain } from './power-cut.ts';

cutPowerAgainAndAgain(machines.trixieNetplan);
