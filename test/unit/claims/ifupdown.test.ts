// Whose a link is on a machine with ifupdown.
import { describe, expect, test } from 'vitest';
import { claimsIn, place, verdict } from '../../support/claim-cases.ts';
import { chosenCases, lineCases, partCases, sourceCases } from './ifupdown-cases.ts';

describe.each([
  ['files', sourceCases],
  ['lines', lineCases],
  ['other names', chosenCases],
  ['parts', partCases],
])('debian-11, eth1: %s', (_what, cases) => {
  test.each(cases)('$name: $expect', async one => {
    const claims = await claimsIn('debian-11', 'eth1', one);
    expect(verdict(claims), JSON.stringify(claims)).toBe(one.expect);
    if (one.at !== undefined) expect(place(claims[0]!)).toBe(one.at);
  });
});
