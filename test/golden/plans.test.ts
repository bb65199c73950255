// What each recording says, and what is planned for it, as one text; and the example plans, with which expected/backends is made. A
// change of the plan shows here and nowhere else: renderers.test.ts renders the examples alone.

import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { AgentError } from '../../agent/errors.ts';
import { providerNames } from '../../agent/model/instance.ts';
import { allWords, examplePlans } from '../support/example-plans.ts';
import { expectEntries, expectText, expectTree, type Tree } from '../support/expected/file-tree.ts';
import { instanceText } from '../support/expected/instance-text.ts';
import { differenceText, planText } from '../support/expected/plan-text.ts';
import { allRecordings, freshPlanOf, recordedInstance } from '../support/recorded-instances.ts';

/** The instance, its plan, and what is otherwise where the kernel cannot suppress main's default route (EL6 and EL7, SLES 11). */
async function recordingText(name: string): Promise<string> {
  const instance = await recordedInstance(name);
  if (instance instanceof AgentError) return instanceText(instance);
  const plan = planText(freshPlanOf(instance, allWords));
  const difference = differenceText(
    plan,
    planText(freshPlanOf(instance, { ...allWords, suppressPrefixLength: false, primaryGroup: undefined })),
  );
  const without = difference === '' ? '' : `\nwithout suppress_prefixlength\n${difference}`;
  return `${instanceText(instance)}\n${plan}${without}`;
}

describe('recordings', () => {
  test.each(allRecordings)('%s', async name => {
    expectText(`recordings/${name}.txt`, await recordingText(name));
  });

  test('no other, and some of every cloud', () => {
    expectEntries('recordings', providerNames);
    for (const cloud of providerNames) {
      const texts = allRecordings.filter(n => n.startsWith(`${cloud}/`)).map(n => `${path.basename(n)}.txt`);
      expect(texts.length).toBeGreaterThan(0);
      expectEntries(`recordings/${cloud}`, texts);
    }
  });
});

test('example plans', () => {
  const tree: Tree = Object.fromEntries(
    Object.entries(examplePlans).map(([name, plan]) => [`${name}.txt`, planText(plan)]),
  );
  expectTree('plans', tree);
});

test('nothing else is expected', () => {
  expectEntries('.', ['backends', 'plans', 'recordings']);
});
