// `routes = NETWORK [via GATEWAY]`: what stands in the tables, and which networks may not be.
import { describe, expect, test } from 'vitest';
import { ruleText } from '../../../agent/cli/describe.ts';
import type { Eni } from '../../../agent/model/instance.ts';
import { mainRoutesOfOthers } from '../../../agent/plan/own-networks.ts';
import type { PlanInput } from '../../../agent/plan/plan-input.ts';
import { cidr, ip } from '../../support/example-plans.ts';
import { alone, inSubnet, primary, resultOf, settingsWith } from '../../support/plan-machine.ts';
import { familyOf, routeBy } from '../../support/plan-parts.ts';

const dual = { ...alone, ipv6: familyOf(['2001:db8:2::10'], ['2001:db8:2::/64'], 'fe80::1') };
const wanting = (...lines: readonly string[]) =>
  settingsWith(1, {
    routes: lines.map(line => {
      const [destination = '', , gateway] = line.split(' ');
      return { destination: cidr(destination), gateway: gateway === undefined ? undefined : ip(gateway) };
    }),
  });
const planOf = (enis: readonly Eni[], lines: readonly string[], more: Partial<PlanInput> = {}) =>
  resultOf(enis, { settings: wanting(...lines), ...more });
const routesTo = (result: ReturnType<typeof resultOf>, text: string) =>
  result.plan.enis.flatMap(e =>
    e.routes
      .filter(r => r.destination.includes(text))
      .map(r =>
        `${e.link} ${r.table}: ${r.destination} via ${r.gateway}${r.onLink ? ' onlink' : ''} ${r.metric ?? ''}`.trim(),
      ),
  );

describe('get', () => {
  test('a route in the table and one in main, by the gateway or the one that is named', () => {
    const result = planOf([primary, dual], ['10.20.0.0/16', '10.30.0.0/16 via 10.0.2.9', '2001:db8:20::/48']);
    expect(result.refusals).toEqual([]);
    expect(routesTo(result, '0')).toEqual(
      expect.arrayContaining([
        'eth1 28000: 10.20.0.0/16 via 10.0.2.1 onlink',
        'eth1 254: 10.20.0.0/16 via 10.0.2.1 onlink 2000000000',
        'eth1 28000: 10.30.0.0/16 via 10.0.2.9 onlink',
        'eth1 254: 10.30.0.0/16 via 10.0.2.9 onlink 2000000000',
        'eth1 28000: 2001:db8:20::/48 via fe80::1',
        'eth1 254: 2001:db8:20::/48 via fe80::1 2000000000',
      ]),
    );
  });

  test('from another ENI its own way, although main has the network by this one', () => {
    expect(routesTo(planOf([primary, alone, inSubnet(2, 3)], ['10.20.0.0/16']), '10.20')).toEqual([
      'eth1 28000: 10.20.0.0/16 via 10.0.2.1 onlink',
      'eth1 254: 10.20.0.0/16 via 10.0.2.1 onlink 2000000000',
      'eth2 28001: 10.20.0.0/16 via 10.0.3.1 onlink',
    ]);
  });

  test('what main has inside of them comes first, but not the routes themselves', () => {
    const inside = (routes: readonly ReturnType<typeof routeBy>[]) =>
      planOf([primary, alone], ['10.20.0.0/16', '10.20.4.0/24 via 10.0.2.9'], {
        mainRoutes: mainRoutesOfOthers({ links: [], addresses: [], rules: [], routes }),
      })
        .plan.enis[0]!.rules.map(ruleText)
        .filter(text => text.startsWith('27700'));
    expect(inside([routeBy('eth1', '10.20.4.0/24', { metric: 2_000_000_000 })])).toEqual([]);
    expect(inside([routeBy('docker0', '10.20.7.0/24')])).toHaveLength(1);
  });

  test('not in main where the kernel refuses the gateway there, and a note says so', () => {
    const other = { ...inSubnet(2, 3), ipv6: familyOf(['2001:db8:2::20'], ['2001:db8:2::/64'], 'fe80::1') };
    const holder = { ...primary, ipv6: familyOf(['2001:db8:2::5'], ['2001:db8:2::/64'], 'fe80::1') };
    const result = planOf([holder, dual, other], ['2001:db8:20::/48 via 2001:db8:2::9']);
    expect(routesTo(result, '2001:db8:20:')).toEqual(['eth1 28000: 2001:db8:20::/48 via 2001:db8:2::9']);
    expect(result.plan.enis[0]!.notes.join()).toContain('no route to 2001:db8:20::/48 in main: its gateway');
  });
});

