// The parsers of what the tools print, with the forms of old and new versions.
import { describe, expect, test } from 'vitest';
import { parseOsRelease } from '../../../agent/system/facts/os-release.ts';
import { parseDefaultLink, parseNetworkctl, parseProfileFiles } from '../../../agent/system/facts/owners.ts';
import { isLinkName } from '../../../agent/system/facts/probes.ts';
import { parseSystemctlShow } from '../../../agent/system/facts/services.ts';
import { leading, versionAfter } from '../../../agent/system/facts/versions.ts';

describe('parseDefaultLink', () => {
  test.each([
    ['default via 10.0.1.253 dev eth0 \n', 'eth0'],
    ['default via 10.0.2.253 dev eth1 metric 100\ndefault via 10.0.1.253 dev eth0 metric 50\n', 'eth0'],
    // No metric is metric 0.
    ['default via 10.0.2.253 dev eth1 metric 100\ndefault via 10.0.1.253 dev eth0\n', 'eth0'],
    ['default dev ppp0 scope link\n', 'ppp0'],
    // Multipath: the first hop.
    [
      'default proto static metric 5 \n\tnexthop via 10.0.1.1 dev ens5 weight 1 \n\tnexthop via 10.0.2.1 dev ens6 weight 1 \n',
      'ens5',
    ],
    ['default via 10.0.1.253 dev eth0 linkdown\ndefault via 10.0.2.253 dev eth1 metric 9\n', 'eth1'],
    ['default via 10.0.1.253 dev eth0 dead linkdown\ndefault via 10.0.2.253 dev eth1 metric 9\n', 'eth1'],
    ['unreachable default dev lo metric 4294967295 error -101\n', undefined],
    ['default dev lo\n', undefined],
    ['Error: something dev eth0\n', undefined],
    ['default via 10.0.1.253 dev eth0 metric x\n', undefined],
    ['', undefined],
  ])('%j', (text, link) => {
    expect(parseDefaultLink(text)).toBe(link);
  });
});

describe('parseNetworkctl', () => {
  test('the form of systemd 237, and n/a for an unmanaged link', () => {
    const text =
      '* 3: eth1\n       Link File: n/a\n    Network File: n/a\n            Type: ether\n           State: off (unmanaged)\n';
    expect(parseNetworkctl(text)).toEqual({ networkd: 'unmanaged' });
  });

  test('drop-ins below the file (257) are not the file', () => {
    const text =
      '               NetDev File: n/a\n              Network File: /run/systemd/network/10-netplan-eth0.network\n' +
      '                            └─/etc/systemd/network/10-netplan-eth0.network.d/50-x.conf\n' +
      '                     State: routable (configured)\n';
    expect(parseNetworkctl(text)).toEqual({
      networkd: 'configured',
      networkdFile: '/run/systemd/network/10-netplan-eth0.network',
    });
  });

  test('garbage gives nothing', () => {
    expect(parseNetworkctl('State: (;rm -rf /)\nNetwork File: relative\n')).toEqual({});
  });
});

describe('parseProfileFiles', () => {
  test('finds the line of the device, and takes the escapes off', () => {
    const text =
      'eth1:/etc/NetworkManager/system-connections/eth1.nmconnection\n' +
      'eth0:/etc/NetworkManager/system-connections/a\\:b \\\\c.nmconnection\n';
    expect(parseProfileFiles(text)).toEqual({
      eth0: '/etc/NetworkManager/system-connections/a:b \\c.nmconnection',
      eth1: '/etc/NetworkManager/system-connections/eth1.nmconnection',
    });
  });

  test('the first of a link counts', () => {
    expect(parseProfileFiles('eth0:/a\neth0:/vpn\n')).toEqual({ eth0: '/a' });
  });

  test('/var/run is /run, where the files are looked for', () => {
    const name = 'NetworkManager/system-connections/Wired connection 1.nmconnection';
    expect(parseProfileFiles(`eth1:/var/run/${name}\n`)).toEqual({ eth1: `/run/${name}` });
  });

  test('a profile in memory has no file', () => {
    expect(parseProfileFiles('eth0:\neth0.5:/x\n:/y\n')).toEqual({ 'eth0.5': '/x' });
  });
});

describe('parseSystemctlShow', () => {
  test('states, in whatever order the properties come', () => {
    const text =
      'Id=NetworkManager.service\nLoadState=not-found\nActiveState=inactive\n\n' +
      'LoadState=loaded\nActiveState=failed\nId=network.service\n\n' +
      'Id=networking.service\nActiveState=activating\nLoadState=loaded\n\n' +
      'Id=wicked.service\nActiveState=inactive\nLoadState=masked\n\n' +
      'Id=systemd-networkd.service\nActiveState=reloading\nLoadState=loaded\n';
    expect(parseSystemctlShow(text)).toEqual({
      NetworkManager: 'absent',
      network: 'inactive',
      networking: 'active',
      wicked: 'inactive',
      'systemd-networkd': 'active',
    });
  });

  test('blocks that are not whole, or not asked for, are left out', () => {
    expect(parseSystemctlShow('Id=networking.service\nActiveState=active\n')).toEqual({});
    expect(parseSystemctlShow('Id=sshd.service\nActiveState=active\nLoadState=loaded\n')).toEqual({});
    expect(parseSystemctlShow('Failed to connect to bus')).toEqual({});
  });
});

test('versions are reduced to digits and dots', () => {
  expect(leading('5.10.134-16.3.al8.x86_64\n')).toBe('5.10.134');
  expect(leading('6.18.44-fc-v595')).toBe('6.18.44');
  expect(leading('unknown')).toBeUndefined();
  expect(leading(undefined)).toBeUndefined();
  expect(versionAfter('version ', 'nmcli tool, version 1.40.16-1.el8')).toBe('1.40.16');
  expect(versionAfter('iproute2-', 'ip utility, iproute2-5.15.0, libbpf 0.5.0')).toBe('5.15.0');
  expect(versionAfter('iproute2-', 'ip utility, iproute2-ss170501')).toBeUndefined();
  expect(versionAfter('systemd ', 'systemd 219\n+PAM')).toBe('219');
  expect(versionAfter('wicked ', undefined)).toBeUndefined();
});

test('os-release: quotes in all forms, nothing expanded, garbage dropped', () => {
  const text = `# comment\nID='amzn'\nVERSION_ID=2023\nPRETTY_NAME="Amazon \u001b[31mLinux"\nHOME_URL=$(reboot)\n`;
  expect(parseOsRelease(text)).toEqual({ id: 'amzn', versionId: '2023', prettyName: 'Amazon  [31mLinux' });
  expect(parseOsRelease('ID="a b; rm"\nVERSION_ID="$(x)"\n')).toEqual({
    id: '',
    versionId: '',
    prettyName: '',
  });
});

test('link names', () => {
  for (const name of ['eth0', 'ens5', 'enX0', 'eth0.5', 'a_b-c']) expect(isLinkName(name)).toBe(true);
  for (const name of ['', '-4', '.', '..', 'a/b', 'a b', 'a:1', 'sixteen-letters-', undefined])
    expect(isLinkName(name)).toBe(false);
});
