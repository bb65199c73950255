// The threat model: each thing that somebody may do has a test that holds it, and is said in one place.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { prose, readDocument, root, section, tableRows } from './documents.ts';

const page = 'docs/security.md';
const text = readDocument(page);
const actors = [...prose(text).matchAll(/^## (.*)$/gm)].map(m => m[1]!).filter(name => name !== 'Contents');
const testsIn = (words: string) => [...words.matchAll(/`([^`]+\.test\.ts)`/g)].map(m => m[1]!);
const missingIn = (words: string) => testsIn(words).filter(name => !existsSync(path.join(root, name)));

test('has the actors', () => {
  expect(actors.length).toBeGreaterThan(6);
  expect(readDocument('SECURITY.md')).toContain(`](${page})`);
});

describe.each(actors)('%s', name => {
  const body = section(text, name);

  test('each named test exists', () => {
    expect(testsIn(body).length).toBeGreaterThan(0);
    expect(missingIn(body)).toEqual([]);
  });

  test.runIf(body.includes('\n|'))('each row has an end and a test', () => {
    for (const [what = '', end = '', held = ''] of tableRows(body)) {
      expect(end.length, what).toBeGreaterThan(10);
      expect(testsIn(held).length, what).toBeGreaterThan(0);
      // Nothing beside the tests but a word on what they hold.
      expect(held, what).toMatch(/^`test\//);
    }
  });
});

test('a test that is not there would be found', () => {
  expect(missingIn('`test/unit/docs/security.test.ts`, `test/unit/docs/nothing.test.ts`')).toEqual([
    'test/unit/docs/nothing.test.ts',
  ]);
});
