// Which files of others are read into the facts: the tree of ifupdown, the families whose folder exists, and no secrets.
import { describe, expect, test } from 'vitest';
import { maskSecrets, readAllNetworkFiles, readNetworkFiles } from '../../../agent/system/facts/files.ts';
import { expandPattern, parseSources } from '../../../agent/system/facts/interfaces-sources.ts';
import { readPaths } from '../../../agent/system/facts/paths.ts';
import { smallHost } from './small-host.ts';

const readNames = async (files: Record<string, string | null>): Promise<readonly string[]> =>
  Object.keys(await readNetworkFiles(smallHost(files).system)).sort();

describe('the tree of /etc/network/interfaces', () => {
  test('follows source and source-directory, each with its own rule for names', async () => {
    const names = await readNames({
      '/etc/network/interfaces':
        'auto lo\nsource /etc/network/interfaces.d/*.cfg\nsource-directory extra.d\nsource /etc/network/miss?ng\n',
      '/etc/network/interfaces.d/50-cloud-init.cfg': 'iface eth0 inet dhcp\n',
      '/etc/network/interfaces.d/ignored': 'iface eth9 inet dhcp\n',
      '/etc/network/extra.d/plain-name': 'source /srv/[ab]/net*\n',
      '/etc/network/extra.d/with.dot': 'iface eth8 inet dhcp\n',
      '/srv/a/net1': 'iface eth1 inet dhcp\n',
      '/srv/c/net1': 'iface eth2 inet dhcp\n',
      '/run/network/interfaces.d/eth3': 'iface eth3 inet dhcp\n',
    });
    expect(names).toEqual([
      '/etc/network/extra.d/plain-name',
      '/etc/network/interfaces',
      '/etc/network/interfaces.d/50-cloud-init.cfg',
      '/run/network/interfaces.d/eth3',
      '/srv/a/net1',
    ]);
  });

  test('a file that sources itself, or a chain without end, does not hang', async () => {
    const chain = Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => [`/etc/network/c${i}`, `source /etc/network/c${i + 1}\n`]),
    );
    const host = smallHost({
      '/etc/network/interfaces': 'source /etc/network/*\nsource /etc/network/interfaces\n',
      ...chain,
    });
    expect(Object.keys(await readNetworkFiles(host.system))).toHaveLength(51);
    // Each file once, although the tree names it many times.
    expect(host.read.filter(path => path === '/etc/network/c1')).toHaveLength(1);
  });

  test('lines', () => {
    const text = '  source a b\nsource-directory \\\n  /d\n# source c\nsourced x\nsource\n';
    // ifupdown puts the folder before the text, so that only the first pattern counts from it.
    expect(parseSources(text, '/etc/network/interfaces')).toEqual([
      { kind: 'file', pattern: '/etc/network/a' },
      { kind: 'file', pattern: '/b' },
      { kind: 'folder', pattern: '/d' },
    ]);
  });

  test('patterns are globs and not regular expressions', async () => {
    const { system } = smallHost({
      '/d/a.cfg': '',
      '/d/axcfg': '',
      '/d/.h.cfg': '',
      '/d/b+(': '',
      '/e/c': '',
    });
    expect(await expandPattern(system, '/d/*.cfg')).toEqual(['/d/a.cfg']);
    expect(await expandPattern(system, '/d/[!b]?cfg')).toEqual(['/d/a.cfg', '/d/axcfg']);
    expect(await expandPattern(system, '/*/c')).toEqual(['/e/c']);
    expect(await expandPattern(system, '/d/b+(*')).toEqual(['/d/b+(']);
    expect(await expandPattern(system, '/d/[z-a]*')).toEqual([]);
    expect(await expandPattern(system, '/d/plain')).toEqual([]);
  });
});

