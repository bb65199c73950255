// Plans that every renderer has to translate: one per shape of ENI. Made with the real planner, so that they cannot drift
// from what a renderer is given in earnest.
import { type Cidr, type Ip, type Mac, parseCidr, parseIp, parseMac } from '../../agent/model/address.ts';
import type { EniPlan, NetworkPlan } from '../../agent/model/network-plan.ts';
import type { RuleWords } from '../../agent/model/rule-words.ts';
import { markOf } from '../../agent/model/rule-words.ts';
import { type EniInput, type FamilyInput, planEni } from '../../agent/plan/eni-plan.ts';

/** A kernel and a service that say everything. */
export const allWords: RuleWords = {
  suppressPrefixLength: true,
  primaryGroup: 28000,
  links: true,
  boundSockets: true,
};

export const ip = (text: string) => parseIp(text) as Ip;
export const cidr = (text: string) => parseCidr(text) as Cidr;
export const mac = (text: string) => parseMac(text) as Mac;

const none: FamilyInput = {
  addresses: [],
  subnets: [],
  gateway: undefined,
  prefixes: [],
  elsewhere: [],
  specifics: [],
};
/** The primary's subnet: main has it on-link by eth0. */
const ofPrimary = [cidr('10.0.1.0/24')];

const exclusive = (network: string) => ({ cidr: cidr(network), shared: false, connected: false });
const shared = (network: string) => ({ cidr: cidr(network), shared: true, connected: false });

const behind = (network: string, gateway: string) => ({
  destination: cidr(network),
  gateway: ip(gateway),
  metric: 2_000_000_000,
  inMain: true,
});

const v4: FamilyInput = {
  addresses: ['10.0.2.10', '10.0.2.11', '10.0.2.12'].map(ip),
  subnets: [exclusive('10.0.2.0/24')],
  gateway: ip('10.0.2.253'),
  prefixes: [],
  elsewhere: ofPrimary,
  specifics: [],
};
const v6: FamilyInput = {
  addresses: ['2001:db8:2::10', '2001:db8:2::11'].map(ip),
  subnets: [exclusive('2001:db8:2::/64')],
  gateway: ip('fe80::1'),
  prefixes: [],
  elsewhere: [cidr('2001:db8:1::/64')],
  specifics: [],
};

const base: EniInput = {
  mac: mac('00:16:3e:00:00:02'),
  link: 'eth1',
  eniId: 'eni-1',
  slot: 0,
  base: 28000,
  table: undefined,
  addressing: 'static',
  mtu: undefined,
  words: allWords,
  mainDefaultMetric: undefined,
  notes: [],
  ipv4: v4,
  ipv6: v6,
};

const second: EniInput = {
  ...base,
  mac: mac('00:16:3e:00:00:03'),
  link: 'eth2',
  eniId: 'eni-2',
  slot: 1,
  ipv4: {
    ...v4,
    addresses: [ip('10.0.3.20')],
    subnets: [exclusive('10.0.3.0/24')],
    gateway: ip('10.0.3.253'),
  },
  ipv6: none,
};

const sharedV4 = (addresses: string[]): FamilyInput => ({
  addresses: addresses.map(ip),
  subnets: [shared('10.0.1.0/24')],
  gateway: ip('10.0.1.253'),
  prefixes: [],
  elsewhere: ofPrimary,
  specifics: [],
});

const leaseAlone = (family: FamilyInput): FamilyInput => ({
  ...family,
  addresses: family.addresses.slice(0, 1),
});

const network = (...enis: EniInput[]): readonly EniInput[] => enis;

