// The daemon on the real ifupdown, on a machine without systemd.
// needs: tree bookworm
import { tellDaemonStory } from './daemon-story.ts';

tellDaemonStory({ image: 'ifupdown', file: '/etc/network/interfaces.d/60-eni-eth1' });
