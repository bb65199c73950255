// Whose a link is on a machine with NetworkManager, in both formats.
import { describe, expect, test } from 'vitest';
import { type ClaimCase, claimsIn, ownerBelow, place, verdict } from '../../support/claim-cases.ts';
import { ifcfgPluginCases, ifcfgRhCases } from './ifcfg-cases.ts';
import { configurationCases, matchCases, profileCases, storageCases } from './networkmanager-cases.ts';

const profiles = [...profileCases, ...matchCases, ...storageCases, ...configurationCases];

describe.each([
  ['rhel-9', [...profiles, ...ifcfgPluginCases]],
  ['centos-8', [...profiles, ...ifcfgRhCases]],
  ['rhel-10', profiles],
] as const)('%s, eth1', (host, cases: readonly ClaimCase[]) => {
  test.each(cases)('$name: $expect', async one => {
    const claims = await claimsIn(host, 'eth1', one);
    expect(verdict(claims), JSON.stringify(claims)).toBe(one.expect);
    if (one.at !== undefined) expect(place(claims[0]!)).toMatch(one.at);
  });
});

// What only the running machine knows is not below a folder.
const known = [...profiles, ...ifcfgPluginCases].filter(
  one => one.link === undefined && one.facts === undefined,
);
test.each(known)('asked by `owner --root`, $name: $expect', async one => {
  expect(await ownerBelow('networkmanager-keyfile', 'eth1', one)).toBe(one.expect);
});

describe('ifcfg files where nobody reads them', () => {
  const files = { '/etc/sysconfig/network-scripts/ifcfg-eth1': 'DEVICE=eth1\n' };
  const main = '/etc/NetworkManager/NetworkManager.conf';
  test.each([
    ['rhel-10', files],
    ['rhel-9', { ...files, [main]: '[main]\nplugins=keyfile\n' }],
  ])('%s', async (host, there) => {
    expect(await claimsIn(host, 'eth1', { name: '', files: there, expect: 'free' })).toEqual([]);
  });

  test('with the plugin by name they count', async () => {
    const there = { ...files, [main]: '[main]\nplugins=keyfile,ifcfg-rh\n' };
    expect(await claimsIn('rhel-9', 'eth1', { name: '', files: there, expect: 'claimed' })).toHaveLength(1);
  });
});

describe('the profile that is active now', () => {
  const office = '/etc/NetworkManager/system-connections/office.nmconnection';
  const owners = (file: string) => ({
    networkmanager: '100 (connected)',
    networkmanagerProfiles: { eth0: '/x', eth1: file },
  });
  test.each([
    ['of somebody, from a place where nobody looks', {}, '/srv/office.nmconnection', 'claimed'],
    ['of somebody, changed since', { [office]: '[connection]\ninterface-name=eth2\n' }, office, 'claimed'],
    [
      "the image's for every NIC",
      { [office]: '[connection]\ntype=ethernet\n[ipv4]\nmethod=auto\n' },
      office,
      'image',
    ],
    [
      'made up by NetworkManager',
      {
        '/run/NetworkManager/system-connections/Wired connection 1.nmconnection':
          '[.nmmeta]\nnm-generated=true\n',
      },
      '/run/NetworkManager/system-connections/Wired connection 1.nmconnection',
      'free',
    ],
    ['ours, whose file has gone', {}, '/etc/NetworkManager/system-connections/eni-eth1.nmconnection', 'free'],
    [
      'ours, under the name that the link had',
      {},
      '/etc/NetworkManager/system-connections/eni-eth2.nmconnection',
      'free',
    ],
  ] as const)('%s', async (name, files: Record<string, string>, file, expected) => {
    const one: ClaimCase = { name, files, facts: { owners: owners(file) }, expect: expected };
    expect(verdict(await claimsIn('rhel-9', 'eth1', one))).toBe(expected);
  });

  test('an ifcfg file of ours that has gone is no claim', async () => {
    const facts = { owners: owners('/etc/sysconfig/network-scripts/ifcfg-eth1') };
    // It says what centos-8 is: NetworkManager with ifcfg.
    const profile = { networkmanagerProfile: '/etc/sysconfig/network-scripts/ifcfg-eth0' };
    const one: ClaimCase = {
      name: '',
      files: {},
      facts: { owners: { ...facts.owners, ...profile } },
      expect: 'free',
    };
    expect(await claimsIn('centos-8', 'eth1', one)).toEqual([]);
  });
});
