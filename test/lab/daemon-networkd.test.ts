// The daemon on the real systemd-networkd, as a service of the guest's systemd.
// needs: tree bookworm
import { tellDaemonStory } from './daemon-story.ts';

tellDaemonStory({ image: 'networkd', file: '/etc/systemd/network/07-eni-eth1.network' });
