import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, test } from 'vitest';
import {
  bits,
  broadcastOf,
  contains,
  familyOf,
  firstHost,
  hostCidr,
  isHostAddress,
  isLinkLocal,
  netmaskOf,
  networkOf,
  overlaps,
  parseCidr,
  parseIp,
  parseMac,
  without,
} from '../../../agent/model/address.ts';
import { cidr, ip } from '../../support/example-plans.ts';

describe('parseIp', () => {
  test.each([
    ['10.0.2.10', '10.0.2.10'],
    [' 10.0.2.10\n', '10.0.2.10'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:0:0:0:0', '2001:db8:0:1::'],
    ['::', '::'],
    ['fe80:ec2::1', 'fe80:ec2::1'],
  ])('%j', (text, wanted) => expect(parseIp(text)).toBe(wanted));

  test.each([
    '',
    '10.0.2',
    '10.0.2.256',
    '010.0.2.10',
    '0x0a000001',
    '167772161',
    '10.0.2.10/24',
    '10.0.2.10 10.0.2.11',
    '10.0.2.10;reboot',
    '10.0.2.10\n10.0.2.11',
    '10.0.2.10\0',
    'fe80::1%eth0',
    '2001:db8::1::2',
    '2001:db8::12345',
    '[2001:db8::1]',
    'localhost',
    '$(id)',
    '１０.0.2.10',
  ])('%j is none', text => expect(parseIp(text)).toBeUndefined());
});

describe('parseCidr', () => {
  test.each([
    ['10.0.2.10/24', '10.0.2.0/24'],
    ['10.0.2.10/32', '10.0.2.10/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8::5/64', '2001:db8::/64'],
    ['2001:db8:0:3:ffff::/62', '2001:db8::/62'],
  ])('%j', (text, wanted) => expect(parseCidr(text)).toBe(wanted));

  test.each([
    '10.0.2.0',
    '10.0.2.0/33',
    '10.0.2.0/-1',
    '10.0.2.0/24/8',
    '10.0.2.0/ 24',
    '10.0.2.0/2e1',
    '2001:db8::/129',
    '/24',
    '10.0.2.0/',
    '10.0.2.0/255.255.255.0',
  ])('%j is none', text => expect(parseCidr(text)).toBeUndefined());
});

describe('parseMac', () => {
  test.each([
    ['00:16:3E:00:00:02', '00:16:3e:00:00:02'],
    ['02-00-00-00-00-01\n', '02:00:00:00:00:01'],
  ])('%j', (text, wanted) => expect(parseMac(text)).toBe(wanted));
  test.each([
    '',
    '00:00:00:00:00:00',
    '01:00:5e:00:00:01',
    'ff:ff:ff:ff:ff:ff',
    '02:00:00:00:00',
    '02:00:00:00:00:01:02',
    '0200.0000.0001',
    '02:00:00:00:00:0g',
    '02:00:00:00:00:01/',
  ])('%j is none', text => expect(parseMac(text)).toBeUndefined());
});

describe('arithmetic', () => {
  test.each([
    ['10.0.2.0/24', '10.0.2.1'],
    ['10.0.2.128/25', '10.0.2.129'],
    ['10.0.2.10/31', '10.0.2.11'],
    ['2001:db8::/64', '2001:db8::1'],
  ])('first host of %s', (network, wanted) => expect(firstHost(cidr(network))).toBe(wanted));

  test('broadcast and netmask', () => {
    expect(broadcastOf(cidr('10.0.2.0/23'))).toBe('10.0.3.255');
    expect([0, 8, 20, 32].map(netmaskOf)).toEqual([
      '0.0.0.0',
      '255.0.0.0',
      '255.255.240.0',
      '255.255.255.255',
    ]);
  });

  test.each<readonly [string, string, boolean, boolean]>([
    ['10.0.0.0/16', '10.0.2.0/24', true, true],
    ['10.0.2.0/24', '10.0.0.0/16', false, true],
    ['10.0.2.0/24', '10.0.3.0/24', false, false],
    ['10.0.2.0/24', '10.0.2.0/24', true, true],
    ['0.0.0.0/0', '10.0.2.0/24', true, true],
    ['::/0', '10.0.2.0/24', false, false],
    ['2001:db8::/62', '2001:db8:0:3::/64', true, true],
    ['2001:db8::/62', '2001:db8:0:4::/64', false, false],
  ])('%s and %s: contains %s, overlaps %s', (a, b, inside, both) => {
    expect(contains(cidr(a), cidr(b))).toBe(inside);
    expect(overlaps(cidr(a), cidr(b))).toBe(both);
    expect(overlaps(cidr(b), cidr(a))).toBe(both);
  });

  test.each<readonly [string, readonly string[], readonly string[]]>([
    ['10.0.0.0/16', [], ['10.0.0.0/16']],
    ['10.0.0.0/16', ['10.1.0.0/24', '10.0.0.0/8'], ['10.0.0.0/16']],
    ['10.0.0.0/30', ['10.0.0.2/32'], ['10.0.0.0/31', '10.0.0.3/32']],
    ['10.0.0.0/22', ['10.0.0.0/24', '10.0.3.0/24'], ['10.0.1.0/24', '10.0.2.0/24']],
    ['10.0.0.0/22', ['10.0.0.0/22'], []],
    ['2001:db8::/126', ['2001:db8::1/128'], ['2001:db8::/128', '2001:db8::2/127']],
  ])('%s without %j is %j', (network, holes, wanted) => {
    expect(without(cidr(network), holes.map(cidr))).toEqual(wanted);
  });

  test.each(['0.0.0.0', '127.0.0.1', '224.0.0.1', '239.1.2.3', '255.255.255.255', '::', '::1', 'ff02::1'])(
    '%s is no host address',
    text => expect(isHostAddress(ip(text))).toBe(false),
  );
  test.each(['10.0.2.10', '169.254.1.1', '100.64.0.1', '8.8.8.8', 'fe80::1', 'fd00::1', '2001:db8::1'])(
    '%s is one',
    text => expect(isHostAddress(ip(text))).toBe(true),
  );
  test('link-local', () => {
    expect(['fe80:ec2::1', '169.254.1.1', 'fd00::1', '10.0.0.1'].map(t => isLinkLocal(ip(t)))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('any address', () => {
  const anyIp = fc.oneof(fc.ipV4(), fc.ipV6());

  test('its text is canonical: parsing it again changes nothing', () =>
    fc.assert(
      fc.property(anyIp, text => {
        const parsed = parseIp(text)!;
        expect(parseIp(parsed)).toBe(parsed);
        expect(parseIp(parsed.toUpperCase())).toBe(parsed);
      }),
    ));

  test('lies in each network that it gives, and in its host network', () =>
    fc.assert(
      fc.property(anyIp, fc.nat({ max: 128 }), (text, n) => {
        const address = parseIp(text)!;
        const network = networkOf(address, Math.min(n, bits(address)));
        expect(contains(network, address)).toBe(true);
        expect(contains(hostCidr(address), address)).toBe(true);
        expect(parseCidr(network)).toBe(network);
        expect(familyOf(network)).toBe(familyOf(address));
      }),
    ));

  test('is in a network exactly if its bits begin as those of the network', () => {
    const binary = (text: string) =>
      ipaddr
        .parse(text.split('/')[0]!)
        .toByteArray()
        .map(byte => byte.toString(2).padStart(8, '0'))
        .join('');
    // Near each other, so that both answers come.
    const nearTo = (text: string, bit: number) => {
      const bytes = ipaddr.parse(text).toByteArray();
      bytes[(bit >> 3) % bytes.length]! ^= 1 << (bit & 7);
      return parseIp(ipaddr.fromByteArray(bytes).toString())!;
    };
    fc.assert(
      fc.property(
        anyIp,
        fc.nat({ max: 128 }),
        fc.nat({ max: 128 }),
        fc.nat({ max: 127 }),
        (text, n, m, bit) => {
          const [a, b] = [parseIp(text)!, nearTo(text, bit)];
          const [outer, inner] = [networkOf(a, Math.min(n, bits(a))), networkOf(b, Math.min(m, bits(b)))];
          const length = Number(outer.split('/')[1]);
          const begins = (value: string) => binary(value).startsWith(binary(outer).slice(0, length));
          expect(contains(outer, b)).toBe(begins(b));
          expect(contains(outer, inner)).toBe(Number(inner.split('/')[1]) >= length && begins(inner));
          expect(binary(outer)).toBe(binary(a).slice(0, length).padEnd(bits(a), '0'));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('what is remembered of texts is bounded, and changes no answer', () => {
    for (let n = 0; n < 10_000; n++)
      expect(parseIp(`2001:DB8::${n.toString(16)}`)).toBe(
        `2001:db8::${n.toString(16)}`.replace(/::0$/, '::'),
      );
    expect(parseIp('x'.repeat(1000))).toBeUndefined();
    expect(parseIp('2001:DB8::1')).toBe('2001:db8::1');
  });

  test('any other text is either refused or harmless in a shell, in INI and in YAML', () =>
    fc.assert(
      fc.property(fc.string(), text => {
        expect(parseIp(text) ?? '').toMatch(/^[0-9a-f.:]*$/);
        expect(parseCidr(text) ?? '').toMatch(/^[0-9a-f.:/]*$/);
        expect(parseMac(text) ?? '').toMatch(/^[0-9a-f:]*$/);
      }),
    ));
});
