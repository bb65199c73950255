// docs/decisions/libraries.md against package.json and the table of homes: each library has a row, in use where the row says.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { codes } from './distribution-rows.ts';
import { readDocument, root, section, tableRows } from './documents.ts';

const text = readDocument('docs/decisions/libraries.md');
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const [used, forDevelopment] = section(text, 'Decision')
  .split('For development')
  .map(part => tableRows(part));

test('each library of the agent has a row, with the files that import it', () => {
  expect(used!.flatMap(row => codes(row[0]!)).sort()).toEqual(Object.keys(manifest.dependencies).sort());
  for (const [name, files] of used!)
    for (const file of codes(files!))
      expect(readFileSync(path.join(root, file), 'utf8'), file).toMatch(
        new RegExp(`(from |import\\()'${codes(name!)[0]}'`),
      );
});

test('each library for development has one', () => {
  expect(forDevelopment!.flatMap(row => codes(row[0]!)).sort()).toEqual(
    Object.keys(manifest.devDependencies).sort(),
  );
});
