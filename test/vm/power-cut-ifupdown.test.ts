// needs: image bookworm-ifupdown, package deb, programs vm
// with --all only: emulated processors, minutes each
import { machines } from './machines.ts';
import { cutPowerAgainAndAgain } from './power-cut.ts';

cutPowerAgainAndAgain(machines.bookwormIfupdown);
