// Rules and routes of others as `doctor` says them, from the words of `ip`, and what it says of a rule in front.
import { describe, expect, test } from 'vitest';
import { explainDetour } from '../../../agent/doctor/detour.ts';
import { plannedRuleWords, routeWords, ruleWords } from '../../../agent/doctor/words.ts';
import type { Family, Ip } from '../../../agent/model/address.ts';
import { parseRoutes } from '../../../agent/system/kernel/ip-routes.ts';
import { parseRules } from '../../../agent/system/kernel/ip-rules.ts';
import { standardTables } from '../../../agent/system/kernel/ip-words.ts';
import { examplePlans } from '../../support/example-plans.ts';
import { kernelOf } from '../../support/kernel-of.ts';

test.each<readonly [string, Family, string]>([
  [
    '27999: not from all fwmark 0xca6c lookup 51820',
    4,
    'IPv4 rule 27999 (not from all fwmark 0xca6c lookup 51820)',
  ],
  ['90: from 10.0.2.11 prohibit', 4, 'IPv4 rule 90 (from 10.0.2.11 prohibit)'],
  ['91: from all goto 32766', 6, 'IPv6 rule 91 (from all goto 32766)'],
  ['92: from all lookup 254 proto static', 4, 'IPv4 rule 92 (from all lookup main)'],
  ['93: from all lookup 2541', 4, 'IPv4 rule 93 (from all lookup 2541)'],
  ['94: from all lookup [l3mdev-table]', 4, 'IPv4 rule 94 (from all lookup [l3mdev-table])'],
])('rule %s', (line, family, words) => {
  expect(parseRules(line, family, standardTables).map(ruleWords)).toEqual([words]);
});

test('a rule that is not there', () => {
  const key = 'rule 6 28300 from 2001:db8:2::/64 lookup 254 suppress_prefixlength 0';
  expect(plannedRuleWords(key)).toBe(
    'IPv6 rule 28300 (from 2001:db8:2::/64 lookup main suppress_prefixlength 0)',
  );
});

test.each<readonly [string, Family, string]>([
  ['default via 10.0.1.1 dev eth0 proto dhcp metric 100', 4, 'route 254 0.0.0.0/0 via 10.0.1.1 dev eth0'],
  ['unreachable default table 77 metric 10', 4, 'route 77 unreachable 0.0.0.0/0 metric 10'],
  ['blackhole 2001:db8:9::/64 dev lo table 77', 6, 'route 77 blackhole 2001:db8:9::/64 dev lo'],
  [
    'default table 77 nexthop via 10.0.1.1 dev eth0 weight 2 nexthop via 10.0.1.2 dev eth0 weight 1',
    4,
    'route 77 0.0.0.0/0 nexthop via 10.0.1.1 dev eth0 weight 2 nexthop via 10.0.1.2 dev eth0 weight 1',
  ],
])('route %s', (line, family, words) => {
  expect(parseRoutes(line, family, standardTables).map(routeWords)).toEqual([words]);
});

describe('a rule in front of the ENI’s', () => {
  // 10.0.2.10 on eth1; rules at 28000, 28300 and 28600.
  const plan = examplePlans['static-dual-stack']!.enis[0]!;
  const own = kernelOf([plan]);
  const [from, to] = ['10.0.2.10' as Ip, '203.0.113.1' as Ip];
  const gone = { link: undefined, gateway: undefined, refusal: 'Permission denied' };
  const tunnel = { link: 'wg0', gateway: undefined, refusal: undefined };

  test.each([
    ['90: from 10.0.2.10 prohibit', gone, 'IPv4 rule 90 (from 10.0.2.10 prohibit)'],
    [
      '27999: not from all fwmark 0xca6c lookup 51820',
      tunnel,
      'IPv4 rule 27999 (not from all fwmark 0xca6c lookup 51820)',
    ],
  ])('%s: which, and what number does no harm', (line, way, named) => {
    const kernel = {
      ...own,
      rules: [...parseRules(line, 4, standardTables), ...own.rules],
      routes: [...parseRoutes('default dev wg0 table 51820', 4, standardTables), ...own.routes],
    };
    const { why, hint } = explainDetour(kernel, plan, { from, to, ...way }, 20855);
    expect(why).toBe(`${named} comes before the rules of the ENI`);
    // Above all ENIs, and not this one alone: the next slot's rules come behind this one's.
    expect(hint).toBe(
      'find out what added that rule; it does no harm with a priority above 20855, or without the addresses of eth1: see "Why 28000" in docs/how-it-works.md',
    );
  });
});
