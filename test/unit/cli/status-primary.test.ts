import { expect, test } from 'vitest';
import { describePrimary } from '../../../agent/cli/status/primary.ts';
import type { Cidr } from '../../../agent/model/address.ts';
import { ip } from '../../support/example-plans.ts';

const nothing = { kept: false, lacking: [], prefixes: [] };
const prefix = '10.0.0.16/28' as Cidr;
const hint = '"primary-addresses = yes" in [agent] adds them';

test.each([
  ['nothing of it', nothing, ['eth0, not managed']],
  [
    'an address, and the option is off',
    { ...nothing, lacking: [ip('10.0.0.11')] },
    ['eth0, not managed', `lacks 10.0.0.11, which the cloud has for it: ${hint}`],
  ],
  [
    'many',
    { ...nothing, lacking: ['10.0.0.11', '10.0.0.12', '10.0.0.13', '10.0.0.14', '2001:db8::1'].map(ip) },
    [
      'eth0, not managed',
      `lacks 10.0.0.11, 10.0.0.12, 10.0.0.13 and 2 more, which the cloud has for it: ${hint}`,
    ],
  ],
  [
    'the option is on, and one is not there yet',
    { ...nothing, kept: true, lacking: [ip('10.0.0.11')] },
    [
      'eth0, not managed but for its secondary addresses (primary-addresses)',
      'lacks 10.0.0.11, which the cloud has for it: "eni-agent once" adds them',
    ],
  ],
  [
    'a prefix',
    { ...nothing, prefixes: [prefix] },
    ['eth0, not managed', '10.0.0.16/28 is delegated to it: nothing is set for that'],
  ],
])('%s', (_what, onPrimary, lines) => {
  expect(describePrimary({ primaryLink: 'eth0', onPrimary })).toEqual(lines);
});

test('no primary', () =>
  expect(describePrimary({ primaryLink: undefined, onPrimary: nothing })).toEqual(['not found']));
