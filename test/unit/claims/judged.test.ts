// The tables of SUSE's claims against what the real services did with each row (test/fixtures/judged, made by hand: Debian has no package of
// them). A new or changed row without a judgement fails here, and so does a difference without a reason.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ClaimCase } from '../../support/claim-cases.ts';
import { suseCases, wickedCases } from './suse-cases.ts';

interface Judged {
  readonly rows: Readonly<
    Record<string, { readonly files: string; readonly seen: string; readonly why?: string }>
  >;
}

const digestOf = (one: ClaimCase) =>
  createHash('sha256').update(JSON.stringify(one.files)).digest('hex').slice(0, 16);

describe.each([
  ['wicked', wickedCases],
  ['sles11', suseCases],
] as const)('%s', (service, cases) => {
  const file = new URL(`../../fixtures/judged/${service}.json`, import.meta.url);
  const { rows } = JSON.parse(readFileSync(file, 'utf8')) as Judged;

  test('each row has a judgement, and no judgement is of a row that has gone', () => {
    expect(Object.keys(rows)).toEqual(cases.map(one => one.name));
  });

  test.each(cases.map(one => [one.name, one] as const))('%s', (name, one) => {
    const row = rows[name]!;
    expect(row.files, 'the files have changed since: let the service judge them again').toBe(digestOf(one));
    const differs = (row.seen !== '') !== (one.expect === 'claimed');
    expect(row.why !== undefined && row.why !== '', `the service: ${row.seen || 'nothing'}`).toBe(differs);
  });
});
