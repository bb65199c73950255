// The same on each service, with another way in which ENIs lie in subnets each.
// needs: tree bookworm
// with --all only: the default run tells it once for each way
import { describe } from 'vitest';
import { tellPublished } from './traffic/tell-published.ts';

const suite = 'bookworm';
describe('ifupdown', () =>
  tellPublished({ name: 'pci', suite, image: 'ifupdown', machines: ['withprimary'] }));
describe('networkd', () => tellPublished({ name: 'pcn', suite, image: 'networkd', machines: ['exclusive'] }));
describe('NetworkManager', () =>
  tellPublished({ name: 'pcm', suite, image: 'networkmanager-keyfile', machines: ['shared'] }));
describe('networkd, with iptables', () =>
  tellPublished({ name: 'pcx', suite, image: 'networkd', machines: ['shared'], withoutNft: true }));
