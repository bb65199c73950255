// The same with netplan and NetworkManager, and with ENIs in subnets of their own.
// needs: tree bookworm
// with --all only: the default run tells it on ifupdown and networkd
import { describe } from 'vitest';
import { tellSources } from './traffic/tell-sources.ts';

const suite = 'bookworm';
describe('netplan', () =>
  tellSources({ name: 'srcp', suite, image: 'netplan', machines: ['exclusive', 'shared'] }));
describe('NetworkManager', () =>
  tellSources({ name: 'srcm', suite, image: 'networkmanager-keyfile', machines: ['exclusive', 'shared'] }));
