// The package on ifupdown.
// needs: tree bookworm, package deb
// with --all only: the default run tells the same story on netplan
import { tellInstallStory } from './install-story.ts';

tellInstallStory({
  suite: 'bookworm',
  image: 'ifupdown-systemd',
  file: '/etc/network/interfaces.d/60-eni-eth1',
});
