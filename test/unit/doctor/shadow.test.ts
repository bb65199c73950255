// Which rules in front of ours take what an ENI sends, with the rules and tables that programs make, in the words of `ip`.
import { describe, expect, test } from 'vitest';
import { describeShadows, shadowsOf } from '../../../agent/doctor/shadow.ts';
import type { Family } from '../../../agent/model/address.ts';
import { parseRoutes } from '../../../agent/system/kernel/ip-routes.ts';
import { parseRules } from '../../../agent/system/kernel/ip-rules.ts';
import { standardTables } from '../../../agent/system/kernel/ip-words.ts';
import { examplePlans } from '../../support/example-plans.ts';
import { kernelOf } from '../../support/kernel-of.ts';

// 10.0.2.10 to .12 and 2001:db8:2::10 and ::11 on eth1; rules at 28000, 28300 and 28600.
const plan = examplePlans['static-dual-stack']!.enis[0]!;
const own = kernelOf([plan]);
const main =
  'default via 10.0.1.1 dev eth0 proto dhcp metric 100\n10.0.1.0/24 dev eth0 proto kernel scope link';
const usual = '0: from all lookup local\n32766: from all lookup main\n32767: from all lookup default';

function shadowed(rules: string, routes = '', family: Family = 4): string | undefined {
  const kernel = {
    rules: [...parseRules(`${usual}\n${rules}`, family, standardTables), ...own.rules],
    routes: [
      ...parseRoutes(
        family === 4 ? main : main.replace(/10\.0\.1\.1 /, 'fe80::1 ').split('\n')[0]!,
        family,
        standardTables,
      ),
      ...parseRoutes(routes, family, standardTables),
      ...own.routes,
    ],
  };
  return describeShadows(shadowsOf(kernel, plan));
}

describe('takes the packets of the ENI', () => {
  test.each<readonly [string, string, string, number]>([
    [
      'wg-quick that was started after the agent',
      '27999: not from all fwmark 0xca6c lookup 51820\n27998: from all lookup main suppress_prefixlength 0',
      'default dev wg0 table 51820 scope link',
      27999,
    ],
    ['main as a whole', '100: from all lookup main', '', 100],
    ['an address of it', '500: from 10.0.2.11 lookup 77', 'default via 10.0.1.1 dev eth0 table 77', 500],
    ['its subnet and more', '500: from 10.0.0.0/8 lookup 77', 'default dev tun0 table 77', 500],
    ['what it sends itself', '500: from all iif lo lookup 77', 'default dev tun0 table 77', 500],
    [
      'the two halves of a VPN, though its default route would be suppressed',
      '500: from all lookup 77 suppress_prefixlength 0',
      '0.0.0.0/1 dev tun0 table 77\n128.0.0.0/1 dev tun0 table 77',
      500,
    ],
    ['all but one network', '500: not from 10.9.0.0/16 lookup 77', 'default dev tun0 table 77', 500],
    [
      'all but one destination',
      '500: not from all to 10.9.0.0/16 lookup 77',
      'default dev tun0 table 77',
      500,
    ],
    ['packets without a mark', '500: from all fwmark 0x0/0xff lookup 77', 'default dev tun0 table 77', 500],
    ['a refusal', '500: from 10.0.2.0/24 unreachable', '', 500],
    [
      'a table that ends in a refusal',
      '500: from all lookup 77',
      'unreachable default table 77 metric 10',
      500,
    ],
    ['a jump over ours', '500: from all goto 32766', '', 500],
    ['between our tiers', '28400: from all lookup main', '', 28400],
  ])('%s', (_name, rules, routes, priority) => {
    expect(shadowed(rules, routes)).toBe(`shadowed by rule ${priority}, see doctor`);
  });

  test('in IPv6, and in both', () => {
    const tunnel = 'default dev wg0 table 51820 metric 1024';
    const six = parseRules('27997: not from all fwmark 0xca6c lookup 51820', 6, standardTables);
    const four = parseRules('27999: not from all fwmark 0xca6c lookup 51820', 4, standardTables);
    const routes = [...parseRoutes(tunnel, 6, standardTables), ...parseRoutes(tunnel, 4, standardTables)];
    expect(shadowsOf({ rules: six, routes }, plan)).toEqual([
      { family: 6, priority: 27997, rule: 'not from all fwmark 0xca6c lookup 51820' },
    ]);
    expect(describeShadows(shadowsOf({ rules: [...four, ...six], routes }, plan))).toBe(
      'shadowed by rules 27997, 27999, see doctor',
    );
  });
});

describe('does not', () => {
  test.each<readonly [string, string, string]>([
    ['nothing of others', '', ''],
    [
      'what comes behind ours',
      '32765: not from all fwmark 0xca6c lookup 51820',
      'default dev wg0 table 51820',
    ],
    ['specific routes of main', '27998: from all lookup main suppress_prefixlength 0', ''],
    [
      'Tailscale without an exit node',
      '5210: from all fwmark 0x80000/0xff0000 lookup main\n5230: from all fwmark 0x80000/0xff0000 lookup default\n5250: from all fwmark 0x80000/0xff0000 unreachable\n5270: from all lookup 52',
      '100.64.0.7 dev tailscale0 table 52\n100.100.100.100 dev tailscale0 table 52',
    ],
    ['packets with a mark', '500: from all fwmark 0x80/0x80 lookup 77', 'default dev tun0 table 77'],
    ['one destination', '512: from all to 10.0.3.4 lookup main', ''],
    ['other addresses', '1536: from 10.0.3.4 lookup 77', 'default dev eth0 table 77'],
    ['what is forwarded', '500: from all iif docker0 lookup 77', 'default dev tun0 table 77'],
    ['one port', '500: from all ipproto tcp dport 443 lookup 77', 'default dev tun0 table 77'],
    ['one user', '500: from all uidrange 1000-1000 lookup 77', 'default dev tun0 table 77'],
    ['devices of a VRF', '1000: from all lookup [l3mdev-table]', ''],
    ['an empty table', '500: from all lookup 77', ''],
    ['half of the addresses', '500: from all lookup 77', '0.0.0.0/1 dev tun0 table 77'],
    [
      'a table that leads to the ENI',
      '500: from 10.0.2.10 lookup 77',
      'default via 10.0.2.253 dev eth1 table 77',
    ],
    ['a table that throws', '500: from all lookup 77', 'throw default table 77'],
    ['a jump to what comes before ours', '500: from all goto 600\n600: from all lookup 77', ''],
    ['the local table at another place', '100: from all lookup local', ''],
  ])('%s', (_name, rules, routes) => {
    expect(shadowed(rules, routes)).toBeUndefined();
  });
});
