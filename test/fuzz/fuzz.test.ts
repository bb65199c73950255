// A short fuzz of every reader of text from outside: the whole corpus, with everything that once was a finding, and some thousand changed texts, always the same
// ones. `npm run fuzz` searches for new ones.
import { expect, test } from 'vitest';
import { explore, type Finding } from './explore.ts';
import { corpusOf } from './target.ts';
import { targets } from './targets/all.ts';

/** Of one target, the corpus included; and the processor time that it may take, for other runs are longer. */
const mostInputs = 400;
const mostCpuMs = 400;

/** Processor time is counted, not waiting; it takes longer all the same where the machine does much else, and without optimised code. */
const generous = { cpuMs: 5000, bytes: 200 * 1024 * 1024 };

test.each(targets)('$name', async target => {
  const texts = corpusOf(target).size;
  expect(texts).toBeGreaterThan(0);
  const begun = process.threadCpuUsage();
  const isOver = (inputs: number) => {
    const { user, system } = process.threadCpuUsage(begun);
    return inputs >= texts + mostInputs || (user + system) / 1000 > mostCpuMs;
  };
  const findings: Finding[] = [];
  const { inputs } = await explore(target, {
    isOver,
    seed: 1,
    limits: generous,
    onFinding: one => findings.push(one),
  });
  // As a regression it is a file below corpus/, which `npm run fuzz` writes.
  expect(
    findings.map(({ what, text }) => `${what.slice(0, 400)}: ${JSON.stringify(text.slice(0, 400))}`),
  ).toEqual([]);
  expect(inputs).toBeGreaterThanOrEqual(texts);
});
