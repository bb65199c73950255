// The rules of `forward = yes` in the kernel: which of them are known as the agent's own, and the order in which they come and go.
import { describe, expect, test } from 'vitest';
import { compareEni } from '../../../agent/apply/compare.ts';
import { additions, removals } from '../../../agent/apply/live.ts';
import { ownShaped } from '../../../agent/apply/own-objects.ts';
import type { KernelRule } from '../../../agent/model/kernel-state.ts';
import { cidr, examplePlans } from '../../support/example-plans.ts';
import { kernelOf } from '../../support/kernel-of.ts';
import { emptyKernel, ruleOf } from '../../support/plan-parts.ts';

const plan = examplePlans['static-forward']!.enis[0]!;
const options = { base: 28000, ruleProtocol: false };
const isForward = (r: { priority: number }) => r.priority >= 28900 && r.priority < 33000;
const plain = { ...plan, rules: plan.rules.filter(r => !isForward(r)) };
const ofIpv4 = (batches: ReturnType<typeof additions>) => batches.find(b => b.family === 4)!.lines;

test('all of them are the ENI’s own, and nothing else is to be done', () => {
  const kernel = kernelOf([plan]);
  expect(compareEni(kernel, plan, plan, options)).toMatchObject({ missing: [], stale: [] });
  const own = ownShaped(kernel, plan, 28000).map(o => o.key);
  expect(own.filter(key => key.startsWith('rule'))).toHaveLength(plan.rules.length);
});

describe('somebody’s', () => {
  const to = cidr('10.0.2.0/24');
  const rule = (priority: number, table: number, more: Partial<KernelRule>): KernelRule => ({
    ...ruleOf(priority, '10.9.9.0/24', table),
    from: undefined,
    to,
    ...more,
  });
  test.each([
    ['with another number', rule(28600, 28000, {})],
    ['to main, for everything', rule(28900, 254, {})],
    ['to main, in by a bridge', rule(28900, 254, { iif: 'docker0' })],
    ['to main, from a source and made here', rule(28900, 254, { iif: 'lo', from: cidr('10.9.9.0/24') })],
    ['to main with the other number', rule(29200, 254, { iif: 'lo' })],
    ['to the table with the number of main', rule(28900, 28000, {})],
    ['to the table, in by a bridge', rule(29200, 28000, { iif: 'docker0' })],
    ['to the table, bound to a link', rule(29200, 28000, { oif: 'eth1', iif: 'lo' })],
    ['to another table', rule(29200, 500, {})],
    ['with a mark', rule(29200, 28000, { opaque: 'fwmark 0x1' })],
  ])('%s', (_name, one) => {
    const rules = ownShaped({ ...emptyKernel, rules: [one] }, plan, 28000).map(o => o.key);
    // `oif` has been known as the ENI's own before.
    expect(rules).toHaveLength(one.oif === undefined ? 0 : 1);
  });
});

test('main is asked before the table takes over, and until it has gone', () => {
  const own = 'from all to 10.0.2.0/24 iif lo lookup 254 priority 28900';
  const table = 'from all to 10.0.2.0/24 lookup 28000 priority 29200';
  const added = additions([compareEni(kernelOf([plain]), plan, plain, options)]);
  expect(ofIpv4(added)).toEqual([`rule add ${own}`, `rule add ${table}`]);
  const removed = removals([compareEni(kernelOf([plan]), plain, plan, options)]);
  expect(ofIpv4(removed)).toEqual([`rule del ${table}`, `rule del ${own}`]);
});
