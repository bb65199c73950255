import { describe, expect, test } from 'vitest';
import type { ProviderName } from '../../../agent/model/instance.ts';
import { serviceAddresses } from '../../../agent/model/service-addresses.ts';
import type { EniNetwork, NetworkPart } from '../../../agent/plan/eni-network.ts';
import { objectionTo, type Taken } from '../../../agent/plan/sanity.ts';
import { cidr, ip } from '../../support/example-plans.ts';

const none: NetworkPart = { addresses: [], subnets: [], gateway: undefined, prefixes: [] };

interface Given {
  readonly addresses?: readonly string[];
  readonly subnets?: readonly string[];
  readonly gateway?: string;
  readonly prefixes?: readonly string[];
}

function networkOf(given: Given): EniNetwork {
  const six = JSON.stringify(given).includes(':') && /[0-9a-f]*:[0-9a-f]*:/.test(JSON.stringify(given));
  const part: NetworkPart = {
    addresses: (given.addresses ?? []).map(ip),
    subnets: (given.subnets ?? []).map(cidr),
    gateway: given.gateway === undefined ? undefined : ip(given.gateway),
    prefixes: (given.prefixes ?? []).map(cidr),
  };
  return {
    ipv4: six ? none : part,
    ipv6: six ? part : none,
    addressing: 'static',
    learned: undefined,
    incomplete: undefined,
    ipv6Off: false,
    notes: [],
  };
}

const takenOn = (cloud: ProviderName): Taken => ({
  addresses: new Set(['10.0.1.10', '2001:db8:1::10'].map(ip)),
  prefixes: new Set(['10.0.1.64/28', '2001:db8:1:f::/80'].map(cidr)),
  services: serviceAddresses[cloud],
  gateways: new Set(['10.0.9.1', '2001:db8:9::1'].map(ip)),
});

const refused: readonly (readonly [Given, string, ProviderName?])[] = [
  [{ addresses: ['0.0.0.0'] }, 'address 0.0.0.0 cannot belong to a host'],
  [{ addresses: ['127.0.0.1'] }, 'address 127.0.0.1 cannot belong to a host'],
  [{ addresses: ['224.0.0.1'] }, 'address 224.0.0.1 cannot belong to a host'],
  [{ addresses: ['255.255.255.255'] }, 'address 255.255.255.255 cannot belong to a host'],
  [{ addresses: ['::'] }, 'address :: cannot belong to a host'],
  [{ addresses: ['::1'] }, 'address ::1 cannot belong to a host'],
  [{ addresses: ['ff02::1'] }, 'address ff02::1 cannot belong to a host'],
  [{ addresses: ['10.0.2.10', '10.0.1.10'] }, 'address 10.0.1.10 belongs to another ENI already'],
  [{ addresses: ['2001:db8:1::10'] }, 'address 2001:db8:1::10 belongs to another ENI already'],
  [{ addresses: ['10.0.1.70'] }, 'address 10.0.1.70 is in 10.0.1.64/28, which is delegated to another ENI'],
  [{ addresses: ['169.254.169.254'] }, 'address 169.254.169.254 is a service of the cloud'],
  [{ addresses: ['100.100.100.200'] }, 'address 100.100.100.200 is a service of the cloud', 'alibaba'],
  [{ addresses: ['fd00:ec2::254'] }, 'address fd00:ec2::254 is a service of the cloud'],
  [{ addresses: ['10.0.9.1'] }, 'address 10.0.9.1 is the gateway of the primary ENI'],
  [{ addresses: ['2001:db8:9::1'] }, 'address 2001:db8:9::1 is the gateway of the primary ENI'],
  [{ gateway: '169.254.169.254' }, 'gateway 169.254.169.254 is a service of the cloud'],
  [{ gateway: 'fd00:ec2::254' }, 'gateway fd00:ec2::254 is a service of the cloud'],
  [{ gateway: '100.100.100.200' }, 'gateway 100.100.100.200 is a service of the cloud', 'alibaba'],
  [{ addresses: ['10.0.2.1'], gateway: '10.0.2.1' }, 'address 10.0.2.1 is also the gateway'],
  [{ subnets: ['0.0.0.0/0'] }, 'subnet 0.0.0.0/0 is larger than /8'],
  [{ subnets: ['10.0.0.0/7'] }, 'subnet 10.0.0.0/7 is larger than /8'],
  [{ subnets: ['::/0'] }, 'subnet ::/0 is larger than /32'],
  [{ subnets: ['2001:db8::/31'] }, 'subnet 2001:db8::/31 is larger than /32'],
  [{ subnets: ['10.0.2.10/32'] }, 'subnet 10.0.2.10/32 is a single address'],
  [{ subnets: ['2001:db8::1/128'] }, 'subnet 2001:db8::1/128 is a single address'],
  [{ subnets: ['169.254.0.0/16'] }, 'subnet 169.254.0.0/16 contains 169.254.169.254, a service of the cloud'],
  [
    { subnets: ['100.64.0.0/10'] },
    'subnet 100.64.0.0/10 contains 100.100.100.200, a service of the cloud',
    'alibaba',
  ],
  [{ subnets: ['fd00:ec2::/64'] }, 'subnet fd00:ec2::/64 contains fd00:ec2::254, a service of the cloud'],
  [{ prefixes: ['10.0.0.0/15'] }, 'prefix 10.0.0.0/15 is larger than /16'],
  [{ prefixes: ['2001:db8::/47'] }, 'prefix 2001:db8::/47 is larger than /48'],
  [{ prefixes: ['10.0.0.0/16'] }, 'prefix 10.0.0.0/16 contains 10.0.1.10, which belongs to another ENI'],
  [
    { prefixes: ['2001:db8:1::/64'] },
    'prefix 2001:db8:1::/64 contains 2001:db8:1::10, which belongs to another ENI',
  ],
  [
    { prefixes: ['10.0.1.72/30'] },
    'prefix 10.0.1.72/30 overlaps 10.0.1.64/28, which is delegated to another ENI',
  ],
  [
    { prefixes: ['2001:db8:1:f::/64'] },
    'prefix 2001:db8:1:f::/64 overlaps 2001:db8:1:f::/80, which is delegated to another ENI',
  ],
  [
    { prefixes: ['100.100.100.192/28'] },
    'prefix 100.100.100.192/28 contains 100.100.100.200, a service of the cloud',
    'alibaba',
  ],
  [{ gateway: '0.0.0.0' }, 'gateway 0.0.0.0 cannot belong to a host'],
  [{ gateway: 'ff02::2' }, 'gateway ff02::2 cannot belong to a host'],
  [
    { subnets: ['10.0.2.0/24'], gateway: '10.0.2.0' },
    'gateway 10.0.2.0 is the network address of 10.0.2.0/24',
  ],
  [
    { subnets: ['10.0.2.0/24'], gateway: '10.0.2.255' },
    'gateway 10.0.2.255 is the broadcast address of 10.0.2.0/24',
  ],
];

