// The package on ifupdown.
// needs: tree bookworm, package deb
import { tellInstallStory } from './install-story.ts';

tellInstallStory({
  suite: 'bookworm',
  image: 'ifupdown-systemd',
  file: '/etc/network/interfaces.d/60-eni-eth1',
});
