// Every host fixture: the facts of one machine, and the backend with the whole line of evidence that they must lead to.
// A fixture is { about, facts, expect: { backend, evidence } }; to add a machine, add a file.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { BackendName, HostFacts } from '../../agent/model/host.ts';
import { explainSelection, selectBackend } from '../../renderers/detect/select.ts';

interface HostFixture {
  readonly about: string;
  readonly facts: HostFacts;
  readonly expect: { readonly backend: BackendName | null; readonly evidence: string };
}

const folder = new URL('../fixtures/hosts/', import.meta.url);
const names = readdirSync(folder).filter(name => name.endsWith('.json'));

const fixtures = names.map(
  name => [name, JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as HostFixture] as const,
);

describe('the backend of a host', () => {
  test.each(fixtures)('%s', (_name, fixture) => {
    const selection = selectBackend(fixture.facts);
    expect(explainSelection(selection)).toBe(fixture.expect.evidence);
    expect(selection.backend ?? null).toBe(fixture.expect.backend);
    // An answer without a reason, or a refusal without one, helps nobody.
    if (selection.backend !== undefined) expect(selection.evidence).not.toHaveLength(0);
    else expect(selection.problem).toBeTruthy();
  });

  test('the answer does not come from the name of the distribution', () => {
    for (const [, { facts, expect: wanted }] of fixtures) {
      const nameless = { ...facts, os: { id: '', versionId: '', prettyName: '' } };
      expect(selectBackend(nameless).backend ?? null).toBe(wanted.backend);
    }
  });

  test('there are at least 25 hosts, every backend among them, and some without an answer', () => {
    const backends = new Set(fixtures.map(([, fixture]) => fixture.expect.backend));
    expect(fixtures.length).toBeGreaterThanOrEqual(25);
    expect(backends.size).toBe(9);
  });
});
