// Containers and VIPs that leave by an ENI, with the real ifupdown and systemd-networkd.
// needs: tree bookworm
import { describe } from 'vitest';
import { tellSources } from './traffic/tell-sources.ts';

const suite = 'bookworm';
describe('ifupdown', () =>
  tellSources({ name: 'srci', suite, image: 'ifupdown', machines: ['withprimary'] }));
describe('networkd', () => tellSources({ name: 'srcn', suite, image: 'networkd', machines: ['shared'] }));
