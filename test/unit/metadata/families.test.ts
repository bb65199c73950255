import { expect, test } from 'vitest';
import {
  checkFamily,
  parseAddresses,
  parseGateway,
  parseNetworks,
} from '../../../agent/metadata/families.ts';
import type { Cidr, Ip } from '../../../agent/model/address.ts';
import { absent, unknown, value } from '../../../agent/model/instance.ts';

test('addresses keep their order, lose repetitions, and become canonical', () => {
  expect(parseAddresses('k', 4, value('10.0.0.9\n10.0.0.1\n10.0.0.9'))).toEqual(
    value(['10.0.0.9', '10.0.0.1']),
  );
  expect(parseAddresses('k', 6, value('[2001:DB8:0:0:0:0:0:1]'))).toEqual(value(['2001:db8::1']));
});

test.each([
  [4, '10.0.0.999'],
  [4, '10.0.0'],
  [4, '010.0.0.1'],
  [4, '10.0.0.1/24'],
  [4, '2001:db8::1'],
  [4, '0.0.0.0'],
  [4, '0.1.2.3'],
  [4, '127.0.0.1'],
  [4, '169.254.10.10'],
  [4, '224.0.0.1'],
  [4, '240.0.0.1'],
  [4, '255.255.255.255'],
  [4, '10.0.0.1 10.0.0.2'],
  [4, '10.0.0.1;reboot'],
  [6, '10.0.0.1'],
  [6, '::'],
  [6, '::1'],
  [6, 'fe80::1'],
  [6, 'fe80::1%eth0'],
  [6, 'ff02::1'],
  [6, '::ffff:10.0.0.1'],
  [6, '2001:db8::g'],
] as const)('IPv%i: one bad entry (%s) makes the whole list unknown, and is named', (family, bad) => {
  const good = family === 4 ? '10.0.0.7' : '2001:db8::7';
  expect(parseAddresses('list', family, value(`${good}\n${bad}`))).toEqual(
    unknown(`list ${JSON.stringify(bad)} is not an IPv${family} address that a VM may own`),
  );
});

test('the number of entries is bounded', () => {
  const list = (n: number) => Array.from({ length: n }, (_, i) => `10.0.${i >> 8}.${i & 255}`).join('\n');
  expect(parseAddresses('k', 4, value(list(256))).state).toBe('value');
  expect(parseAddresses('k', 4, value(list(257)))).toEqual(unknown('k has 257 entries, above 256'));
});

test('an explicit empty list is absence; a body without entries is nothing at all', () => {
  expect(parseAddresses('k', 6, value('[]'))).toEqual(absent);
  expect(parseAddresses('k', 6, value(',,'))).toEqual(unknown('k ",," has no entry'));
});

test('networks lose their host bits', () => {
  expect(parseNetworks('k', 4, value('10.0.2.5/24'))).toEqual(value(['10.0.2.0/24']));
  expect(parseNetworks('k', 6, value('2600:1f16:67f:f201:0:0:0:0/64'))).toEqual(
    value(['2600:1f16:67f:f201::/64']),
  );
});

test.each([
  [4, '0.0.0.0/0'],
  [4, '0.0.0.0/1'],
  [4, '128.0.0.0/1'],
  [4, '10.0.0.0/7'],
  [4, '10.0.0.0'],
  [4, '10.0.0.0/33'],
  [4, '10.0.0.0/-1'],
  [4, '10.0.0.0/24/24'],
  [4, '127.0.0.0/8'],
  [4, '169.254.0.0/16'],
  [4, '224.0.0.0/8'],
  [4, '2001:db8::/64'],
  [6, '::/0'],
  [6, '2000::/3'],
  [6, 'fe80::/64'],
  [6, '10.0.0.0/24'],
] as const)('IPv%i: %s is no subnet or prefix of an ENI', (family, bad) => {
  expect(parseNetworks('k', family, value(bad)).state).toBe('unknown');
});

test('a gateway may be link-local for IPv6 only', () => {
  expect(parseGateway('k', 6, value('fe80:ec2::1'))).toEqual(value('fe80:ec2::1'));
  expect(parseGateway('k', 4, value('10.0.0.253\n'))).toEqual(value('10.0.0.253'));
  expect(parseGateway('k', 4, value('169.254.0.1')).state).toBe('unknown');
  expect(parseGateway('k', 4, value('fe80::1')).state).toBe('unknown');
  expect(parseGateway('k', 6, value('10.0.0.1')).state).toBe('unknown');
});

test.each([
  ['10.0.2.0', true],
  ['10.0.2.255', true],
  ['10.0.2.1', false],
  ['10.0.3.0', false],
])('%s as an own address in 10.0.2.0/24: refused %s', (ip, refused) => {
  const family = {
    addresses: value([ip as Ip]),
    subnets: value(['10.0.2.0/24' as Cidr]),
    gateway: absent,
    prefixes: absent,
  };
  expect(checkFamily(family).addresses.state).toBe(refused ? 'unknown' : 'value');
});
