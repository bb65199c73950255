// Which container network takes the ENIs of this machine: by its files, or by what `ip` shows of it. The listings have the form that the
// sources of the CNIs write; addresses are made up.
import { describe, expect, test } from 'vitest';
import {
  containerNetworkClaim,
  findContainerNetworks,
} from '../../../agent/coexistence/container-network.ts';
import type { KernelState } from '../../../agent/model/kernel-state.ts';
import { parseRoutes } from '../../../agent/system/kernel/ip-routes.ts';
import { parseRules } from '../../../agent/system/kernel/ip-rules.ts';
import { standardTables } from '../../../agent/system/kernel/ip-words.ts';
import { alone, inSubnet, primary, resultOf, settingsWith, skips } from '../../support/plan-machine.ts';
import { nic } from '../../support/plan-parts.ts';

/** eth0 (index 2) and eth1 (index 3) are NICs. */
function kernel(rules: string, routes = '', more: Partial<KernelState> = {}): KernelState {
  return {
    links: [
      { ...nic(0), index: 2 },
      { ...nic(1), index: 3 },
    ],
    addresses: [],
    routes: parseRoutes(routes, 4, standardTables),
    rules: parseRules(rules, 4, standardTables),
    ...more,
  };
}

const local = '0:\tfrom all lookup local\n';
const rest = '32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n';
const vpcCni = `${local}512:\tfrom all to 10.0.2.20 lookup main\n1024:\tfrom all fwmark 0x80/0x80 lookup main\n1536:\tfrom 10.0.2.20 lookup 2\n${rest}`;
const terway = `${local}512:\tfrom all to 10.0.2.20 lookup main\n2048:\tfrom 10.0.2.20 lookup 1003\n${rest}`;
const byEth1 = (table: number) =>
  `default via 10.0.2.1 dev eth1 table ${table}\n10.0.2.1 dev eth1 table ${table} scope link\n`;
const ciliumHost = { links: [{ ...nic(1), name: 'cilium_host', kind: 'veth', physical: false }] };

describe('found', () => {
  test.each([
    [
      'a file of the VPC CNI',
      ['/etc/cni/net.d/10-aws.conflist'],
      kernel(''),
      'Amazon VPC CNI',
      '/etc/cni/net.d/10-aws.conflist',
    ],
    ['its socket', ['/run/aws-node'], kernel(''), 'Amazon VPC CNI', '/run/aws-node'],
    [
      'its rules',
      [],
      kernel(vpcCni, byEth1(2)),
      'Amazon VPC CNI',
      'the rule 1536: from 10.0.2.20/32 lookup 2',
    ],
    ['the folder of the ECS agent', ['/var/lib/ecs'], kernel(''), 'Amazon ECS', '/var/lib/ecs'],
    [
      'a file of terway',
      ['/etc/cni/net.d/10-terway.conflist'],
      kernel(''),
      'terway',
      '/etc/cni/net.d/10-terway.conflist',
    ],
    [
      'its rules: 1000 and the index of the link',
      [],
      kernel(terway, byEth1(1003)),
      'terway',
      'the rule 2048: from 10.0.2.20/32 lookup 1003',
    ],
    ['the link of Cilium', [], kernel('', '', ciliumHost), 'Cilium', 'the link cilium_host'],
    [
      "rules of JD Cloud's CNI",
      [],
      kernel(vpcCni.replace('lookup 2\n', 'lookup 100\n'), byEth1(100)),
      "JD Cloud's CNI",
      'the rule 1536: from 10.0.2.20/32 lookup 100',
    ],
  ])('%s', (_name, paths, state, name, evidence) => {
    expect(findContainerNetworks(paths, state)).toEqual([{ name, evidence }]);
  });
});

describe('not found', () => {
  test.each([
    ['an ordinary machine', [], kernel(local + rest)],
    ['other paths', ['/usr/bin/cloud-init', '/etc/network/interfaces'], kernel('')],
    ['a rule of that priority to a table without routes', [], kernel(vpcCni)],
    ['with a route by no NIC', [], kernel(vpcCni, 'default dev tun0 table 2\n')],
    [
      'for a whole subnet',
      [],
      kernel(vpcCni.replace('from 10.0.2.20 lookup 2', 'from 10.0.2.0/24 lookup 2'), byEth1(2)),
    ],
    ['to a table that is no link’s', [], kernel(terway.replace('1003', '1009'), byEth1(1009))],
    [
      'an administrator’s table, by a priority of his own',
      [],
      kernel(vpcCni.replace('1536:', '1537:'), byEth1(2)),
    ],
  ])('%s', (_name, paths, state) => {
    expect(findContainerNetworks(paths, state)).toEqual([]);
  });
});

describe('its ENIs', () => {
  const found = [{ name: 'Amazon VPC CNI', evidence: '/run/aws-node' }];
  const claim = containerNetworkClaim(found, true);

  test('there is no claim without one, or with container-network = ignore', () => {
    expect(containerNetworkClaim([], true)).toBeUndefined();
    expect(containerNetworkClaim(found, false)).toBeUndefined();
  });

  test('are left alone, and nobody has to act', () => {
    const result = resultOf([primary, alone, inSubnet(2, 3)], { containerNetwork: claim });
    expect(result.plan.enis).toEqual([]);
    expect(skips(result)).toEqual([
      `eni-1 configured-elsewhere: ${claim}`,
      `eni-2 configured-elsewhere: ${claim}`,
    ]);
  });

  test('one whose link is in a pod is no problem either', () => {
    const result = resultOf([primary, alone], { containerNetwork: claim, links: [nic(0)] });
    expect(skips(result)).toEqual([`eni-1 configured-elsewhere: ${claim}`]);
  });

  test('one that the configuration names is ours', () => {
    const settings = settingsWith(2, {});
    const result = resultOf([primary, alone, inSubnet(2, 3)], { containerNetwork: claim, settings });
    expect(result.plan.enis.map(e => e.link)).toEqual(['eth2']);
    expect(skips(result)).toEqual([`eni-1 configured-elsewhere: ${claim}`]);
  });
});