const accepted: readonly (readonly [Given, ProviderName?])[] = [
  [{ addresses: ['10.0.2.10'], subnets: ['10.0.2.0/24'], gateway: '10.0.2.1', prefixes: ['10.0.2.64/28'] }],
  // In the subnet of the primary its gateway is the ENI's as well.
  [{ addresses: ['10.0.9.20'], subnets: ['10.0.9.0/24'], gateway: '10.0.9.1' }],
  // The subnet of the primary is shared, which is no lie.
  [{ addresses: ['10.0.1.20'], subnets: ['10.0.1.0/24'], gateway: '10.0.1.1' }],
  [{ addresses: ['10.0.2.10'], subnets: ['10.0.2.10/31'] }],
  [{ addresses: ['10.0.2.10'], subnets: ['10.0.2.10/31'], gateway: '10.0.2.11' }],
  [{ addresses: ['10.0.2.10'], subnets: ['10.0.2.0/23', '10.0.2.0/24'], gateway: '10.0.2.255' }],
  [{ addresses: ['2001:db8:2::10'], subnets: ['2001:db8:2::/64'], gateway: 'fe80:ec2::1' }],
  [{ addresses: ['2001:db8:2::10'], subnets: ['2001:db8::/32'], prefixes: ['2001:db8:99::/80'] }],
  [{ addresses: ['100.64.0.10'], subnets: ['100.64.0.0/16'], gateway: '100.64.0.1' }],
  // One cloud's service is another one's ordinary address.
  [{ addresses: ['100.100.70.10'], subnets: ['100.100.64.0/18'], gateway: '100.100.64.1' }],
  [{ addresses: ['100.100.100.200'], prefixes: ['100.100.100.192/28'] }],
  [{ addresses: ['100.100.100.200'], subnets: ['100.64.0.0/10'] }, 'jdcloud'],
  [{ subnets: ['fd00:ec2::/64'] }, 'alibaba'],
];

describe('objectionTo', () => {
  test.each(refused.map(([given, text, cloud]) => [given, text, cloud ?? 'aws'] as const))(
    '%j: %s (%s)',
    (given, text, cloud) => {
      expect(objectionTo(networkOf(given), takenOn(cloud))).toBe(text);
    },
  );
  test.each(accepted.map(([given, cloud]) => [given, cloud ?? 'aws'] as const))(
    '%j is honest on %s',
    (given, cloud) => {
      expect(objectionTo(networkOf(given), takenOn(cloud))).toBeUndefined();
    },
  );
});
