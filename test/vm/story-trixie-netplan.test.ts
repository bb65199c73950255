// needs: image trixie-netplan, package deb, programs vm
// with --all only: emulated processors, minutes each
import { machines } from './machines.ts';
import { tellStory } from './story.ts';

tellStory(machines.trixieNetplan);
