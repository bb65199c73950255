// The day of a site reliability engineer with the package (day/tell.ts).
// needs: tree bookworm, package deb
// with --all only: the default run tells the same day on netplan
import { tellDay } from './day/tell.ts';

tellDay('bookworm', 'ifupdown-systemd');
