// One ENI's trouble is its own, with the real networkd.
// needs: tree trixie
// with --all only: two minutes, most of which are spent watching
import { tellOneInTrouble } from './one-in-trouble.ts';

tellOneInTrouble('trixie', 'networkd', []);
