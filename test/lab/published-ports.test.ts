// Published ports on machines with the real ifupdown and systemd-networkd, by the real nft and iptables.
// needs: tree bookworm
import { describe } from 'vitest';
import { tellPublished } from './traffic/tell-published.ts';

const suite = 'bookworm';
describe('ifupdown', () => tellPublished({ name: 'pbi', suite, image: 'ifupdown', machines: ['exclusive'] }));
describe('networkd', () => tellPublished({ name: 'pbn', suite, image: 'networkd', machines: ['shared'] }));
describe('ifupdown, with iptables', () =>
  tellPublished({ name: 'pbt', suite, image: 'ifupdown', machines: ['withprimary'], withoutNft: true }));
