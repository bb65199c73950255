// The package on ifupdown.
import { tellInstallStory } from './install-story.ts';

tellInstallStory({
  suite: 'bookworm',
  image: 'ifupdown-systemd',
  file: '/etc/network/interfaces.d/60-eni-eth1',
});
