// What the first edition of the rules has left in the state file is read as rules of today, so that the next pass knows what is to go.
import { describe, expect, test } from 'vitest';
import { compareEni, describeDifference } from '../../../agent/apply/compare.ts';
import { changeOfToday, planOfToday } from '../../../agent/apply/earlier-plans.ts';
import { planObjects } from '../../../agent/apply/kernel-objects.ts';
import type { EniPlan } from '../../../agent/model/network-plan.ts';
import { cidr, examplePlans } from '../../support/example-plans.ts';
import { kernelOf } from '../../support/kernel-of.ts';

const [today] = examplePlans['static-ipv4-mtu']!.enis as [EniPlan];
const options = { base: 28000, ruleProtocol: false };
/** As 0.2 wrote it. */
const earlierRule = (priority: number, table: number, suppressDefault: boolean, to?: string) => ({
  family: 4,
  priority,
  from: cidr('10.0.2.0/24'),
  ...(to === undefined ? {} : { to: cidr(to) }),
  localOnly: table !== 254,
  table,
  suppressDefault,
});
const earlier = {
  ...today,
  routes: today.routes.filter(r => r.destination !== '10.0.1.0/24'),
  rules: [
    earlierRule(28000, 28000, false, '10.0.1.0/24'),
    earlierRule(28300, 254, true),
    earlierRule(28600, 28000, false),
  ],
} as unknown as EniPlan;

const ruleWords = (plan: EniPlan) =>
  planObjects(plan, options)
    .filter(o => o.kind === 'rule')
    .map(o => o.add);

test('its rules have the words that they had', () => {
  expect(ruleWords(planOfToday(earlier))).toEqual([
    'rule add from 10.0.2.0/24 to 10.0.1.0/24 iif lo lookup 28000 priority 28000',
    'rule add from 10.0.2.0/24 lookup 254 suppress_prefixlength 0 priority 28300',
    'rule add from 10.0.2.0/24 iif lo lookup 28000 priority 28600',
  ]);
  expect(planOfToday(earlier).rules.some(r => 'suppressDefault' in r)).toBe(false);
});

test('a plan of today stays as it is, also after it was written and read', () => {
  expect(planOfToday(today)).toEqual(today);
  expect(ruleWords(planOfToday(JSON.parse(JSON.stringify(today)) as EniPlan))).toEqual(ruleWords(today));
});

test('from one to the other: the new rules are missing, the old ones left over, and what is the same stays', () => {
  const before = planOfToday(earlier);
  const lines = describeDifference(compareEni(kernelOf([before]), today, before, options));
  expect(lines).toEqual([
    'missing: route 28000 10.0.1.0/24 via 10.0.2.253 dev eth1',
    'missing: rule 4 28000 from 10.0.2.0/24 iif lo lookup 28000 suppress_prefixlength 0',
    'missing: rule 4 28300 from 10.0.2.0/24 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000',
    'missing: rule 4 33000 from all oif eth1 lookup 28000',
    'left over: rule 4 28000 from 10.0.2.0/24 to 10.0.1.0/24 iif lo lookup 28000',
    'left over: rule 4 28300 from 10.0.2.0/24 lookup 254 suppress_prefixlength 0',
  ]);
});

describe('a change in a checkpoint', () => {
  const plans = (change: object) => Object.values(change).filter(v => typeof v === 'object') as EniPlan[];
  test.each([
    { kind: 'added', after: earlier },
    { kind: 'removed', before: earlier, linkPresent: true },
    { kind: 'changed', before: earlier, after: earlier },
  ] as const)('$kind', change => {
    const read = changeOfToday(change);
    expect(read.kind).toBe(change.kind);
    for (const plan of plans(read)) expect(plan).toEqual(planOfToday(earlier));
    if (change.kind === 'removed') expect(read).toMatchObject({ linkPresent: true });
  });
});
