// needs: image bookworm-netplan, package deb, programs vm
// with npm run vm only: Debian 13 with netplan and Debian 12 with ifupdown are in --all
import { machines } from './machines.ts';
import { tellStory } from './story.ts';

tellStory(machines.bookwormNetplan);
