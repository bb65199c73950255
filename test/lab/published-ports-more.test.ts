// The same on each service, with each way in which ENIs lie in subnets.
// needs: tree bookworm
// with --all only: the default run tells it once for each way
import { describe } from 'vitest';
import { tellPublished } from './traffic/tell-published.ts';

const suite = 'bookworm';
describe('ifupdown', () =>
  tellPublished({ name: 'pci', suite, image: 'ifupdown', machines: ['shared', 'withprimary'] }));
describe('networkd', () =>
  tellPublished({ name: 'pcn', suite, image: 'networkd', machines: ['exclusive', 'withprimary'] }));
describe('netplan', () => tellPublished({ name: 'pcp', suite, image: 'netplan', machines: ['exclusive'] }));
describe('NetworkManager', () =>
  tellPublished({ name: 'pcm', suite, image: 'networkmanager-keyfile', machines: ['exclusive', 'shared'] }));
describe('networkd, with iptables', () =>
  tellPublished({
    name: 'pcx',
    suite,
    image: 'networkd',
    machines: ['exclusive', 'shared'],
    withoutNft: true,
  }));
