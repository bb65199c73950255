import { machines } from './machines.ts';
import { cutPowerAgainAndAgain } from './power-cut.ts';

cutPowerAgainAndAgain(machines.trixieNetplan);
