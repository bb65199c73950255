// What an ENI's table has routes for, and what main has inside of that: pure tables.
import { describe, expect, test } from 'vitest';
import {
  insideOf,
  mainRoutesOfOthers,
  networksBehindGateway,
  specificRoutes,
} from '../../../agent/plan/own-networks.ts';
import { cidr, ip } from '../../support/example-plans.ts';
import { alone, inSubnet, primary, resultOf } from '../../support/plan-machine.ts';
import { addressOn, emptyKernel, instanceOf, nic, routeBy } from '../../support/plan-parts.ts';

const subnet = (text: string) => ({ cidr: cidr(text), shared: false, connected: false });

describe('subnets of others behind the gateway', () => {
  test.each<readonly [string, readonly string[], readonly string[], string | undefined, readonly string[]]>([
    ['the primary’s', ['10.0.2.0/24'], ['10.0.1.0/24'], '10.0.2.1', ['10.0.1.0/24']],
    ['none without a gateway', ['10.0.2.0/24'], ['10.0.1.0/24'], undefined, []],
    ['not the ENI’s own', ['10.0.1.0/24'], ['10.0.1.0/24'], '10.0.1.1', []],
    ['not one inside of the ENI’s own (two VPCs)', ['10.0.0.0/16'], ['10.0.1.0/24'], '10.0.0.1', []],
    ['one around the ENI’s own', ['10.0.1.0/24'], ['10.0.0.0/16'], '10.0.1.1', ['10.0.0.0/16']],
  ])('%s', (_name, own, elsewhere, gateway, wanted) => {
    const found = networksBehindGateway(
      own.map(subnet),
      elsewhere.map(cidr),
      gateway === undefined ? undefined : ip(gateway),
    );
    expect(found).toEqual(wanted);
  });
});

describe('what main has of others', () => {
  const routes = [
    routeBy('eth0', 'default', { gateway: ip('10.0.1.1') }),
    { ...routeBy('eth0', '10.0.1.0/24'), protocol: 'kernel' },
    { ...routeBy('eth1', '10.0.2.0/24'), protocol: 'kernel' },
    { ...routeBy('eth1', '10.0.2.64/28'), protocol: 'dhcp' },
    routeBy('eth1', '10.0.2.128/28'),
    routeBy('eth2', '10.0.2.96/28'),
    { ...routeBy('docker0', '10.0.2.32/28'), protocol: 'kernel' },
    routeBy('docker0', '10.0.2.48/28', { table: 500 }),
  ];
  const mainRoutes = mainRoutesOfOthers({
    ...emptyKernel,
    routes: [...routes, { ...routeBy('eth9', '10.0.2.77/32'), protocol: 'kernel' }],
    addresses: [addressOn('eth9', '10.0.2.77/32')],
  });
  const seenFrom = (link: string) =>
    specificRoutes(link, 'eth0', {
      mainRoutes,
      instance: instanceOf(primary, alone, inSubnet(2, 3)),
      links: [nic(0), nic(1), nic(2)],
    });

  test('a bridge’s, and what somebody has added by the ENI’s own link; not the primary’s, another ENI’s, or what a service left, nor an own address', () => {
    expect(seenFrom('eth1')).toEqual(['10.0.2.128/28', '10.0.2.32/28']);
    expect(seenFrom('eth2')).toEqual(['10.0.2.96/28', '10.0.2.32/28']);
  });

  test('nothing is known of main', () => {
    expect(specificRoutes('eth1', 'eth0', { instance: instanceOf(primary), links: [nic(0)] })).toEqual([]);
  });
});

describe('the rule of tier 0', () => {
  const tier0 = (destinations: readonly string[], enis = [primary, alone]) =>
    resultOf(enis, {
      mainRoutes: destinations.map(text => ({ destination: cidr(text), link: 'docker0' })),
    }).plan.enis.map(e =>
      e.rules
        .filter(r => r.priority < 28_000)
        .map(r => `${r.from} to ${r.to} longer than ${r.suppressPrefixLength}, not ${r.suppressGroup}`),
    );

  test.each<readonly [string, readonly string[], readonly string[]]>([
    ['nothing inside, no rule', ['172.17.0.0/16', '10.0.0.0/8'], []],
    [
      'a bridge inside of the subnet',
      ['10.0.2.32/28'],
      ['10.0.2.0/24 to 10.0.2.0/24 longer than 24, not 28000'],
    ],
    ['inside of the primary’s', ['10.0.1.32/28'], ['10.0.2.0/24 to 10.0.1.0/24 longer than 24, not 28000']],
    [
      'several: one rule, however many',
      ['10.0.2.32/28', '10.0.2.48/28'],
      ['10.0.2.0/24 to 10.0.2.0/24 longer than 24, not 28000'],
    ],
    ['equal to the subnet is not inside', ['10.0.2.0/24'], []],
  ])('%s', (_name, destinations, wanted) => {
    expect(tier0(destinations)).toEqual([wanted]);
  });

  test('where an ENI has its subnet inside, each of the others alone, without that subnet', () => {
    const found = insideOf(
      [cidr('10.0.0.0/16')],
      ['10.0.9.0/24', '10.0.2.64/28', '10.0.2.0/24', '10.0.2.0/23'].map(cidr),
      ['10.0.0.0/16', '10.0.2.0/24'].map(cidr),
    );
    expect(found).toEqual([
      { network: '10.0.9.0/24', suppressPrefixLength: 23 },
      { network: '10.0.2.64/28', suppressPrefixLength: 27 },
      { network: '10.0.3.0/24', suppressPrefixLength: 22 },
    ]);
  });

  test('a nested network of the table is left to the table, and what lies around it in main is not lost', () => {
    const found = insideOf(
      [cidr('10.0.0.0/16'), cidr('10.0.2.0/24')],
      [cidr('10.0.0.0/20'), cidr('10.0.2.32/28')],
    );
    expect(found).toEqual([
      { network: '10.0.0.0/23', suppressPrefixLength: 19 },
      { network: '10.0.3.0/24', suppressPrefixLength: 19 },
      { network: '10.0.4.0/22', suppressPrefixLength: 19 },
      { network: '10.0.8.0/21', suppressPrefixLength: 19 },
      { network: '10.0.2.0/24', suppressPrefixLength: 24 },
    ]);
  });
});
