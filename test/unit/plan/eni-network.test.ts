// A cloud that tells neither subnet nor gateway (JD Cloud): what is completed from the configuration, the lease and the link.
import { describe, expect, test } from 'vitest';
import { type Cidr, hostCidr } from '../../../agent/model/address.ts';
import { type Eni, unknown } from '../../../agent/model/instance.ts';
import { type EniSources, eniNetwork, type Lease } from '../../../agent/plan/eni-network.ts';
import { cidr, ip } from '../../support/example-plans.ts';
import { addressOn, eniOf, familyOf, macOf, plainOptions } from '../../support/plan-parts.ts';

const jd = eniOf(1, familyOf(['10.0.2.10']), { needsDhcp: true });
const aws = eniOf(1, familyOf(['10.0.2.10', '10.0.2.11'], ['10.0.2.0/24'], '10.0.2.1'));

const lease: Lease = { subnet: cidr('10.0.2.0/25'), gateway: ip('10.0.2.126') };

interface Sources {
  readonly options?: Partial<typeof plainOptions>;
  readonly link?: readonly string[];
  readonly lease?: Lease;
  readonly learned?: Cidr;
}

function networkOf(eni: Eni, given: Sources = {}) {
  const sources: EniSources = {
    settings: { enis: new Map(given.options ? [[macOf(1), { ...plainOptions, ...given.options }]] : []) },
    addresses: (given.link ?? []).map(text => addressOn('eth1', text)),
    leases: new Map(given.lease ? [['eth1', given.lease]] : []),
    learnedSubnets: new Map(given.learned ? [[macOf(1), given.learned]] : []),
    linkOf: () => 'eth1',
  };
  const network = eniNetwork(eni, sources);
  const { addressing, ipv4, learned, incomplete } = network;
  const [subnet] = ipv4.subnets;
  return { addressing, subnet, gateway: ipv4.gateway, learned, incomplete };
}

const dhcp = { addressing: 'dhcp', incomplete: undefined };

describe('where the metadata gives nothing', () => {
  test.each<readonly [string, Sources, object]>([
    ['before the lease', {}, { ...dhcp, subnet: undefined, gateway: undefined, learned: undefined }],
    [
      'the prefix of the link address, the first host as gateway',
      { link: ['10.0.2.10/24'] },
      { ...dhcp, subnet: '10.0.2.0/24', gateway: '10.0.2.1', learned: '10.0.2.0/24' },
    ],
    [
      'a link that has only a host address says nothing',
      { link: ['10.0.2.10/32'] },
      { ...dhcp, subnet: undefined },
    ],
    [
      'nor does the prefix of another address of the link',
      { link: ['10.7.0.1/16', '2001:db8::1/64'] },
      { ...dhcp, subnet: undefined },
    ],
    ['the lease', { lease }, { ...dhcp, subnet: '10.0.2.0/25', gateway: '10.0.2.126' }],
    [
      'the link before the lease, and the gateway of the lease before the inferred one',
      { link: ['10.0.2.10/24'], lease },
      { ...dhcp, subnet: '10.0.2.0/24', gateway: '10.0.2.126' },
    ],
    [
      'a lease without router or mask',
      { lease: { subnet: undefined, gateway: undefined }, learned: cidr('10.0.2.0/26') },
      { ...dhcp, subnet: '10.0.2.0/26', gateway: '10.0.2.1', learned: '10.0.2.0/26' },
    ],
    [
      'what was learned in an earlier pass is last',
      { lease, learned: cidr('10.0.2.0/26') },
      { ...dhcp, subnet: '10.0.2.0/25' },
    ],
    [
      'the configuration is first: static, and nothing is learned',
      {
        options: { subnets: [cidr('10.0.2.0/24'), cidr('2001:db8::/64')], gateways: [ip('10.0.2.9')] },
        link: ['10.0.2.10/26'],
      },
      {
        addressing: 'static',
        subnet: '10.0.2.0/24',
        gateway: '10.0.2.9',
        learned: undefined,
        incomplete: undefined,
      },
    ],
    [
      'the gateway alone: still DHCP',
      { options: { gateways: [ip('10.0.2.9')] }, link: ['10.0.2.10/24'] },
      { ...dhcp, subnet: '10.0.2.0/24', gateway: '10.0.2.9' },
    ],
    [
      'static without a subnet cannot be decided',
      { options: { mode: 'static' } },
      {
        addressing: 'static',
        incomplete:
          'static addressing needs "subnets" (and "gateways") in the configuration, because this cloud does not provide them',
      },
    ],
    [
      'mode = dhcp with subnets: DHCP, and the subnet is known before the lease',
      { options: { mode: 'dhcp', subnets: [cidr('10.0.2.0/24')] } },
      { ...dhcp, subnet: '10.0.2.0/24', learned: undefined },
    ],
  ])('%s', (_name, sources, wanted) => {
    expect(networkOf(jd, sources)).toMatchObject(wanted);
  });

  test('an inferred gateway is noted as such, a leased one is not', () => {
    const notes = (given: Sources) =>
      eniNetwork(jd, {
        settings: { enis: new Map() },
        addresses: [addressOn('eth1', '10.0.2.10/24')],
        leases: new Map(given.lease ? [['eth1', given.lease]] : []),
        learnedSubnets: new Map(),
        linkOf: () => 'eth1',
      }).notes;
    expect(notes({})).toEqual(['IPv4 gateway 10.0.2.1 is inferred (first address of 10.0.2.0/24)']);
    // Also where the router that the lease names is that very address.
    expect(notes({ lease: { subnet: undefined, gateway: ip('10.0.2.1') } })).toEqual([]);
  });

  test('the primary is read from its link, so that others know its subnet', () => {
    const primary = eniOf(0, familyOf(['10.0.1.10']), { needsDhcp: true });
    const network = eniNetwork(primary, {
      settings: { enis: new Map() },
      addresses: [addressOn('eth0', '10.0.1.10/22')],
      leases: new Map(),
      learnedSubnets: new Map(),
      linkOf: () => 'eth0',
    });
    expect(network.ipv4.subnets).toEqual(['10.0.0.0/22']);
  });
});

