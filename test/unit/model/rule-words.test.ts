// Which words of the rules a kernel and a service have: what the probe says, less what the service cannot say.
import { expect, test } from 'vitest';
import { ruleWordsOf } from '../../../agent/model/rule-words.ts';
import { networkdRuleLimits } from '../../../renderers/networkd/sections.ts';
import { renderers } from '../../../renderers/registry.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';

const all = { suppressPrefixLength: true, suppressGroup: true, ruleOif: true, ruleProtocol: true };

test.each([
  [
    'everything',
    all,
    {},
    { suppressPrefixLength: true, primaryGroup: 20_000, links: true, boundSockets: true },
  ],
  [
    'a kernel without the group',
    { ...all, suppressGroup: false },
    {},
    { suppressPrefixLength: true, primaryGroup: undefined, links: true, boundSockets: true },
  ],
  [
    'a service without the group',
    all,
    { primaryGroup: false as const },
    { suppressPrefixLength: true, primaryGroup: undefined, links: true, boundSockets: true },
  ],
  [
    'a service that cannot bear links',
    all,
    { links: false as const },
    { suppressPrefixLength: true, primaryGroup: 20_000, links: false, boundSockets: false },
  ],
  [
    'a kernel or an ip without oif',
    { ...all, ruleOif: false },
    {},
    { suppressPrefixLength: true, primaryGroup: 20_000, links: true, boundSockets: false },
  ],
])('%s', (_name, kernel, limits, words) => {
  expect(ruleWordsOf(kernel, limits, 20_000)).toEqual(words);
});

test.each([
  ['237', { links: false }],
  ['239', { links: false }],
  ['240', {}],
  ['244', {}],
  ['245', { primaryGroup: false }],
  ['249', { primaryGroup: false }],
  ['250', {}],
  ['257', {}],
])('systemd-networkd %s lacks %j', (systemd, limits) => {
  const facts = { ...factsForBackend('networkd'), versions: { systemd } };
  expect(networkdRuleLimits(facts)).toEqual(limits);
  expect(renderers.netplan.ruleLimits?.(facts)).toEqual(limits);
});

test('the other services say all, in their files or by a script', () => {
  const limited = Object.entries(renderers).flatMap(([name, { ruleLimits }]) =>
    ruleLimits === undefined ? [] : [name],
  );
  expect(limited.sort()).toEqual(['netplan', 'networkd']);
});
