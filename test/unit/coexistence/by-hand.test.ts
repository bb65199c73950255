// Lines in boot scripts that give an ENI routes and rules of their own.
import { describe, expect, test } from 'vitest';
import { linesByHand, placesOf } from '../../../agent/coexistence/by-hand.ts';

const vendor = [
  '#!/bin/bash',
  'ip -4 route add default via 10.0.2.253 dev eth1 metric 1001',
  'ip -4 route add default via 10.0.2.253 dev eth1 table 1001',
  'ip -4 rule add from 10.0.2.10 lookup 1001',
  'touch /var/lock/subsys/local',
].join('\n');

describe('lines by hand', () => {
  test.each<[string, Record<string, string>, string]>([
    [
      "a vendor's instructions",
      { '/etc/rc.local': vendor },
      '/etc/rc.local:2, /etc/rc.local:3, /etc/rc.local:4',
    ],
    [
      'the same file by two names',
      { '/etc/rc.local': vendor, '/etc/rc.d/rc.local': vendor },
      '/etc/rc.local:2, /etc/rc.local:3, /etc/rc.local:4',
    ],
    ['another link', { '/etc/rc.local': vendor.replaceAll('eth1', 'eth10') }, ''],
    ['in a comment', { '/etc/rc.local': vendor.replaceAll('ip -4', '#ip -4') }, ''],
    ['a rule to a table of nobody', { '/etc/rc.local': 'ip rule add from 10.0.2.10 lookup 7\n' }, ''],
    [
      'with a path, replaced, and more behind it',
      { '/etc/init.d/boot.local': '/sbin/ip route replace 10.9.0.0/16 dev eth1; true\n' },
      '/etc/init.d/boot.local:1',
    ],
    ['a file that is no boot script', { '/etc/profile': vendor }, ''],
    ['what takes away', { '/etc/rc.local': 'ip route del default dev eth1\n' }, ''],
  ])('%s', (_name, files, places) => {
    expect(placesOf(linesByHand(files, ['eth1']))).toBe(places);
  });
});
