// Who shares a subnet with whom: by subnet or by address, and who brings main's connected route.
import { describe, expect, test } from 'vitest';
import { ruleText } from '../../../agent/cli/describe.ts';
import { defaultSettings } from '../../../agent/config/read-settings.ts';
import { isDefaultRoute } from '../../../agent/model/network-plan.ts';
import type { PlanInput } from '../../../agent/plan/plan-input.ts';
import type { PlanResult } from '../../../agent/plan/plan-network.ts';
import { cidr } from '../../support/example-plans.ts';
import {
  alone,
  connectedRouteOf,
  inSubnet,
  primary,
  resultOf,
  settingsWith,
  skips,
  summary,
} from '../../support/plan-machine.ts';
import { addressOn, eniOf, familyOf, macOf, nic } from '../../support/plan-parts.ts';

describe('who shares a subnet', () => {
  test('with the primary: by address, and no connected route', () => {
    expect(summary(resultOf([primary, inSubnet(2, 1)], { links: [nic(0), nic(2)] }))).toEqual([
      'eth2 slot 0: 10.0.1.20/32 by address',
    ]);
  });

  test('two secondaries', () => {
    expect(summary(resultOf([primary, inSubnet(1, 2), inSubnet(2, 2)]))).toEqual([
      'eth1 slot 0: 10.0.2.10/32 by address',
      'eth2 slot 1: 10.0.2.20/32 by address',
    ]);
  });

  test('subnets that only overlap are shared, too; a third ENI beside them is not concerned', () => {
    const wide = eniOf(1, familyOf(['10.0.3.10'], ['10.0.2.0/23'], '10.0.2.1'));
    expect(summary(resultOf([primary, wide, inSubnet(2, 2), inSubnet(3, 9)]))).toEqual([
      'eth1 slot 0: 10.0.3.10/32 by address',
      'eth2 slot 1: 10.0.2.20/32 by address',
      'eth3 slot 2: 10.0.9.30/32 by subnet',
    ]);
  });

  test('a subnet that holds an address of the primary link, which not in the metadata yet', () => {
    const addresses = [addressOn('eth0', '10.0.1.10/24'), addressOn('eth0', '10.0.2.99/32')];
    expect(summary(resultOf([primary, alone], { addresses }))).toEqual([
      'eth1 slot 0: 10.0.2.10/32 10.0.2.11/32 by address',
    ]);
  });

  test('a subnet that holds an address of the primary which its link does not have', () => {
    const far = { ...primary, ipv4: familyOf(['10.0.1.10', '10.0.2.99'], ['10.0.1.0/24'], '10.0.1.1') };
    expect(summary(resultOf([far, alone]))).toEqual(['eth1 slot 0: 10.0.2.10/32 10.0.2.11/32 by address']);
  });

  test('a subnet that holds an address of another ENI, which has no subnet there', () => {
    const stray = eniOf(2, familyOf(['10.0.3.20', '10.0.2.99'], ['10.0.3.0/24'], '10.0.3.1'));
    expect(summary(resultOf([primary, alone, stray]))).toEqual([
      'eth1 slot 0: 10.0.2.10/32 10.0.2.11/32 by address',
      'eth2 slot 1: 10.0.3.20/32 10.0.2.99/32 by subnet',
    ]);
  });

  test('a prefix that is delegated to the primary lies in it', () => {
    const delegated = {
      ...primary,
      ipv4: familyOf(['10.0.1.10'], ['10.0.1.0/24'], '10.0.1.1', ['10.0.2.64/28']),
    };
    expect(summary(resultOf([delegated, alone]))).toEqual([
      'eth1 slot 0: 10.0.2.10/32 10.0.2.11/32 by address',
    ]);
  });
});

