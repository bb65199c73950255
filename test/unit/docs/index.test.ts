// The documents can be walked: each page of docs/ is in the index once, with the question that it answers, and a long page begins with
// the list of its headings.
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { anchorOf, documents, expectParagraph, prose, readDocument, section } from './documents.ts';

const index = 'docs/README.md';
const pages = documents.filter(name => name.startsWith('docs/') && name !== index);
const longestWithoutContents = 100;

/** The pages that a text links to, relative to the root; each as often as it is linked. */
function linked(text: string): readonly string[] {
  return [...prose(text).matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(m => path.join('docs', m[1]!));
}

describe(index, () => {
  const text = readDocument(index);

  test('has each page of docs/ once', () => {
    expect(
      linked(text)
        .filter(name => name.startsWith('docs/'))
        .sort(),
    ).toEqual(pages);
  });

  test('in four groups, each line with what the page answers', () => {
    const groups = [...text.matchAll(/^## (.*)$/gm)].map(m => m[1]!);
    expect(groups).toEqual(['Start', 'Operate', 'Understand', 'Reference']);
    for (const group of groups) {
      const lines = section(text, group)
        .split('\n')
        .filter(line => line.startsWith('- '));
      expect(lines.length, group).toBeGreaterThan(1);
      for (const line of lines) expect(line).toMatch(/^- \[[^\]]+\]\([^)]+\): .{10,}[.?]$/);
    }
  });
});

describe('contents', () => {
  const long = pages.filter(
    name =>
      readDocument(name).trimEnd().split('\n').length > longestWithoutContents ||
      readDocument(name).includes('<!-- generated: contents -->'),
  );

  test('there are long pages', () => {
    expect(long).toContain('docs/safety.md');
  });

  test.each(long)('%s begins with its headings', name => {
    const headings = [...prose(readDocument(name)).matchAll(/^(##|###) (.*)$/gm)];
    const [first, ...rest] = headings;
    expect(first?.[2], `${name} has more than ${longestWithoutContents} lines`).toBe('Contents');
    const list = rest.map(
      ([, level, heading]) => `${level === '##' ? '' : '  '}- [${heading}](#${anchorOf(heading!)})`,
    );
    expectParagraph(name, 'contents', list.join('\n'));
  });
});
