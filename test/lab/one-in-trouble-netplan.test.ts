// One ENI's trouble is its own, with the real netplan.
// needs: tree bookworm
// with --all only: two minutes, most of which are spent watching
import { tellOneInTrouble } from './one-in-trouble.ts';

tellOneInTrouble('bookworm', 'netplan', []);