const examples: Readonly<Record<string, readonly EniInput[]>> = {
  empty: network(),
  'static-dual-stack': network(base),
  'static-ipv4-mtu': network({ ...base, mtu: 8500, ipv6: none }),
  'static-ipv6-only': network({ ...base, ipv4: none }),
  // A dual-stack subnet, and an ENI that was given no IPv6 address there.
  'static-ipv6-without-address': network({
    ...base,
    ipv6: { ...v6, addresses: [], gateway: ip('2001:db8:ffff::1') },
  }),
  'static-two-enis': network(base, second),
  'static-two-subnets': network({
    ...base,
    ipv6: {
      ...v6,
      addresses: [ip('2001:db8:2::10'), ip('2001:db8:22::10')],
      subnets: [exclusive('2001:db8:2::/64'), exclusive('2001:db8:22::/64')],
    },
  }),
  'static-shares-primary-subnet': network({
    ...base,
    ipv4: sharedV4(['10.0.1.20', '10.0.1.21']),
    ipv6: none,
  }),
  'static-two-enis-one-subnet': network(
    { ...base, ipv4: { ...v4, subnets: [shared('10.0.2.0/24')] }, ipv6: none },
    {
      ...second,
      ipv4: { ...v4, addresses: [ip('10.0.2.20')], subnets: [shared('10.0.2.0/24')] },
    },
  ),
  'static-prefixes-and-outside-address': network({
    ...base,
    ipv4: {
      ...v4,
      addresses: [...v4.addresses, ip('192.0.2.7')],
      prefixes: [cidr('10.0.2.64/28')],
      specifics: [cidr('10.0.2.64/28')],
    },
    ipv6: { ...v6, prefixes: [cidr('2001:db8:99::/80')] },
  }),
  'static-connected-route': network({
    ...base,
    ipv4: { ...v4, subnets: [{ ...exclusive('10.0.2.0/24'), connected: true }] },
    ipv6: { ...v6, subnets: [{ ...exclusive('2001:db8:2::/64'), connected: true }] },
  }),
  // A router or NAT appliance, with containers inside of its subnet and on the primary.
  'static-forward': network({
    ...base,
    ipv4: { ...v4, forward: [cidr('10.0.2.0/24')] },
    ipv6: {
      ...v6,
      prefixes: [cidr('2001:db8:2:0:1::/80')],
      specifics: [cidr('2001:db8:2:0:1::/80')],
      forward: [cidr('2001:db8:2::/64')],
      prefixesOfOthers: [cidr('2001:db8:1:0:1::/80')],
    },
  }),
  // Networks behind a router in the ENI's subnet, and behind its gateway.
  'static-routes': network({
    ...base,
    ipv4: {
      ...v4,
      behind: [behind('10.20.0.0/16', '10.0.2.9'), behind('10.30.0.0/16', '10.0.2.253')],
      specifics: [cidr('10.20.7.0/24')],
    },
    ipv6: {
      ...v6,
      behind: [behind('2001:db8:20::/48', '2001:db8:2::9'), behind('2001:db8:30::/48', 'fe80::1')],
    },
  }),
  'static-ipv6-off': network({ ...base, ipv6Off: true, ipv6: none }),
  'static-no-gateway': network({ ...base, ipv4: { ...v4, gateway: undefined }, ipv6: none }),
  'static-main-default': network({ ...base, mainDefaultMetric: 20000, ipv6: none }),
  // A global IPv6 gateway, as on Alibaba Cloud: main has no way to it.
  'static-main-default-ipv6': network({
    ...base,
    mainDefaultMetric: 2_000_000_000,
    ipv6: { ...v6, gateway: ip('2001:db8:2:0:ffff:ffff:ffff:fff7') },
  }),
  // Outside of the ENI's subnet as well, and a link-local one that main can go by.
  'static-ipv6-gateways': network(
    { ...base, ipv6: { ...v6, gateway: ip('2001:db8:ff::1') } },
    {
      ...second,
      mainDefaultMetric: 30_000,
      ipv6: { ...v6, addresses: [ip('2001:db8:3::20')], subnets: [exclusive('2001:db8:3::/64')] },
    },
  ),
  'static-no-suppress': network({
    ...base,
    words: { ...allWords, suppressPrefixLength: false, primaryGroup: undefined },
  }),
  // A bridge inside of the ENI's subnet, and one that shares the primary's.
  'static-published-ports': network(
    { ...base, fwmark: markOf(0), ipv4: { ...v4, specifics: [cidr('10.0.2.64/28')] } },
    { ...second, fwmark: markOf(1), ipv4: sharedV4(['10.0.1.20', '10.0.1.21']) },
  ),
  'dhcp-awaiting-lease': network({
    ...base,
    addressing: 'dhcp',
    ipv4: { ...none, addresses: [ip('10.0.2.10'), ip('10.0.2.11')] },
    ipv6: none,
  }),
  'dhcp-complete': network({ ...base, addressing: 'dhcp' }),
  // Nothing but the lease; and the kernel's names need not follow the slots.
  'dhcp-two-enis': network(
    { ...base, link: 'eth2', addressing: 'dhcp', mtu: 8500, ipv4: leaseAlone(v4), ipv6: none },
    { ...second, link: 'eth1', addressing: 'dhcp' },
  ),
  'dhcp-connected-route': network({
    ...base,
    addressing: 'dhcp',
    ipv4: { ...v4, subnets: [{ ...exclusive('10.0.2.0/24'), connected: true }] },
    ipv6: none,
  }),
  'dhcp-shares-primary-subnet': network({
    ...base,
    addressing: 'dhcp',
    ipv4: sharedV4(['10.0.1.20', '10.0.1.21']),
    ipv6: none,
  }),
};

/** @param words what the kernel and the service can say, but for the example that does without */
export function examplePlansWith(words: RuleWords): Readonly<Record<string, NetworkPlan>> {
  const planned = (input: EniInput): EniPlan =>
    planEni(input.words.suppressPrefixLength ? { ...input, words } : input);
  return Object.fromEntries(
    Object.entries(examples).map(([name, enis]) => [
      name,
      { primaryLink: 'eth0', enis: enis.map(planned), skipped: [] },
    ]),
  );
}

/** Where kernel and service say everything. */
export const examplePlans = examplePlansWith(allWords);