describe('may not', () => {
  const other = inSubnet(2, 9, {
    ipv4: familyOf(['10.0.9.20'], ['10.0.9.0/24'], '10.0.9.1', ['10.77.0.0/28']),
  });
  test.each<[string, string, string?]>([
    ['0.0.0.0/0', 'it is every destination', 'set default-route = yes instead'],
    ['224.0.0.0/8', 'it overlaps 224.0.0.0/4, which no router leads to'],
    ['0.0.0.0/1', 'it overlaps 127.0.0.0/8, which no router leads to'],
    ['2001:db8:20::/48', 'the ENI has no IPv6'],
    [
      '10.0.2.128/25',
      'it overlaps 10.0.2.0/24, which the ENI has itself',
      'name the networks around that instead',
    ],
    ['10.0.1.128/25', `it overlaps 10.0.1.0/24, which the ENI with MAC ${primary.mac} has`],
    ['10.0.8.0/23', `it overlaps 10.0.9.0/24, which the ENI with MAC ${other.mac} has`],
    ['10.77.0.0/16', `it overlaps 10.77.0.0/28, which the ENI with MAC ${other.mac} has`],
    ['169.254.0.0/16', 'it contains 169.254.169.254, a service of the cloud'],
    ['198.51.100.0/24', 'it contains 198.51.100.3, an address or the gateway of the primary or another ENI'],
    [
      '10.20.0.0/16 via 10.0.9.7',
      "its gateway 10.0.9.7 is outside of the ENI's subnets",
      'name one in 10.0.2.0/24',
    ],
    [
      '10.20.0.0/16 via 10.0.2.255',
      'its gateway 10.0.2.255 is the broadcast address of 10.0.2.0/24',
      'name the address of the router',
    ],
    ['10.20.0.0/16 via 10.0.2.11', 'its gateway 10.0.2.11 is an address of this machine'],
    ['10.50.0.0/16', 'main has a route to it already (by wg0)'],
  ])('%s: %s', (line, why, todo = `take it out of [eni "${alone.mac}"]`) => {
    const more = {
      mainRoutes: [{ destination: cidr('10.50.0.0/16'), link: 'wg0' }],
      addresses: [
        {
          link: 'eth0',
          family: 4,
          ip: ip('198.51.100.3'),
          prefixLength: 32,
          scope: 'global',
          tentative: false,
          dynamic: false,
        },
      ] as const,
    };
    const { plan, refusals } = planOf([primary, alone, other], [line], more);
    const network = line.split(' ')[0];
    const text = `routes: ${network} is left out, because ${why}; ${todo}`;
    expect(refusals).toEqual([`${alone.id}: ${text}`]);
    expect(plan.enis[0]!.notes).toContain(text);
    expect(plan.enis[0]!.routes).toEqual(planOf([primary, alone, other], [], more).plan.enis[0]!.routes);
  });
});

test('one that somebody has typed in by the same link stays first, and is there after a boot as well', () => {
  const more = { mainRoutes: [{ destination: cidr('10.50.0.0/16'), link: 'eth1' }] };
  expect(planOf([primary, alone], ['10.50.0.0/16'], more).refusals).toEqual([]);
});