test('only names that a backend reads; nothing large, binary or unreadable', async () => {
  const names = await readNames({
    '/etc/netplan/50-cloud-init.yaml': 'a',
    '/etc/netplan/50-cloud-init.yaml.bak': 'a',
    '/lib/netplan/00-base.yaml': 'a',
    '/etc/systemd/network/10-a.network': 'a',
    '/etc/systemd/network/10-a.link': 'a',
    '/etc/sysconfig/network-scripts/ifcfg-eth0': 'a',
    '/etc/sysconfig/network-scripts/rule6-eth0': 'a',
    '/etc/sysconfig/network-scripts/ifup-eth': 'a',
    '/etc/sysconfig/network/ifcfg-lo': 'a',
    '/etc/sysconfig/network/ifroute-eth0': 'a',
    '/etc/sysconfig/network/scripts/ifup-route': 'a',
    '/etc/NetworkManager/system-connections/without-extension': 'a',
    '/etc/NetworkManager/system-connections/.temporary': 'a',
    '/run/NetworkManager/system-connections/netplan-eth0.nmconnection': 'a',
    '/etc/systemd/network/20-large.network': 'x'.repeat(64 * 1024 + 1),
    '/etc/systemd/network/30-binary.network': 'a\0b',
    '/etc/systemd/network/40-secret.network': null,
  });
  expect(names).toEqual([
    '/etc/NetworkManager/system-connections/without-extension',
    '/etc/netplan/50-cloud-init.yaml',
    '/etc/sysconfig/network-scripts/ifcfg-eth0',
    '/etc/sysconfig/network-scripts/rule6-eth0',
    '/etc/sysconfig/network/ifcfg-lo',
    '/etc/sysconfig/network/ifroute-eth0',
    '/etc/systemd/network/10-a.network',
    '/lib/netplan/00-base.yaml',
    '/run/NetworkManager/system-connections/netplan-eth0.nmconnection',
  ]);
});

test.each([
  ['[wifi-security]\nkey-mgmt=wpa-psk\npsk=hunter2\n', '[wifi-security]\nkey-mgmt=wpa-psk\npsk=masked\n'],
  [
    '    auth: {key-management: psk, password: "a, b"}\n',
    '    auth: {key-management: psk, password: masked}\n',
  ],
  ['    wpa-psk hunter2\n    address 10.0.0.1/24\n', '    wpa-psk masked\n    address 10.0.0.1/24\n'],
  ["WIRELESS_WPA_PSK='hunter2'\nIPADDR='10.0.0.1/24'\n", "WIRELESS_WPA_PSK=masked\nIPADDR='10.0.0.1/24'\n"],
  ['PrivateKey=abc=\nPublicKey=def=\n', 'PrivateKey=masked\nPublicKey=def=\n'],
  ['iface eth0 inet dhcp\n', 'iface eth0 inet dhcp\n'],
  ['    auth: {password: my pass word, method: tls}\n', '    auth: {password: masked, method: tls}\n'],
  ['a:\n  password: "x\\"y, {"\n  b: 1\n', 'a:\n  password: masked\n  b: 1\n'],
  ["password: 'it''s, {'\n", 'password: masked\n'],
  ['a:\n  password: |\n    x\n    y\n  b: 1\n', 'a:\n  password: masked\n\n\n  b: 1\n'],
])('secrets are masked: %j', (text, masked) => {
  expect(maskSecrets(text)).toBe(masked);
});

test('facts carry the masked text', async () => {
  const path = '/etc/NetworkManager/system-connections/home.nmconnection';
  const files = await readNetworkFiles(smallHost({ [path]: '[wifi-security]\npsk=hunter2\n' }).system);
  expect(files).toEqual({ [path]: '[wifi-security]\npsk=masked\n' });
});

test('the ifcfg plugin is found under its versioned folder, and where old packages put it', async () => {
  const plugin = 'libnm-settings-plugin-ifcfg-rh.so';
  const versioned = `/usr/lib64/NetworkManager/1.40.16-1.el8/${plugin}`;
  expect(
    await readPaths(smallHost({ [versioned]: '', '/usr/lib64/NetworkManager/conf.d/x': '' }).system),
  ).toEqual([versioned]);
  const flat = `/usr/lib64/NetworkManager/${plugin}`;
  expect(await readPaths(smallHost({ [flat]: '', '/sbin/dhclient': '' }).system)).toEqual([
    '/sbin/dhclient',
    flat,
  ]);
});

test.each([
  { services: { NetworkManager: 'absent' }, isRead: false },
  { services: { NetworkManager: 'inactive' }, isRead: false },
  { services: { NetworkManager: 'active' }, isRead: true },
  { services: {}, isRead: true },
] as const)(
  'the state of NetworkManager, which only root may read: $services',
  async ({ services, isRead }) => {
    const path = '/var/lib/NetworkManager/NetworkManager-intern.conf';
    const host = smallHost({ [path]: '[device]\nmanaged=0\n' });
    const { files } = await readAllNetworkFiles(host.system, services);
    expect(Object.keys(files)).toEqual(isRead ? [path] : []);
    expect(host.read.includes(path)).toBe(isRead);
  },
);
