// Whose a rule with a mark is: the ENI's only with the mark of its slot, its number and its table.
import { expect, test } from 'vitest';
import { ownShaped } from '../../../agent/apply/own-objects.ts';
import type { KernelRule } from '../../../agent/model/kernel-state.ts';
import { parseRules } from '../../../agent/system/kernel/ip-rules.ts';
import { examplePlans } from '../../support/example-plans.ts';
import { emptyKernel } from '../../support/plan-parts.ts';

const plan = examplePlans['static-dual-stack']!.enis[0]!;
const owned = (line: string) => {
  const rules: readonly KernelRule[] = parseRules(line, 4, new Map());
  return ownShaped({ ...emptyKernel, rules }, plan, 28000).map(o => o.remove);
};

test('its own', () => {
  const words = 'fwmark 0x1000000/0xff000000 lookup 28000';
  expect(owned(`28600:\tfrom all ${words}`)).toEqual([`rule del from all ${words} priority 28600`]);
  const inMain = 'fwmark 0x1000000/0xff000000 lookup 254 suppress_prefixlength 0';
  expect(owned(`28300:\tfrom all ${inMain}`)).toEqual([`rule del from all ${inMain} priority 28300`]);
});

test.each([
  '28600:\tfrom all fwmark 0x2000000/0xff000000 lookup 28000',
  '28600:\tfrom all fwmark 0x1000000 lookup 28000',
  '28600:\tfrom all fwmark 0x1/0xff lookup 28000',
  '28600:\tfrom all fwmark 0x1000000/0xff000000 lookup 99',
  '28599:\tfrom all fwmark 0x1000000/0xff000000 lookup 28000',
  '28600:\tnot from all fwmark 0x1000000/0xff000000 lookup 28000',
  '28300:\tfrom all fwmark 0x1000000/0xff000000 lookup 254',
])('somebody’s: %s', line => {
  expect(owned(line)).toEqual([]);
});
