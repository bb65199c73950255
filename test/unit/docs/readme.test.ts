// README.md: what is proven is what the rows of the distributions say, and its commands are what the CI runs first.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { backendNames } from '../../../agent/model/host.ts';
import { type Row, rows } from './distribution-rows.ts';
import { expectParagraph, fences, readDocument, root } from './documents.ts';

/** The strongest claim first; what the documents call `matrix` is the agent's own run. */
const levels = { matrix: 'run', recorded: 'recorded', reasoned: 'reasoned' } as const;
type Level = keyof typeof levels;

function strongest(row: Row): Level {
  const found = (Object.keys(levels) as Level[]).find(level => row.claims.some(c => c.level === level));
  if (found === undefined) throw new Error(`${row.system} claims nothing that is known`);
  return found;
}

/** `Debian 12`: the name of a system without its release words and notes. */
function shortName({ system }: Row): string {
  return system.replace(/ `[^`]+`/g, '').trim();
}

test('the systems, by what was run of each', () => {
  const cell = (level: Level, all: readonly Row[]) => {
    const names = all.filter(row => strongest(row) === level).map(shortName);
    return names.length === 0 ? '-' : names.join('; ');
  };
  const lines = backendNames.map(backend => {
    const all = rows.filter(row => row.backend === backend);
    const cells = (Object.keys(levels) as Level[]).map(level => cell(level, all));
    return `| ${backend} | ${cells.join(' | ')} |`;
  });
  const head = `| backend | ${Object.values(levels).join(' | ')} |`;
  expectParagraph('README.md', 'proven', [head, '|---|---|---|---|', ...lines].join('\n'));
});

test('the CI begins with the test command of README.md, word for word', () => {
  const commands = fences(readDocument('README.md')).flatMap(fence => fence.lines);
  const words = commands.map(line => line.replace(/ {2,}#.*$/, ''));
  expect(words).toContain('npm run demo');
  expect(words).toContain('npm test');
  const ci = readFileSync(path.join(root, '.ci/run'), 'utf8');
  const npm = ci.split('\n').filter(line => line.startsWith('npm '));
  expect(npm[0]).toBe('npm test || status=1');
  // In its default mode: nothing that the script sets changes what is run.
  expect(ci).not.toMatch(/ENI_AGENT_TESTS|MATRIX/);
});
