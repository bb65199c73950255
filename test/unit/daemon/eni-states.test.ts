import { describe, expect, test } from 'vitest';
import { eniStates, waitingReasons } from '../../../agent/daemon/eni-states.ts';
import type { EniState } from '../../../agent/daemon/report.ts';
import type { SkippedEni } from '../../../agent/model/network-plan.ts';
import { macA, macB, passOf } from './made-up-pass.ts';

const t1 = '2026-01-15T10:00:00.000Z';
const t2 = '2026-01-15T10:05:00.000Z';

const reasons: Readonly<Record<SkippedEni['reason'], readonly [EniState | undefined, late: boolean]>> = {
  primary: [undefined, false],
  ignored: ['left-alone', false],
  'no-ip': ['left-alone', false],
  'no-link': ['waiting', true],
  'ambiguous-link': ['waiting', true],
  'incomplete-metadata': ['waiting', true],
  'invalid-metadata': ['waiting', true],
  'reload-unsafe': ['waiting', false],
  'configured-elsewhere': ['left-alone', false],
  'foreign-file': ['left-alone', false],
  'no-free-slot': ['left-alone', false],
  port: ['left-alone', false],
  failed: ['failed', false],
  contested: ['left-alone', false],
  'filtered-link': ['left-alone', false],
};

describe('an ENI that is skipped', () => {
  test.each(Object.entries(reasons))('%s: %j', (reason, [state, late]) => {
    const pass = passOf({ skipped: [{ reason: reason as SkippedEni['reason'] }] });
    expect(eniStates([], pass, [], t1).map(e => e.state)).toEqual(state === undefined ? [] : [state]);
    expect(waitingReasons(pass, [])).toEqual(late ? ['eni-2: why'] : []);
  });
});

test('what is waited for: skipped ENIs, leases, problems, links nobody knows', () => {
  const pass = passOf({
    enis: [{ awaiting: 'dhcp-lease' }, { mac: macB }],
    skipped: [{ reason: 'no-link', eniId: undefined, text: 'no link has this MAC' }],
    problems: [{ subject: 'ENI x', text: 'ipv6s answered 503' }],
  });
  expect(waitingReasons(pass, ['eth7'])).toEqual([
    `${macB}: no link has this MAC`,
    'eth1: the DHCP lease',
    'ENI x: ipv6s answered 503',
    'eth7: not in the metadata yet',
  ]);
});

test('since: from the look at which the state began', () => {
  const working = eniStates([], passOf({ enis: [{}] }), [], t1);
  expect(eniStates(working, passOf({ enis: [{}] }), [], t2)[0]).toMatchObject({
    state: 'working',
    since: t1,
  });
  const waiting = eniStates(working, passOf({ enis: [{ awaiting: 'dhcp-lease' }] }), [], t2)[0];
  expect(waiting).toMatchObject({ state: 'waiting', since: t2, text: 'for the DHCP lease' });
});

test('contested: what is undone, and the last error stays when it is over', () => {
  const contested = eniStates(
    [],
    passOf({ enis: [{}, { mac: macB }] }),
    [{ mac: macA, lines: ['a', 'b'], byService: false }],
    t1,
  );
  expect(contested.map(e => e.state)).toEqual(['contested', 'working']);
  expect(contested[0]).toMatchObject({ text: 'something keeps undoing it: a; b', lastError: { at: t1 } });
  const [after] = eniStates(contested, passOf({ enis: [{}] }), [], t2);
  expect(after).toMatchObject({ state: 'working', since: t2, text: undefined, lastError: { at: t1 } });
});

test('an ENI that has lost its link keeps the name for the eye; one that has gone is gone', () => {
  const working = eniStates([], passOf({ enis: [{ mac: macB }] }), [], t1);
  const [lost] = eniStates(working, passOf({ skipped: [{ reason: 'no-link' }] }), [], t2);
  expect(lost).toMatchObject({ link: 'eth1', state: 'waiting' });
  expect(eniStates(working, passOf(), [], t2)).toEqual([]);
});
