// What users can ask for beyond the scheme: each option is explained by the trouble that it cures, in the table of the configuration, on the
// manual page and in the comparison.
import { describe, expect, test } from 'vitest';
import { readDocument } from './documents.ts';

const options = ['sources', 'published-ports', 'forward', 'routes', 'primary-addresses', 'altnames'] as const;
const explained = ['sources', 'published-ports', 'forward', 'routes'] as const;

describe.each(options)('%s', option => {
  test('has a row with its default in docs/configuration.md', () => {
    expect(readDocument('docs/configuration.md')).toMatch(new RegExp(`^\\| \`${option}\` \\| `, 'm'));
  });
  test('is in the comparison', () => {
    expect(readDocument('docs/comparison.md')).toContain(`\`${option}\``);
  });
  test('is in the CHANGELOG', () => {
    expect(readDocument('CHANGELOG.md')).toMatch(new RegExp(`\`${option} = `));
  });
});

test.each(explained)('%s has a section that begins with the trouble', option => {
  const text = readDocument('docs/how-it-works.md');
  const [, first = ''] = new RegExp(`^### ${option}\n\n(.*)$`, 'm').exec(text) ?? [];
  expect(first).toMatch(/^\*\S.*\S\*/);
});
