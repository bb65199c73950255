// The package on NetworkManager.
// needs: tree trixie, package deb
// with --all only: the default run tells the same story on netplan
import { tellInstallStory } from './install-story.ts';

tellInstallStory({
  suite: 'trixie',
  image: 'networkmanager-keyfile',
  file: '/etc/NetworkManager/system-connections/eni-eth1.nmconnection',
});
