// The package on systemd-networkd.
// needs: tree trixie, package deb
// with --all only: the default run tells the same story on netplan
import { tellInstallStory } from './install-story.ts';

tellInstallStory({ suite: 'trixie', image: 'networkd', file: '/etc/systemd/network/07-eni-eth1.network' });
