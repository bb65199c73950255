// The day of a site reliability engineer with the package (day/tell.ts).
// needs: tree bookworm, package deb
import { tellDay } from './day/tell.ts';

tellDay('bookworm', 'netplan');
