// The day of a site reliability engineer with the package (day/tell.ts).
// needs: tree trixie, package deb
// with --all only: the default run tells the same day on netplan
import { tellDay } from './day/tell.ts';

tellDay('trixie', 'networkd');
