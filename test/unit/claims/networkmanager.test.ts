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
