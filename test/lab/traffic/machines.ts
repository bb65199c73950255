// The machines whose packets are sent: how ENIs lie in subnets. With each a host in the subnet of each ENI, n0 to n2.
import type { EniSpec, SubnetSpec } from '../vpc-spec.ts';

export interface TrafficMachine {
  readonly name: string;
  readonly title: string;
  /** The primary first. */
  readonly enis: readonly [EniSpec, EniSpec, EniSpec];
  /** The subnets of n0 to n2, with their addresses. */
  readonly neighbours: readonly EniSpec[];
  /** MTU of the guest's links; those of all others have 1500. */
  readonly mtu: number;
  /** What an administrator adds to eth1 by hand: addresses that the cloud sends there, and the metadata does not name. */
  readonly vips: readonly string[];
}

interface Shape {
  /** Third number of the subnet. */
  readonly net: number;
  readonly hosts: readonly number[];
  readonly families?: readonly (4 | 6)[];
  /** Prefixes by family. */
  readonly prefixes?: Readonly<Record<4 | 6, string>>;
}

function subnets({ net, hosts, families = [4, 6], prefixes }: Shape): readonly SubnetSpec[] {
  return families.map(family => ({
    subnet: family === 4 ? `10.0.${net}.0/24` : `2001:db8:${net}::/64`,
    addresses: hosts.map(host => (family === 4 ? `10.0.${net}.${host}` : `2001:db8:${net}::${host}`)),
    ...(prefixes === undefined ? {} : { prefixes: [prefixes[family]] }),
  }));
}

const inside = (net: number) => ({ 4: `10.0.${net}.64/28`, 6: `2001:db8:${net}:0:64::/80` });
const outside = { 4: '10.9.2.64/28', 6: '2001:db8:92:0:64::/80' };

function machine(
  name: string,
  title: string,
  shapes: readonly [Shape, Shape, Shape],
  more: Partial<TrafficMachine> = {},
): TrafficMachine {
  const eni = (shape: Shape, number: number): EniSpec => ({
    link: `eth${number}`,
    mac: `02:00:00:00:0f:0${number}`,
    subnets: subnets(shape),
  });
  return {
    name,
    title,
    enis: [eni(shapes[0], 0), eni(shapes[1], 1), eni(shapes[2], 2)],
    neighbours: shapes.map(({ net, families = [4, 6] }, number) => ({
      link: 'eth0',
      mac: `02:00:00:00:0e:0${number}`,
      subnets: subnets({ net, hosts: [90 + number], families }),
    })),
    mtu: 1500,
    vips: [],
    ...more,
  };
}

const primary: Shape = { net: 0, hosts: [10] };
const alone: Shape = { net: 2, hosts: [10], prefixes: outside };

export const trafficMachines: readonly TrafficMachine[] = [
  machine(
    'exclusive',
    'each ENI in a subnet of its own, MTU 9001 against 1500',
    [primary, { net: 1, hosts: [10, 11], prefixes: inside(1) }, alone],
    { mtu: 9001, vips: ['10.0.1.200', '2001:db8:1::200'] },
  ),
  machine('shared', 'two ENIs in one subnet', [
    primary,
    { net: 1, hosts: [10, 11], prefixes: inside(1) },
    { net: 1, hosts: [20] },
  ]),
  machine('withprimary', 'an ENI in the subnet of the primary', [
    primary,
    { net: 0, hosts: [20, 21], prefixes: inside(0) },
    alone,
  ]),
  machine('six', 'an ENI with IPv6 only', [
    primary,
    { net: 1, hosts: [10, 11], families: [6], prefixes: inside(1) },
    alone,
  ]),
];

/** Those of this run: the words of TRAFFIC_MACHINES, all of them unless told. Throws for a word that no machine has. */
export function machinesOfRun(words = process.env.TRAFFIC_MACHINES ?? ''): readonly TrafficMachine[] {
  const names = words.split(' ').filter(Boolean);
  const unknown = names.find(name => trafficMachines.every(known => known.name !== name));
  if (unknown !== undefined) throw new Error(`TRAFFIC_MACHINES: no machine is called "${unknown}"`);
  return names.length === 0 ? trafficMachines : trafficMachines.filter(({ name }) => names.includes(name));
}
