// `[routing] published-ports = yes` in a plan: rules by the mark of the ENI, and who gets none.
import { expect, test } from 'vitest';
import { ruleText } from '../../../agent/cli/describe.ts';
import { defaultSettings } from '../../../agent/config/read-settings.ts';
import { allWords } from '../../support/example-plans.ts';
import { alone, inSubnet, primary, resultOf } from '../../support/plan-machine.ts';
import { macOf } from '../../support/plan-parts.ts';

const settings = { ...defaultSettings, routing: { ...defaultSettings.routing, publishedPorts: true } };

test('each ENI has its own mark, whether it has its subnet for itself or not', () => {
  const { plan } = resultOf([primary, alone, inSubnet(2, 1)], { settings });
  const marked = plan.enis.map(eni => eni.rules.map(ruleText).filter(text => text.includes('fwmark')));
  const rules = (mark: string, slot: number) => [
    `${28000 + slot}: from all fwmark ${mark} lookup ${28000 + slot} suppress_prefixlength 0`,
    `${28300 + slot}: from all fwmark ${mark} lookup main suppress_prefixlength 0 suppress_ifgroup 28000`,
    `${28600 + slot}: from all fwmark ${mark} lookup ${28000 + slot}`,
  ];
  expect(marked).toEqual([rules('0x1000000/0xff000000', 0), rules('0x2000000/0xff000000', 1)]);
});

test('all else of the plan is as without it', () => {
  const enis = [primary, alone, inSubnet(2, 1)];
  const { plan } = resultOf(enis, { settings });
  const without = { ...plan, enis: plan.enis.map(e => ({ ...e, rules: e.rules.filter(r => !r.fwmark) })) };
  expect(without).toEqual(resultOf(enis).plan);
});

test.each([
  ['slot 255 has no mark left', { keptSlots: new Map([[macOf(1), 255]]) }],
  ['the kernel has no suppress_prefixlength', { words: { ...allWords, suppressPrefixLength: false } }],
])('none, and a note: %s', (why, more) => {
  const { plan } = resultOf([primary, alone], { settings, ...more });
  expect(plan.enis[0]!.rules.filter(r => r.fwmark !== undefined)).toEqual([]);
  expect(plan.enis[0]!.notes).toEqual([`published-ports: not for this ENI, because ${why}`]);
});