describe('where the metadata says it', () => {
  test('static; neither the lease nor the link is asked', () => {
    expect(networkOf(aws, { link: ['10.0.2.10/16'], lease, learned: cidr('10.9.0.0/16') })).toEqual({
      addressing: 'static',
      subnet: '10.0.2.0/24',
      gateway: '10.0.2.1',
      learned: undefined,
      incomplete: undefined,
    });
  });

  test('addresses of the configuration come behind, once, and each in its family', () => {
    const options = {
      ...plainOptions,
      addresses: ['10.0.2.11', '10.0.2.12', '2001:db8::5'].map(ip),
    };
    const { ipv4, ipv6 } = eniNetwork(aws, {
      settings: { enis: new Map([[macOf(1), options]]) },
      addresses: [],
      leases: new Map(),
      learnedSubnets: new Map(),
      linkOf: () => undefined,
    });
    expect(ipv4.addresses).toEqual(['10.0.2.10', '10.0.2.11', '10.0.2.12']);
    expect(ipv6.addresses.map(hostCidr)).toEqual(['2001:db8::5/128']);
  });

  const nothingElse = {
    settings: { enis: new Map() },
    addresses: [],
    leases: new Map(),
    learnedSubnets: new Map(),
    linkOf: () => undefined,
  };

  test('no gateway: only the own subnet can be reached, and that is said', () => {
    const eni = eniOf(1, familyOf(['10.0.2.10'], ['10.0.2.0/24']));
    const { notes } = eniNetwork(eni, nothingElse);
    expect(notes).toEqual(['IPv4 has no gateway: only its own subnet can be reached from eni-1']);
  });

  test('an address in none of its subnets is not taken without a word', () => {
    const eni = eniOf(1, familyOf(['10.0.2.10', '10.0.3.10', '192.0.2.1'], ['10.0.2.0/24']));
    const { notes } = eniNetwork(eni, nothingElse);
    expect(notes[0]).toBe(
      '10.0.3.10, 192.0.2.1 are in none of the IPv4 subnets of eni-1 (10.0.2.0/24): as the cloud says',
    );
  });

  test.each([
    ['IPv4 addresses', { ipv4: { ...aws.ipv4, addresses: unknown('timed out') } }],
    ['IPv4 subnets', { ipv4: { ...aws.ipv4, subnets: unknown('timed out') } }],
    ['IPv4 gateway', { ipv4: { ...aws.ipv4, gateway: unknown('timed out') } }],
    ['IPv4 prefixes', { ipv4: { ...aws.ipv4, prefixes: unknown('timed out') } }],
    ['IPv6 addresses', { ipv6: { ...aws.ipv6, addresses: unknown('timed out') } }],
    ['IPv6 prefixes', { ipv6: { ...aws.ipv6, prefixes: unknown('timed out') } }],
  ])('%s unknown: nothing is decided, and the key is named', (name, more) => {
    expect(networkOf({ ...aws, ...more }).incomplete).toBe(`${name}: timed out`);
  });
});
