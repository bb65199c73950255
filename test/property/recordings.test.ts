// Every recording for every backend: what the real consumer makes of the files is the plan of a fresh machine, and nothing else. The
// files are not kept: the plan of each recording is in test/golden/expected/recordings, the shapes of files in expected/backends.
import { expect, test } from 'vitest';
import { AgentError } from '../../agent/errors.ts';
import { backendNames } from '../../agent/model/host.ts';
import { renderers } from '../../renderers/registry.ts';
import { factsForBackend } from '../../renderers/releases/lookup.ts';
import { allWords } from '../support/example-plans.ts';
import { expectedLines } from '../support/parse-back/kernel-lines.ts';
import { parsers } from '../support/parse-back/parsers.ts';
import { allRecordings, freshPlanOf, recordedInstance } from '../support/recorded-instances.ts';
import { wordsFor } from '../support/recorded-proofs.ts';

test.each(allRecordings)('%s', async name => {
  const instance = await recordedInstance(name);
  if (instance instanceof AgentError) return;
  for (const backend of backendNames) {
    const facts = factsForBackend(backend);
    const plan = freshPlanOf(instance, wordsFor(backend, facts));
    const files = renderers[backend].render(plan.enis, facts);
    if (plan.enis.length === 0) expect(files, backend).toEqual([]);
    for (const eni of plan.enis)
      expect(parsers[backend](files, eni.link, facts), `${eni.link}, ${backend}`).toEqual(expectedLines(eni));
  }
});

test('most of them have something to render', async () => {
  const instances = await Promise.all(allRecordings.map(recordedInstance));
  const plans = instances.flatMap(i => (i instanceof AgentError ? [] : [freshPlanOf(i, allWords)]));
  expect(plans.filter(plan => plan.enis.length > 0).length).toBeGreaterThan(allRecordings.length * 0.8);
});
