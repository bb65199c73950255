// Whose a link is on a machine with the initscripts, with wicked and with the scripts of SLES 11.
import { describe, expect, test } from 'vitest';
import { type ClaimCase, claimsIn, ownerBelow, place, verdict } from '../../support/claim-cases.ts';
import { initscriptsCases, sles11Cases, wickedCases } from './ifcfg-cases.ts';

describe.each([
  ['centos-7', 'initscripts', initscriptsCases],
  ['sles-15', 'wicked', wickedCases],
  ['sles-11', 'sles11', sles11Cases],
] as const)('%s, eth1', (host, backend, cases: readonly ClaimCase[]) => {
  test.each(cases)('$name: $expect', async one => {
    const claims = await claimsIn(host, 'eth1', one);
    expect(verdict(claims), JSON.stringify(claims)).toBe(one.expect);
    if (one.at !== undefined) expect(place(claims[0]!)).toMatch(one.at);
  });

  test.each(cases)('asked by `owner --root`, $name: $expect', async one => {
    expect(await ownerBelow(backend, 'eth1', one)).toBe(one.expect);
  });
});

describe('EL7 with NetworkManager beside the initscripts', () => {
  const folder = '/etc/sysconfig/network-scripts';
  test.each([
    ['what NetworkManager alone reads', 'ifcfg-eth1.rpmsave', 'DEVICE=eth1\n', 'claimed'],
    ['what neither reads', 'ifcfg-eth1.bak', 'DEVICE=eth1\n', 'free'],
    ['a profile for every NIC', 'ifcfg-x', 'TYPE=Ethernet\nBOOTPROTO=dhcp\n', 'image'],
  ] as const)('%s', async (name, file, text, expected) => {
    const one: ClaimCase = { name, files: { [`${folder}/${file}`]: text }, expect: expected };
    expect(verdict(await claimsIn('centos-7-network-and-networkmanager', 'eth1', one))).toBe(expected);
  });

  test('EL6 reads .old', async () => {
    const one: ClaimCase = {
      name: '',
      files: { [`${folder}/ifcfg-eth1.old`]: 'DEVICE=eth1\n' },
      expect: 'claimed',
    };
    expect(verdict(await claimsIn('centos-6', 'eth1', one))).toBe('claimed');
  });
});

test('a file that is one of too many is not absent', async () => {
  const names = Array.from({ length: 201 }, (_, at) => `/etc/sysconfig/network/ifcfg-veth${1000 + at}`);
  const one: ClaimCase = {
    name: '',
    files: Object.fromEntries(names.map(path => [path, ''])),
    expect: 'claimed',
  };
  const [claim] = await claimsIn('sles-15', 'eth1', one);
  // eth0 comes first.
  expect(claim).toMatchObject({ path: names[199] });
});
