// Machines by hand: faults that the first edition had, and what random machines have found. The text of a row is what `ip` would show.
import { emptySide, type Machine, type Nic, type OtherLink, type Side } from './machine.ts';
import { net } from './net.ts';

export interface Case {
  readonly name: string;
  readonly machine: Machine;
}

const side = (subnets: string, addresses: string, gateway: string, prefixes = ''): Side => ({
  ...emptySide,
  subnets: list(subnets),
  addresses: list(addresses),
  gateway: net(gateway),
  prefixes: list(prefixes),
});
const list = (text: string) =>
  text
    .split(' ')
    .filter(word => word !== '')
    .map(net);
const nic = (number: number, four: Side, six: Side = emptySide, more: Partial<Nic> = {}): Nic => ({
  number,
  sides: { 4: four, 6: six },
  connected: false,
  claimed: false,
  ...more,
});
const other = (link: string, addresses: string, routes = ''): OtherLink => ({
  link,
  addresses: list(addresses),
  routes: list(routes),
});
const machine = (
  nics: readonly Nic[],
  others: readonly OtherLink[] = [],
  more: Partial<Machine> = {},
): Machine => ({
  ...{ nics, others, statics: [], group: true, strict: true, advertised: false },
  ...more,
});

const primary = side('172.31.32.0/20', '172.31.44.13 172.31.45.70', '172.31.32.1');
const apart = [
  nic(
    0,
    side('172.31.16.0/20', '172.31.16.20', '172.31.16.1'),
    side('2001:db8:1::/64', '2001:db8:1::10', 'fe80::1'),
  ),
  nic(
    1,
    side('172.31.32.0/20', '172.31.40.10', '172.31.32.1'),
    side('2001:db8:2::/64', '2001:db8:2::10', 'fe80::1'),
  ),
];
const nested = (inner: Partial<Nic>) => [
  nic(0, side('10.9.0.0/24', '10.9.0.5', '10.9.0.1')),
  nic(1, side('10.0.8.0/22', '10.0.8.7', '10.0.8.1'), emptySide, inner),
  nic(2, side('10.0.0.0/20', '10.0.0.10', '10.0.0.1', '10.0.5.16/28')),
];

export const cases: readonly Case[] = [
  {
    name: 'a delegated prefix in the subnet of the primary',
    machine: machine(
      [nic(0, primary), nic(1, side('172.31.32.0/20', '172.31.47.221', '172.31.32.1', '172.31.40.16/28'))],
      [other('br0', '172.31.40.17/28')],
    ),
  },
  {
    name: 'a VPN whose network holds all subnets',
    machine: machine(apart, [other('wg0', '10.99.0.2/32 fd00:99::2/128', '172.31.0.0/16 2001:db8::/32')]),
  },
  {
    name: 'a VPN that takes everything',
    machine: machine(apart, [
      other('wg0', '10.99.0.2/32 fd00:99::2/128', '0.0.0.0/1 128.0.0.0/1 ::/1 8000::/1'),
    ]),
  },
  { name: 'sockets that are bound to the link', machine: machine(apart) },
  {
    name: 'a private network by the primary',
    machine: machine(apart, [], { statics: list('172.16.0.0/12 10.0.0.0/8') }),
  },
  {
    name: 'two VPCs: an ENI that others configure in a subnet that lies in an ENI’s own',
    machine: machine(nested({ claimed: true }), [other('br0', '10.0.5.17/28')]),
  },
  {
    name: 'two VPCs: an ENI with connected-route in a subnet that lies in an ENI’s own',
    machine: machine(nested({ connected: true }), [other('br0', '10.0.5.17/28')]),
  },
  {
    name: 'two VPCs: the primary in a subnet that lies in an ENI’s own, without the group',
    machine: machine(
      [
        nic(0, side('10.0.10.64/26', '10.0.10.89', '10.0.10.65')),
        nic(1, side('10.0.8.0/22', '10.0.8.9', '10.0.8.1', '10.0.9.64/28')),
      ],
      [other('br0', '10.0.9.65/28')],
      { group: false },
    ),
  },
  {
    name: 'two VPCs: an ENI in a subnet that lies in the primary’s, and a VPN in between',
    machine: machine(
      [
        nic(0, side('10.0.0.0/16', '10.0.3.3', '10.0.0.1')),
        nic(1, side('10.0.80.0/24', '10.0.80.9', '10.0.80.1')),
      ],
      [other('wg0', '172.30.99.2/32', '10.0.64.0/18')],
    ),
  },
  {
    name: 'two VPCs: an ENI in a subnet that lies in another ENI’s, and a VPN in between',
    machine: machine(
      [
        nic(0, side('10.9.0.0/24', '10.9.0.5', '10.9.0.1')),
        nic(1, side('10.0.80.0/24', '10.0.80.9', '10.0.80.1')),
        nic(2, side('10.0.0.0/16', '10.0.3.3', '10.0.0.1')),
      ],
      [other('wg0', '172.30.99.2/32', '10.0.64.0/18')],
    ),
  },
  {
    name: 'two ENIs in one subnet, one of which has a subnet in the primary’s as well, without the group',
    machine: machine(
      [
        nic(0, side('10.200.48.0/20', '10.200.53.18', '10.200.48.1')),
        nic(1, side('10.200.192.0/20', '10.200.204.231', '10.200.192.1')),
        nic(2, side('10.200.192.0/20 10.200.52.0/22', '10.200.198.209 10.200.53.58', '10.200.192.1')),
      ],
      [other('wg0', '172.30.99.2/32', '10.200.48.0/21')],
      { group: false },
    ),
  },
  // Linux (6.18) refuses a route by a gateway that is one of its own addresses, on whatever link, `onlink` or not ("Nexthop has invalid gateway").
  ...['first', 'last'].map(order => {
    const [here, there] = order === 'first' ? [1, 2] : [2, 1];
    const enis = [
      nic(here, side('10.200.0.16/28', '10.200.0.23', '10.200.0.17')),
      nic(there, side('10.200.0.0/26', '10.200.0.4 10.200.0.17', '10.200.0.1')),
    ];
    const first = nic(0, side('10.200.12.0/22', '10.200.15.252', '10.200.12.1'));
    return {
      name: `two VPCs: a gateway that is an address of another ENI, its own coming ${order}`,
      machine: machine([first, ...enis.toSorted((a, b) => a.number - b.number)]),
    };
  }),
];
