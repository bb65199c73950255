import { describe, expect, test } from 'vitest';
import type { KernelLink } from '../../../agent/model/kernel-state.ts';
import { type LinkFilter, matchLink } from '../../../agent/plan/match-links.ts';
import { macOf, nic } from '../../support/plan-parts.ts';

const plain: LinkFilter = { virtualLinks: false, ignoreDrivers: [], ignoreLinks: [] };
const same = (name: string, more: Partial<KernelLink>) => nic(1, { name, ...more });
const virtual = (name: string, kind: string | undefined, more: Partial<KernelLink> = {}) =>
  same(name, { kind, physical: false, driver: undefined, ...more });

interface Row {
  readonly name: string;
  readonly links: readonly KernelLink[];
  readonly filter?: Partial<LinkFilter>;
  /** A link's name, or the reason and the text of a miss. */
  readonly wanted: string;
}

const rows: readonly Row[] = [
  { name: 'the one NIC with the MAC', links: [nic(0), nic(1), nic(2)], wanted: 'eth1' },
  { name: 'no link yet', links: [nic(0)], wanted: 'no-link: no link has this MAC' },
  { name: 'a link that is down counts', links: [nic(1, { up: false })], wanted: 'eth1' },
  {
    name: 'a VLAN with the MAC of its NIC is not the NIC, though it be listed first',
    links: [virtual('eth1.5', 'vlan'), nic(1)],
    wanted: 'eth1',
  },
  {
    name: 'macvlan, ipvlan and macvtap with that MAC are not it',
    links: [virtual('mv0', 'macvlan'), virtual('iv0', 'ipvlan'), virtual('mt0', 'macvtap'), nic(1)],
    wanted: 'eth1',
  },
  {
    name: 'a NIC in a bridge belongs to the bridge, and the bridge is not ours',
    links: [nic(1, { master: 'br0' }), virtual('br0', 'bridge')],
    wanted: 'port: eth1 is a port of br0, and waits until it is free again',
  },
  {
    name: 'a NIC in a bond',
    links: [nic(1, { master: 'bond0' }), virtual('bond0', 'bond')],
    wanted: 'port: eth1 is a port of bond0, and waits until it is free again',
  },
  {
    name: 'net_failover: three links with one MAC, the master of which is the one to configure',
    links: [
      same('eth1', { driver: 'virtio_net' }),
      same('eth1nsby', { master: 'eth1', driver: 'virtio_net' }),
      same('ens1f0v0', { master: 'eth1', driver: 'mlx5_core' }),
    ],
    wanted: 'eth1',
  },
  {
    name: 'two NICs with one MAC',
    links: [nic(1), same('eth9', {})],
    wanted: 'ambiguous-link: several links have this MAC: eth1, eth9',
  },
  {
    name: 'veth',
    links: [virtual('eth1', 'veth')],
    wanted: 'filtered-link: eth1 is not a physical NIC (veth)',
  },
  {
    name: 'veth where the configuration takes virtual links',
    links: [virtual('eth1', 'veth')],
    filter: { virtualLinks: true },
    wanted: 'eth1',
  },
  {
    name: 'virtual links means veth and nothing else',
    links: [virtual('eth1', 'dummy')],
    filter: { virtualLinks: true },
    wanted: 'filtered-link: eth1 is not a physical NIC (dummy)',
  },
  {
    name: 'no kind and no device (a tun of an old kernel)',
    links: [virtual('tun0', undefined)],
    wanted: 'filtered-link: tun0 is not a physical NIC (no device)',
  },
  {
    name: 'a physical device with a kind (wwan, an offloaded bridge)',
    links: [nic(1, { kind: 'wwan' })],
    wanted: 'filtered-link: eth1 is not a physical NIC (wwan)',
  },
  {
    name: 'ignored by name',
    links: [nic(1)],
    filter: { ignoreLinks: ['eth1'] },
    wanted: 'filtered-link: eth1 is in ignore-links',
  },
  {
    name: 'ignored by pattern',
    links: [nic(1)],
    filter: { ignoreLinks: ['wlan*', 'e*1'] },
    wanted: 'filtered-link: eth1 is in ignore-links',
  },
  {
    name: 'a pattern covers the whole name',
    links: [same('eth10', {})],
    filter: { ignoreLinks: ['eth1', 'th*', '*eth'] },
    wanted: 'eth10',
  },
  {
    name: 'a dot in a pattern is a dot',
    links: [same('ethx5', {})],
    filter: { ignoreLinks: ['eth.5', 'eth[x]5', 'eth?5'] },
    wanted: 'ethx5',
  },
  {
    name: 'ignored by driver',
    links: [nic(1, { driver: 'efa' })],
    filter: { ignoreDrivers: ['ixgbevf', 'efa'] },
    wanted: 'filtered-link: eth1 has the ignored driver efa',
  },
  {
    name: 'of two NICs with the MAC one is ignored: the other is it',
    links: [nic(1, { driver: 'mlx5_core' }), same('enP1s1', { driver: 'hv_netvsc' })],
    filter: { ignoreDrivers: ['mlx5_core'] },
    wanted: 'enP1s1',
  },
  ...['e;reboot', 'e$(id)', "e'1", 'e th1', 'ethé', 'e*', 'a/b', 'sixteen-letters-'].map(name => ({
    name: `the name ${JSON.stringify(name)}, which the kernel or a namespace may have but no file can carry`,
    links: [same(name, {})],
    wanted: `filtered-link: ${name} has a name that cannot be written to a configuration file`,
  })),
  ...['enp0s31f6', 'ens5.backup', 'uplink_1', 'enX0', 'fifteen-letters'].map(name => ({
    name: `the name ${name}`,
    links: [same(name, {})],
    wanted: name,
  })),
];

describe('matchLink', () => {
  test.each(rows)('$name', ({ links, filter, wanted }) => {
    const match = matchLink(macOf(1), links, { ...plain, ...filter });
    expect(match.link?.name ?? ('reason' in match ? `${match.reason}: ${match.text}` : '')).toBe(wanted);
  });
});
