// Runs a table of host states: through the renderer, and as a person asks, `owner --root`.
import { describe, expect, test } from 'vitest';
import type { BackendName } from '../../../agent/model/host.ts';
import { type ClaimCase, claimsIn, ownerBelow, place, verdict } from '../../support/claim-cases.ts';

/** @param host name of a file in test/fixtures/hosts */
export function runCases(
  host: string,
  backend: BackendName,
  link: string,
  cases: readonly ClaimCase[],
): void {
  describe(`${host}, ${link}`, () => {
    test.each(cases)('$name: $expect', async one => {
      const claims = await claimsIn(host, link, one);
      expect(verdict(claims), JSON.stringify(claims)).toBe(one.expect);
      if (one.at !== undefined) expect(place(claims[0]!)).toBe(one.at);
    });

    // What only the running machine knows is not below a folder.
    const known = cases.filter(one => one.link === undefined && one.facts === undefined);
    test.each(known)('asked by `owner --root`, $name: $expect', async one => {
      expect(await ownerBelow(backend, link, one)).toBe(one.expect);
    });
  });
}
