// Whose a link is on a machine with systemd-networkd.
import { describe, expect, test } from 'vitest';
import { claimsIn, ownerBelow, place, verdict } from '../../support/claim-cases.ts';
import { networkdCases } from './networkd-cases.ts';

describe('amazon-linux-2023, ens6', () => {
  test.each(networkdCases)('$name: $expect', async one => {
    const claims = await claimsIn('amazon-linux-2023', 'ens6', one);
    expect(verdict(claims), JSON.stringify(claims)).toBe(one.expect);
    if (one.at !== undefined) expect(place(claims[0]!)).toMatch(one.at);
  });

  // What only the running machine knows is not below a folder.
  const known = networkdCases.filter(one => one.link === undefined && one.facts === undefined);
  test.each(known)('asked by `owner --root`, $name: $expect', async one => {
    expect(await ownerBelow('networkd', 'ens6', one)).toBe(one.expect);
  });
});
