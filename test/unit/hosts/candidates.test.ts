// Ways in which a backend is met that no image of test/fixtures/hosts shows: half-told facts, and services that run for others. One
// row each, from a machine on which the probes have found nothing else.
import { expect, test } from 'vitest';
import type { HostFacts } from '../../../agent/model/host.ts';
import { explainSelection, selectBackend } from '../../../renderers/detect/select.ts';

const nothing: HostFacts = {
  os: { id: '', versionId: '', prettyName: '' },
  primaryLink: 'eth0',
  services: {},
  owners: {},
  versions: {},
  paths: [],
  files: {},
  kernel: { suppressPrefixLength: true, suppressGroup: true, ruleOif: true, ruleProtocol: true },
};
const networkd = { 'systemd-networkd': 'active' } as const;
const generated = '/run/systemd/network/10-netplan-eth0.network';
const own = '/etc/systemd/network/20-eth0.network';
const sles11 = ['/etc/sysconfig/network/scripts/ifup-route'];

test.each<readonly [string, Partial<HostFacts>, string]>([
  [
    'an old networkd that the link is not of',
    { services: networkd, owners: { networkd: 'unmanaged' }, versions: { systemd: '219' } },
    'networkd=unmanaged version=219<235 -> none (no usable backend owns the primary link)',
  ],
  [
    'an old networkd that says nothing of the link',
    { services: networkd, versions: { systemd: '219' } },
    'networkd=active version=219<235 -> none (no usable backend owns the primary link)',
  ],
  [
    'networkd has stumbled over a file of netplan',
    { services: networkd, owners: { networkd: 'failed', networkdFile: generated } },
    'networkd=failed file=10-netplan-eth0.network -> netplan',
  ],
  [
    'networkd has stumbled over a file of its own',
    { services: networkd, owners: { networkd: 'failed', networkdFile: own } },
    'networkd=failed file=20-eth0.network -> networkd',
  ],
  ['networkd, and no file at all', { services: networkd }, 'networkd=active -> networkd'],
  [
    'networkd in an image',
    { services: { 'systemd-networkd': 'inactive' }, files: { [own]: '' } },
    'networkd=installed -> networkd',
  ],
  [
    'NetworkManager is there and has no profile',
    { services: { NetworkManager: 'inactive' } },
    '-> none (no backend found)',
  ],
  [
    'NetworkManager in an image',
    { services: { NetworkManager: 'inactive' }, files: { '/etc/NetworkManager/system-connections/a': '' } },
    'networkmanager=installed -> networkmanager-keyfile',
  ],
  [
    'wicked runs, and the link is not its own',
    { services: { wickedd: 'active' }, owners: { wicked: 'device-unconfigured' } },
    'wicked=device-unconfigured -> none (no usable backend owns the primary link)',
  ],
  ['wicked runs', { services: { wickedd: 'active' } }, 'wicked=active -> wicked'],
  [
    'ifupdown runs, and there is no primary link',
    { primaryLink: undefined, services: { networking: 'active' }, paths: ['/sbin/ifquery'] },
    'networking=active -> ifupdown',
  ],
  [
    'ifupdown in an image',
    { paths: ['/sbin/ifquery'], files: { '/etc/network/interfaces': 'iface eth0 inet dhcp\n' } },
    'ifupdown=installed -> ifupdown',
  ],
  [
    'ifupdown in an image that uses another service',
    { paths: ['/sbin/ifquery'], files: { '/etc/network/interfaces': 'iface lo inet loopback\n' } },
    '-> none (no backend found)',
  ],
  [
    'initscripts have run, and there is no primary link',
    {
      primaryLink: undefined,
      services: { network: 'active' },
      paths: ['/etc/sysconfig/network-scripts/network-functions'],
    },
    'network=active -> initscripts',
  ],
  [
    'SLES 11 has run, and there is no primary link',
    { primaryLink: undefined, paths: [...sles11, '/dev/.sysconfig/network/started'] },
    'network=active scripts=ifup-route -> sles11',
  ],
  ['SLES 11 in an image', { paths: sles11 }, 'network=installed scripts=ifup-route -> sles11'],
])('%s', (_what, more, line) => {
  expect(explainSelection(selectBackend({ ...nothing, ...more }))).toBe(line);
});
