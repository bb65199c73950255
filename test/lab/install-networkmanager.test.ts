// The package on NetworkManager.
import { tellInstallStory } from './install-story.ts';

tellInstallStory({
  suite: 'trixie',
  image: 'networkmanager-keyfile',
  file: '/etc/NetworkManager/system-connections/eni-eth1.nmconnection',
});
