// `forward = yes`: the rules by which the machine is a router or NAT appliance on an ENI, and the subnets that get none.
import { describe, expect, test } from 'vitest';
import { ruleText } from '../../../agent/cli/describe.ts';
import type { PlanInput } from '../../../agent/plan/plan-input.ts';
import { allWords, cidr } from '../../support/example-plans.ts';
import { alone, inSubnet, primary, resultOf, settingsWith } from '../../support/plan-machine.ts';
import { eniOf, familyOf } from '../../support/plan-parts.ts';

const settings = settingsWith(1, { forward: true });
const planned = (enis: Parameters<typeof resultOf>[0], more: Partial<PlanInput> = {}) => {
  const { plan, refusals } = resultOf(enis, { settings, ...more });
  const [eni] = plan.enis;
  return {
    rules: eni!.rules.filter(r => r.priority >= 28900 && r.priority < 33000).map(ruleText),
    refusals,
    notes: eni!.notes,
  };
};
const containers = { mainRoutes: [{ destination: cidr('10.0.2.64/26'), link: 'docker0' }] };

describe('gets', () => {
  test('two rules for each subnet, in both families', () => {
    const dual = { ...alone, ipv6: familyOf(['2001:db8:2::10'], ['2001:db8:2::/64'], 'fe80::1') };
    expect(planned([primary, dual]).rules).toEqual([
      '28900: from all to 10.0.2.0/24 iif lo lookup main',
      '28900: from all to 2001:db8:2::/64 iif lo lookup main',
      '29200: from all to 10.0.2.0/24 lookup 28000',
      '29200: from all to 2001:db8:2::/64 lookup 28000',
    ]);
  });

  test('what main has inside of the subnet before the subnet', () => {
    expect(planned([primary, alone], containers).rules).toEqual([
      '28900: from all to 10.0.2.0/24 lookup main suppress_prefixlength 24 suppress_ifgroup 28000',
      '28900: from all to 10.0.2.0/24 iif lo lookup main',
      '29200: from all to 10.0.2.0/24 lookup 28000',
    ]);
  });

  test('main for the containers of the primary', () => {
    const holder = eniOf(0, familyOf(['10.0.1.10'], ['10.0.1.0/24'], '10.0.1.1', ['10.0.1.64/28']));
    expect(planned([holder, alone]).rules).toEqual([
      '28900: from 10.0.1.64/28 to 10.0.2.0/24 lookup main',
      '28900: from all to 10.0.2.0/24 iif lo lookup main',
      '29200: from all to 10.0.2.0/24 lookup 28000',
    ]);
  });

  test('the same without suppress words', () => {
    const words = { ...allWords, suppressPrefixLength: false, primaryGroup: undefined };
    expect(planned([primary, alone], { words })).toEqual({
      rules: [
        '28900: from all to 10.0.2.0/24 iif lo lookup main',
        '29200: from all to 10.0.2.0/24 lookup 28000',
      ],
      refusals: [],
      notes: [],
    });
  });

  test('nothing without the option', () => {
    expect(planned([primary, alone], { settings: settingsWith(1, {}) }).rules).toEqual([]);
    expect(planned([primary, inSubnet(1, 2), inSubnet(2, 3)]).rules.join()).not.toContain('10.0.3.0/24');
  });
});

describe('is left out', () => {
  const end = `take the key "forward" out of [eni "${alone.mac}"]`;
  const shared = `forward: 10.0.2.0/24 is left out, because the primary or another ENI has a part of it; ${end}`;
  const older = { ...allWords, suppressPrefixLength: false, primaryGroup: undefined };
  test.each([
    ['a subnet that another ENI has too', [primary, alone, inSubnet(2, 2)], {}, shared],
    [
      'a service that cannot say it',
      [primary, alone],
      { words: { ...allWords, links: false, boundSockets: false } },
      `forward is left out, because systemd-networkd before 240 cannot bear "iif" in a rule; ${end}`,
    ],
    [
      'containers inside, on an old kernel',
      [primary, alone],
      { ...containers, words: older },
      `forward: 10.0.2.0/24 is left out, because main has 10.0.2.64/26 in it, and this kernel has no "suppress_prefixlength" (Linux 3.12); ${end}`,
    ],
  ])('%s', (_name, enis, more, text) => {
    expect(planned(enis, more)).toEqual({ rules: [], refusals: [`${alone.id}: ${text}`], notes: [text] });
  });
});
