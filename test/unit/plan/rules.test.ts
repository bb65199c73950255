import { describe, expect, test } from 'vitest';
import { ruleText } from '../../../agent/cli/describe.ts';
import { markOf } from '../../../agent/model/rule-words.ts';
import { planRules, type RuleInput } from '../../../agent/plan/rules.ts';
import { allWords, cidr, ip } from '../../support/example-plans.ts';

const exclusive = (network: string) => ({ cidr: cidr(network), shared: false, connected: true });
const shared = (network: string) => ({ cidr: cidr(network), shared: true, connected: false });

const input: RuleInput = {
  family: 4,
  link: 'eth1',
  base: 28000,
  slot: 2,
  table: 28002,
  subnets: [exclusive('10.0.2.0/24')],
  addresses: ['10.0.2.10', '10.0.2.11'].map(ip),
  prefixes: [],
  inside: [],
  words: allWords,
};

const rows: readonly (readonly [string, Partial<RuleInput>, readonly string[]])[] = [
  [
    'an exclusive subnet: three rules and one for bound sockets, however many addresses',
    {},
    [
      '28002: from 10.0.2.0/24 iif lo lookup 28002 suppress_prefixlength 0',
      '28302: from 10.0.2.0/24 lookup main suppress_prefixlength 0 suppress_ifgroup 28000',
      '28602: from 10.0.2.0/24 iif lo lookup 28002',
      '33002: from all oif eth1 lookup 28002',
    ],
  ],
  [
    'published ports: three more by the mark, and one inside of its own networks',
    { fwmark: markOf(2), inside: [{ network: cidr('10.0.2.0/24'), suppressPrefixLength: 24 }] },
    [
      '27702: from 10.0.2.0/24 to 10.0.2.0/24 lookup main suppress_prefixlength 24 suppress_ifgroup 28000',
      '27702: from all to 10.0.2.0/24 fwmark 0x3000000/0xff000000 lookup main suppress_prefixlength 24 suppress_ifgroup 28000',
      '28002: from 10.0.2.0/24 iif lo lookup 28002 suppress_prefixlength 0',
      '28002: from all fwmark 0x3000000/0xff000000 lookup 28002 suppress_prefixlength 0',
      '28302: from 10.0.2.0/24 lookup main suppress_prefixlength 0 suppress_ifgroup 28000',
      '28302: from all fwmark 0x3000000/0xff000000 lookup main suppress_prefixlength 0 suppress_ifgroup 28000',
      '28602: from 10.0.2.0/24 iif lo lookup 28002',
      '28602: from all fwmark 0x3000000/0xff000000 lookup 28002',
      '33002: from all oif eth1 lookup 28002',
    ],
  ],
  [
    'published ports where main cannot be asked without its default route: none',
    { fwmark: markOf(2), words: { ...allWords, suppressPrefixLength: false } },
    ['28602: from 10.0.2.0/24 iif lo lookup 28002', '33002: from all oif eth1 lookup 28002'],
  ],
  ['published ports of a family that the ENI has not', { fwmark: markOf(2), subnets: [], addresses: [] }, []],
  [
    'a shared subnet: by address, and main is asked once for all',
    { subnets: [shared('10.0.2.0/24')] },
    [
      '28002: from 10.0.2.10/32 lookup 28002 suppress_prefixlength 0',
      '28002: from 10.0.2.11/32 lookup 28002 suppress_prefixlength 0',
      '28302: from 10.0.2.0/24 lookup main suppress_prefixlength 0 suppress_ifgroup 28000',
      '28602: from 10.0.2.10/32 lookup 28002',
      '28602: from 10.0.2.11/32 lookup 28002',
      '33002: from all oif eth1 lookup 28002',
    ],
  ],
  [
    'all kinds of sources',
    {
      subnets: [exclusive('10.0.2.0/24'), shared('10.0.3.0/24')],
      addresses: ['10.0.2.10', '10.0.3.10', '192.0.2.7'].map(ip),
      prefixes: [cidr('10.0.2.64/28'), cidr('198.18.0.0/28')],
    },
    [
      '28002: from 10.0.2.0/24 iif lo lookup 28002 suppress_prefixlength 0',
      '28002: from 10.0.2.64/28 lookup 28002 suppress_prefixlength 0',
      '28002: from 10.0.3.10/32 lookup 28002 suppress_prefixlength 0',
      '28002: from 192.0.2.7/32 lookup 28002 suppress_prefixlength 0',
      '28002: from 198.18.0.0/28 lookup 28002 suppress_prefixlength 0',
      '28302: from 10.0.2.0/24 lookup main suppress_prefixlength 0 suppress_ifgroup 28000',
      '28302: from 10.0.3.0/24 lookup main suppress_prefixlength 0 suppress_ifgroup 28000',
      '28302: from 192.0.2.7/32 lookup main suppress_prefixlength 0 suppress_ifgroup 28000',
      '28302: from 198.18.0.0/28 lookup main suppress_prefixlength 0 suppress_ifgroup 28000',
      '28602: from 10.0.2.0/24 iif lo lookup 28002',
      '28602: from 10.0.2.64/28 lookup 28002',
      '28602: from 10.0.3.10/32 lookup 28002',
      '28602: from 192.0.2.7/32 lookup 28002',
      '28602: from 198.18.0.0/28 lookup 28002',
      '33002: from all oif eth1 lookup 28002',
    ],
  ],
  [
    'an address outside has its own rules',
    { addresses: ['10.0.2.10', '192.0.2.7'].map(ip) },
    [
      '28002: from 10.0.2.0/24 iif lo lookup 28002 suppress_prefixlength 0',
      '28002: from 192.0.2.7/32 lookup 28002 suppress_prefixlength 0',
      '28302: from 10.0.2.0/24 lookup main suppress_prefixlength 0 suppress_ifgroup 28000',
      '28302: from 192.0.2.7/32 lookup main suppress_prefixlength 0 suppress_ifgroup 28000',
      '28602: from 10.0.2.0/24 iif lo lookup 28002',
      '28602: from 192.0.2.7/32 lookup 28002',
      '33002: from all oif eth1 lookup 28002',
    ],
  ],
  [
    'a prefix inside is forwarded for containers: no iif lo',
    { prefixes: [cidr('10.0.2.64/28')] },
    [
      '28002: from 10.0.2.0/24 iif lo lookup 28002 suppress_prefixlength 0',
      '28002: from 10.0.2.64/28 lookup 28002 suppress_prefixlength 0',
      '28302: from 10.0.2.0/24 lookup main suppress_prefixlength 0 suppress_ifgroup 28000',
      '28602: from 10.0.2.0/24 iif lo lookup 28002',
      '28602: from 10.0.2.64/28 lookup 28002',
      '33002: from all oif eth1 lookup 28002',
    ],
  ],
  [
    'a prefix in a shared subnet, and no address',
    { subnets: [shared('10.0.2.0/24')], addresses: [], prefixes: [cidr('10.0.2.64/28')] },
    [
      '28002: from 10.0.2.64/28 lookup 28002 suppress_prefixlength 0',
      '28302: from 10.0.2.0/24 lookup main suppress_prefixlength 0 suppress_ifgroup 28000',
      '28602: from 10.0.2.64/28 lookup 28002',
    ],
  ],
  [
    'main has something inside of the subnet, and of the subnet of the primary',
    {
      prefixes: [cidr('198.18.0.0/28')],
      inside: [
        { network: cidr('10.0.2.0/24'), suppressPrefixLength: 24 },
        { network: cidr('10.0.0.0/16'), suppressPrefixLength: 24 },
      ],
    },
    [
      '27702: from 10.0.2.0/24 to 10.0.0.0/16 lookup main suppress_prefixlength 24 suppress_ifgroup 28000',
      '27702: from 10.0.2.0/24 to 10.0.2.0/24 lookup main suppress_prefixlength 24 suppress_ifgroup 28000',
      '27702: from 198.18.0.0/28 to 10.0.0.0/16 lookup main suppress_prefixlength 24 suppress_ifgroup 28000',
      '27702: from 198.18.0.0/28 to 10.0.2.0/24 lookup main suppress_prefixlength 24 suppress_ifgroup 28000',
      '28002: from 10.0.2.0/24 iif lo lookup 28002 suppress_prefixlength 0',
      '28002: from 198.18.0.0/28 lookup 28002 suppress_prefixlength 0',
      '28302: from 10.0.2.0/24 lookup main suppress_prefixlength 0 suppress_ifgroup 28000',
      '28302: from 198.18.0.0/28 lookup main suppress_prefixlength 0 suppress_ifgroup 28000',
      '28602: from 10.0.2.0/24 iif lo lookup 28002',
      '28602: from 198.18.0.0/28 lookup 28002',
      '33002: from all oif eth1 lookup 28002',
    ],
  ],
  [
    'one that another network lies in, or around (two VPCs): tier 0 for its own addresses alone',
    {
      subnets: [{ ...shared('10.0.2.0/24'), nested: true }],
      addresses: [ip('10.0.2.10')],
      inside: [{ network: cidr('10.0.2.0/24'), suppressPrefixLength: 24 }],
    },
    [
      '27702: from 10.0.2.10/32 to 10.0.2.0/24 lookup main suppress_prefixlength 24 suppress_ifgroup 28000',
      '28002: from 10.0.2.10/32 lookup 28002 suppress_prefixlength 0',
      '28302: from 10.0.2.0/24 lookup main suppress_prefixlength 0 suppress_ifgroup 28000',
      '28602: from 10.0.2.10/32 lookup 28002',
      '33002: from all oif eth1 lookup 28002',
    ],
  ],
  [
    'no subnet known, only addresses',
    { subnets: [], addresses: [ip('10.0.2.10')] },
    [
      '28002: from 10.0.2.10/32 lookup 28002 suppress_prefixlength 0',
      '28302: from 10.0.2.10/32 lookup main suppress_prefixlength 0 suppress_ifgroup 28000',
      '28602: from 10.0.2.10/32 lookup 28002',
      '33002: from all oif eth1 lookup 28002',
    ],
  ],
  [
    'a kernel without suppress_prefixlength: what asks main is left out, or it would send everything there',
    {
      words: { ...allWords, suppressPrefixLength: false, primaryGroup: undefined },
      addresses: ['10.0.2.10', '192.0.2.7'].map(ip),
      inside: [{ network: cidr('10.0.2.0/24'), suppressPrefixLength: 24 }],
    },
    [
      '28602: from 10.0.2.0/24 iif lo lookup 28002',
      '28602: from 192.0.2.7/32 lookup 28002',
      '33002: from all oif eth1 lookup 28002',
    ],
  ],
  [
    'no word for the group of the primary',
    { words: { ...allWords, primaryGroup: undefined } },
    [
      '28002: from 10.0.2.0/24 iif lo lookup 28002 suppress_prefixlength 0',
      '28302: from 10.0.2.0/24 lookup main suppress_prefixlength 0',
      '28602: from 10.0.2.0/24 iif lo lookup 28002',
      '33002: from all oif eth1 lookup 28002',
    ],
  ],
  [
    'a service that cannot bear iif and oif',
    { words: { ...allWords, links: false, boundSockets: false } },
    [
      '28002: from 10.0.2.0/24 lookup 28002 suppress_prefixlength 0',
      '28302: from 10.0.2.0/24 lookup main suppress_prefixlength 0 suppress_ifgroup 28000',
      '28602: from 10.0.2.0/24 lookup 28002',
    ],
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
      '28002: from 2001:db8:2::/64 iif lo lookup 28002 suppress_prefixlength 0',
      '28002: from 2001:db8:99::/80 lookup 28002 suppress_prefixlength 0',
      '28302: from 2001:db8:2::/64 lookup main suppress_prefixlength 0 suppress_ifgroup 28000',
      '28302: from 2001:db8:99::/80 lookup main suppress_prefixlength 0 suppress_ifgroup 28000',
      '28602: from 2001:db8:2::/64 iif lo lookup 28002',
      '28602: from 2001:db8:99::/80 lookup 28002',
      '33002: from all oif eth1 lookup 28002',
    ],
  ],
  ['nothing', { subnets: [], addresses: [], prefixes: [] }, []],
  [
    'a table that the administrator chose; the priorities stay those of the slot',
    { table: 5000 },
    [
      '28002: from 10.0.2.0/24 iif lo lookup 5000 suppress_prefixlength 0',
      '28302: from 10.0.2.0/24 lookup main suppress_prefixlength 0 suppress_ifgroup 28000',
      '28602: from 10.0.2.0/24 iif lo lookup 5000',
      '33002: from all oif eth1 lookup 5000',
    ],
  ],
];

describe('planRules', () => {
  test.each(rows)('%s', (_name, more, wanted) => {
    expect(planRules({ ...input, ...more }).map(ruleText)).toEqual(wanted);
  });

  test('the same whatever the order, and nothing twice', () => {
    const subnets = [shared('10.0.2.0/24'), shared('10.0.0.0/16')];
    const addresses = ['10.0.2.10', '10.0.2.11', '10.0.7.1'].map(ip);
    const rules = planRules({ ...input, subnets, addresses });
    expect(planRules({ ...input, subnets: subnets.toReversed(), addresses: addresses.toReversed() })).toEqual(
      rules,
    );
    expect(new Set(rules.map(ruleText)).size).toBe(rules.length);
  });
});
