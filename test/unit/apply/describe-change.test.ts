// A change in words: addresses by name, few routes and rules by name and many by number, and never more than a line.
import { expect, test } from 'vitest';
import { differencesOf } from '../../../agent/apply/eni-changes.ts';
import {
  deltaOf,
  deltaOfPlans,
  describeChange,
  describeDelta,
} from '../../../agent/apply/log/describe-change.ts';
import type { EniPlan } from '../../../agent/model/network-plan.ts';
import type { EniChange } from '../../../renderers/renderer.ts';
import { examplePlans, ip } from '../../support/example-plans.ts';
import { kernelOf } from '../../support/kernel-of.ts';

const [first, second] = examplePlans['static-two-enis']!.enis as [EniPlan, EniPlan];
const compare = { base: 28000, ruleProtocol: true };
const [address] = first.addresses;
const withAddresses = (...ips: readonly string[]): EniPlan => ({
  ...first,
  addresses: [...first.addresses, ...ips.map(text => ({ ...address!, ip: ip(text) }))],
});
const many = withAddresses(...Array.from({ length: 20 }, (_, n) => `10.0.2.${100 + n}`));

function said(change: EniChange, enis: readonly EniPlan[], drift: readonly string[] = []): string {
  const kernel = kernelOf(enis);
  const [difference] = differencesOf(kernel, [change], compare);
  return describeChange(change, deltaOf(change, difference!, kernel, compare), drift);
}

const own = first.addresses.map(a => a.ip);
const counts = (sign: string) => `${sign}${first.routes.length} routes, ${sign}${first.rules.length} rules`;

test('added and removed: all of it', () => {
  const came = said({ kind: 'added', after: first }, [second]);
  expect(came).toBe(`added: ${own.map(a => `+${a}`).join(', ')}, ${counts('+')}`);
  const went = `removed: ${own.map(a => `-${a}`).join(', ')}, ${counts('-')}`;
  expect(said({ kind: 'removed', before: first, linkPresent: true }, [first, second])).toBe(went);
  // The kernel has taken the addresses with the link.
  expect(said({ kind: 'removed', before: first, linkPresent: false }, [second])).toBe(went);
});

test('changed: what differs', () => {
  const more = withAddresses('10.0.2.77');
  expect(said({ kind: 'changed', before: first, after: more }, [first, second])).toBe('changed: +10.0.2.77');
  expect(said({ kind: 'changed', before: more, after: first }, [more, second])).toBe('changed: -10.0.2.77');
  expect(said({ kind: 'changed', before: first, after: { ...first, mtu: 1400 } }, [first])).toBe(
    'changed: +mtu 1400',
  );
  expect(said({ kind: 'changed', before: first, after: first }, [first])).toBe('changed');
});

test('many addresses: five, and how many more', () => {
  const line = said({ kind: 'changed', before: first, after: many }, [first]);
  expect(line).toBe('changed: +10.0.2.100, +10.0.2.101, +10.0.2.102, +10.0.2.103, +10.0.2.104, and 15 more');
});

test('a repair names a rule or a route, and what is no object of the kernel', () => {
  const [rule] = first.rules;
  const without: EniPlan = { ...first, rules: first.rules.slice(1) };
  const change: EniChange = { kind: 'changed', before: first, after: first };
  const line = said(change, [without], ['missing: rule of ours', '/etc/x was changed']);
  expect(line).toMatch(
    new RegExp(
      `^repaired: \\+rule ${rule!.priority} from ${rule!.from} .*lookup \\d+ .*, missing: rule of ours, /etc/x`,
    ),
  );
});

test('names say nothing twice', () => {
  const keys = [
    'address eth1 10.0.0.5/32',
    'address eth1 2001:db8::5/128',
    'address eth1 10.0.0.6/24',
    'address eth1 10.0.0.7 (dhcp)',
    'mtu eth1 9001',
    'route 28000 0.0.0.0/0 via 10.0.0.1 dev eth1',
    'rule 4 28600 from 10.0.0.0/24 iif lo lookup 28000',
  ];
  expect(describeDelta({ added: keys, removed: [] })).toEqual([
    '+10.0.0.5, +2001:db8::5, +10.0.0.6/24, +10.0.0.7 (dhcp)',
    '+mtu 9001',
    '+route 0.0.0.0/0 via 10.0.0.1 table 28000',
    '+rule 28600 from 10.0.0.0/24 iif lo lookup 28000',
  ]);
});

test('from plan to plan', () => {
  const more = withAddresses('10.0.2.77');
  expect(describeDelta(deltaOfPlans(more, first, compare))).toEqual(['-10.0.2.77']);
  expect(describeDelta(deltaOfPlans(undefined, undefined, compare))).toEqual([]);
});
