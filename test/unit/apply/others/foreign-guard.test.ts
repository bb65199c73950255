// What others have beside our ENIs: found before an apply, missed after it, and the words that put it back. Tables.
import { describe, expect, test } from 'vitest';
import { foreignObjects, lostForeign } from '../../../../agent/apply/others/foreign-guard.ts';
import type { KernelState } from '../../../../agent/model/kernel-state.ts';
import { parseRules } from '../../../../agent/system/kernel/ip-rules.ts';
import { standardTables } from '../../../../agent/system/kernel/ip-words.ts';
import { examplePlans } from '../../../support/example-plans.ts';
import { kernelOf } from '../../../support/kernel-of.ts';
import { addressOn, routeBy } from '../../../support/plan-parts.ts';

const { enis } = examplePlans['static-dual-stack']!;
const ours = kernelOf(enis);
const options = { base: 28000, ruleProtocol: true };
const known = new Set(['eth1']);
const rules = (text: string) => parseRules(text, 4, standardTables);
const withRules = (text: string): KernelState => ({ ...ours, rules: [...ours.rules, ...rules(text)] });
const linesOf = (state: KernelState, links: ReadonlySet<string> = known) =>
  foreignObjects(state, enis, links, options).map(o => o.add);

test('nothing of ours is foreign', () => {
  expect(linesOf(ours)).toEqual([]);
});

describe('rules', () => {
  test.each([
    ['500:\tfrom 192.0.2.0/24 lookup 77', 'rule add from 192.0.2.0/24 lookup 77 priority 500'],
    [
      '100:\tfrom all fwmark 0x1/0xff lookup main proto static',
      'rule add from all fwmark 0x1/0xff lookup main proto static priority 100',
    ],
    ['9:\tnot from all iif eth0 unreachable', 'rule add not from all iif eth0 unreachable priority 9'],
    // Between ours, and to our table: still somebody else's.
    ['28310:\tfrom 192.0.2.0/24 lookup 28000', 'rule add from 192.0.2.0/24 lookup 28000 priority 28310'],
  ])('%s', (text, line) => {
    expect(linesOf(withRules(text))).toEqual([line]);
    expect(linesOf(withRules(text), new Set())).toEqual([line]);
  });

  test('a rule that is shown with a remark cannot be added by its words', () => {
    expect(linesOf(withRules('20:\tfrom all iif gone0 [detached] lookup 77'))).toEqual([]);
  });
});

describe('addresses and routes', () => {
  const state: KernelState = {
    ...ours,
    addresses: [...ours.addresses, addressOn('eth1', '10.0.2.200/32'), addressOn('eth9', '10.9.0.1/24')],
    routes: [
      ...ours.routes,
      routeBy('eth1', '10.50.0.0/16', {
        table: 254,
        text: '10.50.0.0/16 dev eth1 scope link',
        protocol: 'boot',
      }),
      routeBy('eth1', '10.51.0.0/16', { table: 254, protocol: 'kernel' }),
      routeBy('eth1', '10.52.0.0/16', { table: 28000, protocol: 'static' }),
    ],
  };

  test('on the links of known ENIs', () => {
    expect(linesOf(state)).toEqual([
      'addr add 10.0.2.200/32 dev eth1',
      'route add 10.50.0.0/16 dev eth1 scope link',
    ]);
  });

  test('not on a link that the image configured until now: its catch-all has to go', () => {
    expect(linesOf(state, new Set())).toEqual([]);
  });

  test('not what an apply takes away on purpose: the connected route of the ENI, and a default route by it in main', () => {
    const leaked = [
      routeBy('eth1', '10.0.2.0/24', { table: 254, protocol: 'boot' }),
      routeBy('eth1', '0.0.0.0/0', { table: 254, protocol: 'static' }),
    ];
    expect(linesOf({ ...ours, routes: [...ours.routes, ...leaked] })).toEqual([]);
  });

  test('a lease is no address of somebody', () => {
    const leased = { ...addressOn('eth1', '10.0.2.201/24'), dynamic: true };
    expect(linesOf({ ...ours, addresses: [...ours.addresses, leased] })).toEqual([]);
  });

  test('lost is what is missing, where it can come back', () => {
    const before = foreignObjects(state, enis, known, options);
    expect(lostForeign(before, state)).toEqual([]);
    expect(lostForeign(before, ours)).toEqual(before);
    const down = { ...ours, links: ours.links.map(l => ({ ...l, up: false })) };
    expect(lostForeign(before, down)).toEqual([]);
    const rule = foreignObjects(withRules('500:\tfrom 192.0.2.0/24 lookup 77'), enis, known, options);
    expect(lostForeign(rule, down)).toEqual(rule);
  });
});
