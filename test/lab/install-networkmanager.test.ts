// The package on NetworkManager.
// needs: tree trixie, package deb
import { tellInstallStory } from './install-story.ts';

tellInstallStory({
  suite: 'trixie',
  image: 'networkmanager-keyfile',
  file: '/etc/NetworkManager/system-connections/eni-eth1.nmconnection',
});
