// From the rules of the version before to those of today, under traffic, with the newer services of Debian 13: networkd 257, netplan 1.1, and
// NetworkManager 1.52, each of which takes something away when it loads its files.
// needs: tree trixie
// with --all only: three boots, and the same story as on Debian 12
import { describe } from 'vitest';
import { tellUpgrade } from './upgrade/tell.ts';

describe.each([
  { name: 'uptnd', suite: 'trixie', image: 'networkd' },
  { name: 'uptnp', suite: 'trixie', image: 'netplan' },
  { name: 'uptnm', suite: 'trixie', image: 'networkmanager-keyfile', ipv6Gap: 2000 },
] as const)('$image', tellUpgrade);
