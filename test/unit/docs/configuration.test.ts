// docs/configuration.md against agent/config/sections.ts: each key has a row and each row a key, the defaults are the defaults, and every
// example is accepted and makes a difference.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { settingsFrom } from '../../support/settings-from.ts';
import { code, codeColumn, fences, readDocument, root, section, tableRows } from './documents.ts';

const text = readDocument('docs/configuration.md');
const mac = '02:00:00:00:00:02';
const sections = [
  { heading: '[agent]', name: 'agent', schema: 'agentSection' },
  { heading: '[metadata]', name: 'metadata', schema: 'metadataSection' },
  { heading: '[routing]', name: 'routing', schema: 'routingSection' },
  { heading: '[coexistence]', name: 'coexistence', schema: 'coexistenceSection' },
  { heading: '[daemon]', name: 'daemon', schema: 'daemonSection' },
  { heading: '[eni "MAC"]', name: `eni "${mac}"`, schema: 'eniSection' },
] as const;

const source = readFileSync(path.join(root, 'agent/config/sections.ts'), 'utf8');

/** The keys of a schema, from the source: nothing else tells them, and a key without a row must not slip through. */
function keysOf(schema: string): readonly string[] {
  const body = new RegExp(
    `^export const ${schema} = v\\.strictObject\\(\\{\\n([\\s\\S]*?)^\\}\\);`,
    'm',
  ).exec(source)?.[1];
  return [...(body ?? '').matchAll(/^ {2}'?([a-z0-9-]+)'?:/gm)].map(m => m[1]!).sort();
}

const settings = (name: string, content: Record<string, string>) =>
  settingsFrom([`[${name}]`, ...Object.entries(content).map(pair => pair.join(' = '))].join('\n'));

test('each section of the code has a table, and no other has', () => {
  const headings = [...text.matchAll(/^## (.*)$/gm)].map(m => m[1]);
  expect(headings).toEqual(sections.map(s => s.heading));
  const schemas = [...source.matchAll(/^export const (\w+) = v\.strictObject/gm)].map(m => m[1]).sort();
  expect(schemas).toEqual(sections.map(s => s.schema).sort());
});

describe.each(sections)('$heading', ({ heading, name, schema }) => {
  const rows = tableRows(section(text, heading));

  test('has a row for each key, and no other', () => {
    expect(keysOf(schema).length).toBeGreaterThan(0);
    expect(codeColumn(rows)).toEqual(keysOf(schema));
  });

  test.each(rows.map(row => [code(row[0]), row] as const))('%s', (key, row) => {
    expect(row).toHaveLength(5);
    const none = settings(name, {});
    const example = settings(name, { [key]: code(row[4]) });
    expect(example, 'the example is the default').not.toEqual(none);
    if (row[2] === 'none') return;
    expect(settings(name, { [key]: code(row[2]) }), 'the default').toEqual(none);
  });
});

test('a key that the documents do not know is an error', () => {
  for (const { name } of sections) expect(() => settings(name, { colour: 'blue' })).toThrow('unknown key');
});

test.each(
  ['docs/configuration.md', 'docs/clouds.md'].flatMap(name =>
    fences(readDocument(name))
      .filter(fence => fence.language === 'ini')
      .map(fence => [name, fence.lines.join('\n')] as const),
  ),
)('the example in %s is accepted', (_, content) => {
  expect(() => settingsFrom(content)).not.toThrow();
});
