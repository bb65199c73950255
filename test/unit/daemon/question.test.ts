import { expect, test } from 'vitest';
import { joinQuestions, type Question, startAsking } from '../../../agent/daemon/question.ts';
import { AgentError } from '../../../agent/errors.ts';
import type { MetadataSource } from '../../../agent/metadata/metadata-source.ts';
import type { InstanceReading } from '../../../agent/metadata/read-instance.ts';

const reading = { requests: 3 } as InstanceReading;
const question: Question = { triggers: new Set(['timer']), whole: false, requests: ['a'] };

function source(read: MetadataSource['read']): MetadataSource & { forgotten: number } {
  return {
    forgotten: 0,
    read,
    close: () => undefined,
    requests: () => 0,
    forget() {
      this.forgotten += 1;
    },
  };
}

async function answered(signal: AbortSignal): Promise<void> {
  if (!signal.aborted)
    await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }));
}

test('no answer before there is one; then the signal', async () => {
  let answer: (reading: InstanceReading) => void = () => undefined;
  const asking = startAsking(
    source(() => new Promise(resolve => (answer = resolve))),
    question,
  );
  await new Promise(resolve => setImmediate(resolve));
  expect(asking).toMatchObject({ answer: undefined, requests: ['a'] });
  expect(asking.answered.aborted).toBe(false);
  answer(reading);
  await answered(asking.answered);
  expect(asking.answer).toBe(reading);
});

test.each([
  ['an error of ours', new AgentError('metadata-unreachable', 'nobody there'), 'metadata-unreachable'],
  ['a defect', new TypeError('x is not a function'), 'bug'],
])('%s is an answer too', async (_name, error, code) => {
  const asking = startAsking(
    source(() => Promise.reject(error)),
    question,
  );
  await answered(asking.answered);
  expect(asking.answer).toMatchObject({ code });
  expect((asking.answer as AgentError).message).toContain(error.message);
});

test('only a question about everything forgets', () => {
  const made = source(() => Promise.resolve(reading));
  startAsking(made, question);
  expect(made.forgotten).toBe(0);
  startAsking(made, { ...question, whole: true });
  expect(made.forgotten).toBe(1);
});

test('two questions in one', () => {
  const other: Question = { triggers: new Set(['request', 'timer']), whole: true, requests: ['b'] };
  expect(joinQuestions(undefined, other)).toBe(other);
  expect(joinQuestions(question, other)).toEqual({
    triggers: new Set(['timer', 'request']),
    whole: true,
    requests: ['a', 'b'],
  });
  expect(joinQuestions(question, question).whole).toBe(false);
});
