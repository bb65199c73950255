// `sources = NETWORKS`: what else leaves by an ENI, with the rules of a delegated prefix, and what may not.
import { describe, expect, test } from 'vitest';
import { ruleText } from '../../../agent/cli/describe.ts';
import { cidr, ip } from '../../support/example-plans.ts';
import { alone, inSubnet, primary, resultOf, settingsWith } from '../../support/plan-machine.ts';
import { familyOf } from '../../support/plan-parts.ts';

const withSources = (...networks: readonly string[]) => settingsWith(1, { sources: networks.map(cidr) });
const rulesOf = (enis: Parameters<typeof resultOf>[0], ...networks: readonly string[]) =>
  resultOf(enis, { settings: withSources(...networks) }).plan.enis[0]!.rules.map(ruleText);

describe('get', () => {
  test('the tiers of a delegated prefix: containers, forwarded too', () => {
    expect(rulesOf([primary, alone], '172.17.0.0/16').filter(text => text.includes('172.17'))).toEqual([
      '28000: from 172.17.0.0/16 lookup 28000 suppress_prefixlength 0',
      '28300: from 172.17.0.0/16 lookup main suppress_prefixlength 0 suppress_ifgroup 28000',
      '28600: from 172.17.0.0/16 lookup 28000',
    ]);
  });

  test('a VIP in a subnet that two ENIs share', () => {
    const rules = rulesOf([primary, inSubnet(1, 2), inSubnet(2, 2)], '10.0.2.99/32');
    expect(rules.filter(text => text.includes('10.0.2.99'))).toEqual([
      '28000: from 10.0.2.99/32 lookup 28000 suppress_prefixlength 0',
      '28600: from 10.0.2.99/32 lookup 28000',
    ]);
  });

  test('nothing in the plan without the option', () => {
    const plain = resultOf([primary, alone]);
    expect(resultOf([primary, alone], { settings: withSources() })).toEqual(plain);
  });

  test('a network that another ENI’s subnet lies in makes that one shared', () => {
    const result = resultOf([primary, alone, inSubnet(2, 9)], { settings: withSources('10.0.9.128/25') });
    expect(result.plan.enis[1]!.rules.map(ruleText)).toContain('28601: from 10.0.9.20/32 lookup 28001');
  });
});

describe('may not', () => {
  test.each<readonly [string, string]>([
    ['0.0.0.0/4', 'it is wider than a /8'],
    ['2000::/16', 'it is wider than a /32'],
    ['224.0.0.0/8', 'it overlaps 224.0.0.0/4, which is no source of packets to elsewhere'],
    ['fd00:17::/64', 'the ENI has no IPv6'],
    ['10.0.1.0/24', 'it contains 10.0.1.10, an address of the primary'],
    ['169.254.169.0/24', 'it contains 169.254.169.254, a service of the cloud'],
    ['10.0.9.0/24', 'it contains 10.0.9.20, an address of another ENI'],
    ['10.0.9.64/28', 'it overlaps 10.0.9.64/27, which another ENI has'],
  ])('%s: %s', (network, why) => {
    const other = inSubnet(2, 9, {
      ipv4: familyOf(['10.0.9.20'], ['10.0.9.0/24'], '10.0.9.1', ['10.0.9.64/27']),
    });
    const { plan, refusals } = resultOf([primary, alone, other], { settings: withSources(network) });
    const text = `sources: ${network} is left out, because ${why}; take it out of [eni "${alone.mac}"]`;
    expect(plan.enis[0]!.notes).toContain(text);
    expect(refusals).toEqual([`${alone.id}: ${text}`]);
    expect(plan.enis[0]!.rules).toEqual(resultOf([primary, alone, other]).plan.enis[0]!.rules);
    expect(plan.enis[0]!.addresses.map(a => a.ip)).toContain(ip('10.0.2.10'));
  });
});