describe("main's connected route, where the administrator wants it", () => {
  const enis = [primary, inSubnet(1, 2), inSubnet(2, 2)];
  const settings = connectedRouteOf(1, 2);
  const toNeighbours = (result: PlanResult) =>
    result.plan.enis.map(e =>
      e.routes
        .filter(r => !isDefaultRoute(r))
        .map(r => `${e.link} ${r.destination} by ${r.gateway ?? 'itself'}`),
    );

  test('an ENI alone in its subnet', () => {
    expect(summary(resultOf([primary, alone], { settings }))).toEqual([
      'eth1 slot 0: 10.0.2.10/24 10.0.2.11/32 by subnet',
    ]);
  });

  test('not in a subnet of the primary, whatever the configuration says', () => {
    expect(
      summary(
        resultOf([primary, inSubnet(1, 1, { ipv4: familyOf(['10.0.1.20'], ['10.0.1.0/24']) })], { settings }),
      ),
    ).toEqual(['eth1 slot 0: 10.0.1.20/32 by address']);
  });

  test('of two the lower slot brings it, not the first in the metadata', () => {
    const keptSlots = new Map([
      [macOf(1), 5],
      [macOf(2), 4],
    ]);
    expect(summary(resultOf(enis, { settings, keptSlots }))).toEqual([
      'eth2 slot 4: 10.0.2.20/24 by address',
      'eth1 slot 5: 10.0.2.10/32 by address',
    ]);
  });

  test('tells the others which subnets main reaches by somebody else', () => {
    const result = resultOf([primary, inSubnet(1, 2), inSubnet(2, 3)], { settings: connectedRouteOf(1) });
    expect(toNeighbours(result)).toEqual([
      ['eth1 10.0.2.0/24 by itself', 'eth1 10.0.1.0/24 by 10.0.2.1'],
      ['eth2 10.0.3.0/24 by itself', 'eth2 10.0.1.0/24 by 10.0.3.1', 'eth2 10.0.2.0/24 by 10.0.3.1'],
    ]);
  });

  test('one that yields its subnet brings none, so main does not reach that by it', () => {
    const inside = eniOf(2, familyOf(['10.0.2.70'], ['10.0.2.64/28'], '10.0.2.65'));
    const result = resultOf([primary, inSubnet(1, 2), inside], { settings });
    expect(summary(result)[0]).toBe('eth1 slot 0: 10.0.2.10/24 by address');
    expect(toNeighbours(result)[0]).toEqual(['eth1 10.0.2.0/24 by itself', 'eth1 10.0.1.0/24 by 10.0.2.1']);
    const within = [{ destination: cidr('10.0.2.64/27'), link: 'wg0' }];
    const { rules } = resultOf([primary, inSubnet(1, 2), inside], { settings, mainRoutes: within }).plan
      .enis[0]!;
    expect(rules.map(ruleText)[0]).toBe(
      '27700: from 10.0.2.10/32 to 10.0.2.0/24 lookup main suppress_prefixlength 24 suppress_ifgroup 28000',
    );
  });

  test.each<readonly [string, Partial<PlanInput>]>([
    ['ignored', { settings: settingsWith(1, { ignore: true }) }],
    ['configured by somebody else', { claims: new Map([['eth1', '/etc/network/interfaces: iface eth1']]) }],
    [
      'on a link that is filtered',
      { settings: { ...defaultSettings, agent: { ...defaultSettings.agent, ignoreLinks: ['eth1'] } } },
    ],
  ])('an ENI that is %s has the older claim', (_name, more) => {
    const { enis: wanted } = connectedRouteOf(2);
    const given = more.settings ?? defaultSettings;
    const result = resultOf(enis, {
      ...more,
      settings: { ...given, enis: new Map([...given.enis, ...wanted]) },
    });
    expect(summary(result)).toEqual(['eth2 slot 0: 10.0.2.20/32 by address']);
    // Whoever configures it may have put its subnet on-link.
    expect(toNeighbours(result)[0]).toContain('eth2 10.0.2.0/24 by itself');
    expect(result.plan.enis[0]!.rules.map(ruleText)).toContain(
      '28000: from 10.0.2.20/32 lookup 28000 suppress_prefixlength 0',
    );
  });

  test('an ENI that is attached but has no link yet does not take the connected route from one that works', () => {
    const keptSlots = new Map([[macOf(1), 0]]);
    const listed = resultOf(enis, { settings, keptSlots, links: [nic(0), nic(1)] });
    expect(summary(listed)).toEqual(['eth1 slot 0: 10.0.2.10/24 by address']);
    expect(skips(listed)).toEqual(['eni-2 no-link (degraded): no link has this MAC']);
    const there = resultOf(enis, { settings, keptSlots: listed.slots });
    expect(there.plan.enis[0]).toEqual(listed.plan.enis[0]);
  });

  test('an ENI whose link is away for a while keeps its rank', () => {
    const all = resultOf(enis, { settings });
    const away = resultOf(enis, { settings, keptSlots: all.slots, links: [nic(0), nic(2)] });
    expect(away.plan.enis[0]).toEqual(all.plan.enis[1]);
  });
});
