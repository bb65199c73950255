import { describe, expect, test } from 'vitest';
import type { PlannedRule } from '../../../agent/model/network-plan.ts';
import { planRules, type RuleInput } from '../../../agent/plan/rules.ts';
import { cidr, ip } from '../../support/example-plans.ts';

const exclusive = (network: string) => ({ cidr: cidr(network), shared: false, connected: true });
const shared = (network: string) => ({ cidr: cidr(network), shared: true, connected: false });

const input: RuleInput = {
  family: 4,
  base: 28000,
  slot: 2,
  table: 28002,
  subnets: [exclusive('10.0.2.0/24')],
  addresses: ['10.0.2.10', '10.0.2.11'].map(ip),
  prefixes: [],
  elsewhere: [],
  suppressPrefixLength: true,
};

/** As `ip rule` prints it. */
function line(r: PlannedRule): string {
  const to = r.to === undefined ? '' : ` to ${r.to}`;
  const table = r.table === 254 ? 'main' : r.table;
  return `${r.priority}: from ${r.from}${to}${r.localOnly ? ' iif lo' : ''} lookup ${table}${r.suppressDefault ? ' suppress_prefixlength 0' : ''}`;
}

const rows: readonly (readonly [string, Partial<RuleInput>, readonly string[]])[] = [
  [
    'an exclusive subnet: two rules, however many addresses',
    {},
    [
      '28302: from 10.0.2.0/24 lookup main suppress_prefixlength 0',
      '28602: from 10.0.2.0/24 iif lo lookup 28002',
    ],
  ],
  [
    'a subnet shared with the primary, which main has on-link by eth0: by address, neighbours first',
    { subnets: [shared('10.0.2.0/24')], elsewhere: [cidr('10.0.2.0/24')] },
    [
      '28002: from 10.0.2.10/32 to 10.0.2.0/24 lookup 28002',
      '28002: from 10.0.2.11/32 to 10.0.2.0/24 lookup 28002',
      '28302: from 10.0.2.0/24 lookup main suppress_prefixlength 0',
      '28602: from 10.0.2.10/32 lookup 28002',
      '28602: from 10.0.2.11/32 lookup 28002',
    ],
  ],
  [
    'a subnet shared with an ENI that has no connected route: main knows no neighbour there',
    { subnets: [shared('10.0.2.0/24')] },
    [
      '28302: from 10.0.2.0/24 lookup main suppress_prefixlength 0',
      '28602: from 10.0.2.10/32 lookup 28002',
      '28602: from 10.0.2.11/32 lookup 28002',
    ],
  ],
  [
    "the primary's subnet, which main has on-link by eth0, is reached by the ENI: all kinds of sources",
    {
      subnets: [exclusive('10.0.2.0/24'), shared('10.0.3.0/24')],
      addresses: ['10.0.2.10', '10.0.3.10', '192.0.2.7'].map(ip),
      prefixes: [cidr('10.0.2.64/28'), cidr('198.18.0.0/28')],
      elsewhere: [cidr('10.0.1.0/24')],
      suppressPrefixLength: false,
    },
    [
      // What the VM forwards for a neighbour keeps using main, so `iif lo`; the others are not forwarded for anybody else.
      '28002: from 10.0.2.0/24 to 10.0.1.0/24 iif lo lookup 28002',
      '28002: from 10.0.2.64/28 to 10.0.1.0/24 lookup 28002',
      '28002: from 10.0.3.10/32 to 10.0.1.0/24 lookup 28002',
      '28002: from 192.0.2.7/32 to 10.0.1.0/24 lookup 28002',
      '28002: from 198.18.0.0/28 to 10.0.1.0/24 lookup 28002',
      '28602: from 10.0.2.0/24 iif lo lookup 28002',
      '28602: from 10.0.2.64/28 lookup 28002',
      '28602: from 10.0.3.10/32 lookup 28002',
      '28602: from 192.0.2.7/32 lookup 28002',
      '28602: from 198.18.0.0/28 lookup 28002',
    ],
  ],
  [
    'an address outside has its own rules',
    { addresses: ['10.0.2.10', '192.0.2.7'].map(ip) },
    [
      '28302: from 10.0.2.0/24 lookup main suppress_prefixlength 0',
      '28302: from 192.0.2.7/32 lookup main suppress_prefixlength 0',
      '28602: from 10.0.2.0/24 iif lo lookup 28002',
      '28602: from 192.0.2.7/32 lookup 28002',
    ],
  ],
  [
    'a prefix inside is forwarded for containers: no iif lo',
    { prefixes: [cidr('10.0.2.64/28')] },
    [
      '28302: from 10.0.2.0/24 lookup main suppress_prefixlength 0',
      '28602: from 10.0.2.0/24 iif lo lookup 28002',
      '28602: from 10.0.2.64/28 lookup 28002',
    ],
  ],
  [
    'a prefix outside is not in the rule of the subnet',
    { prefixes: [cidr('198.18.0.0/28')] },
    [
      '28302: from 10.0.2.0/24 lookup main suppress_prefixlength 0',
      '28302: from 198.18.0.0/28 lookup main suppress_prefixlength 0',
      '28602: from 10.0.2.0/24 iif lo lookup 28002',
      '28602: from 198.18.0.0/28 lookup 28002',
    ],
  ],
  [
    'a prefix in a shared subnet reaches neighbours, too',
    {
      subnets: [shared('10.0.2.0/24')],
      addresses: [],
      prefixes: [cidr('10.0.2.64/28')],
      elsewhere: [cidr('10.0.2.0/24')],
    },
    [
      '28002: from 10.0.2.64/28 to 10.0.2.0/24 lookup 28002',
      '28302: from 10.0.2.0/24 lookup main suppress_prefixlength 0',
      '28602: from 10.0.2.64/28 lookup 28002',
    ],
  ],
  [
    'one subnet shared, one not',
    {
      subnets: [exclusive('10.0.2.0/24'), shared('10.0.3.0/24')],
      addresses: ['10.0.2.10', '10.0.3.10'].map(ip),
    },
    [
      '28302: from 10.0.2.0/24 lookup main suppress_prefixlength 0',
      '28302: from 10.0.3.0/24 lookup main suppress_prefixlength 0',
      '28602: from 10.0.2.0/24 iif lo lookup 28002',
      '28602: from 10.0.3.10/32 lookup 28002',
    ],
  ],
  [
    'no subnet known, only addresses',
    { subnets: [], addresses: [ip('10.0.2.10')] },
    ['28302: from 10.0.2.10/32 lookup main suppress_prefixlength 0', '28602: from 10.0.2.10/32 lookup 28002'],
  ],
  [
    'a kernel without suppress_prefixlength: tier 2 is left out, or it would send everything to main',
    { suppressPrefixLength: false, addresses: ['10.0.2.10', '192.0.2.7'].map(ip) },
    ['28602: from 10.0.2.0/24 iif lo lookup 28002', '28602: from 192.0.2.7/32 lookup 28002'],
  ],
  [
    'IPv6',
    {
      family: 6,
      subnets: [exclusive('2001:db8:2::/64')],
      addresses: [ip('2001:db8:2::10')],
      prefixes: [cidr('2001:db8:99::/80')],
    },
    [
      '28302: from 2001:db8:2::/64 lookup main suppress_prefixlength 0',
      '28302: from 2001:db8:99::/80 lookup main suppress_prefixlength 0',
      '28602: from 2001:db8:2::/64 iif lo lookup 28002',
      '28602: from 2001:db8:99::/80 lookup 28002',
    ],
  ],
  ['nothing', { subnets: [], addresses: [], prefixes: [] }, []],
  [
    'a table that the administrator chose; the priorities stay those of the slot',
    { table: 5000 },
    [
      '28302: from 10.0.2.0/24 lookup main suppress_prefixlength 0',
      '28602: from 10.0.2.0/24 iif lo lookup 5000',
    ],
  ],
];

describe('planRules', () => {
  test.each(rows)('%s', (_name, more, wanted) => {
    expect(planRules({ ...input, ...more }).map(line)).toEqual(wanted);
  });

  test('the same whatever the order, and nothing twice', () => {
    const subnets = [shared('10.0.2.0/24'), shared('10.0.0.0/16')];
    const addresses = ['10.0.2.10', '10.0.2.11', '10.0.7.1'].map(ip);
    const rules = planRules({ ...input, subnets, addresses });
    expect(planRules({ ...input, subnets: subnets.toReversed(), addresses: addresses.toReversed() })).toEqual(
      rules,
    );
    expect(new Set(rules.map(line)).size).toBe(rules.length);
  });
});
