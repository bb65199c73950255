// What the test files declare of themselves, and what is set up for a run because of it.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { columns } from '../../matrix/columns.ts';
import { declaresNeeds, needsIn, parseDeclaration, readDeclaration } from '../../needs/declaration.ts';
import { readPrograms } from '../../needs/programs.ts';
import { columnsOf, filesOf, partOf, projects } from '../../needs/selection.ts';
import { variablesFor } from '../../needs/set-up.ts';

const root = path.join(import.meta.dirname, '../../..');
const lab = (['lab', 'matrix', 'vm'] as const).flatMap(project => filesOf(project, 'every'));

describe('a declaration', () => {
  test('is in the comment at the head, over several lines if need be', () => {
    const text =
      '// A lab.\n// needs: tree bookworm, package deb\n// needs: programs recipes\n// with --all only: slow\nx';
    expect(parseDeclaration(text, 'x')).toEqual({
      needs: ['tree bookworm', 'package deb', 'programs recipes'],
      needsWithAll: [],
      share: 'all',
    });
    expect(parseDeclaration('import x;\n// needs: tree bookworm\n', 'x')).toEqual({
      needs: [],
      needsWithAll: [],
      share: 'whole',
    });
    expect(parseDeclaration('// needs: nothing\n', 'x').needs).toEqual([]);
    const more = parseDeclaration(
      '// needs: nothing\n// needs with --all: tree trixie\n// more with --all: x\n',
      'x',
    );
    expect(more).toEqual({ needs: [], needsWithAll: ['tree trixie'], share: 'part' });
    expect([needsIn(true, more), needsIn(false, more)]).toEqual([[], ['tree trixie']]);
    expect(parseDeclaration('// with npm run vm only: rare\n', 'x').share).toBe('none');
  });

  test('with a word that is no need names the file and the words that there are', () => {
    expect(() => parseDeclaration('// needs: tree woody\n', 'a.test.ts')).toThrow(
      /^a\.test\.ts: "tree woody" is no need that a test can declare; there are: tree bullseye, /,
    );
  });

  test.each(lab)('%s has one', file => {
    expect(declaresNeeds(readFileSync(path.join(root, file), 'utf8')), '"// needs: ..." at its head').toBe(
      true,
    );
    expect(() => readDeclaration(path.join(root, file))).not.toThrow();
  });
});

describe('a run', () => {
  test('default and rest together are all, and share only what does more in the rest', () => {
    for (const project of projects) {
      const [first, rest] = [filesOf(project, 'default'), filesOf(project, 'rest')];
      expect([...new Set([...first, ...rest])].sort()).toEqual(filesOf(project, 'all'));
      const twice = first.filter(file => rest.includes(file) && project !== 'matrix');
      for (const file of twice) expect(readDeclaration(path.join(root, file)).share).toBe('part');
    }
    expect([...columnsOf('default'), ...columnsOf('rest')]).toHaveLength(columns.length);
    expect(columnsOf('all')).toEqual(columns);
  });

  test('of a file that both have, each runs what the other does not', () => {
    const odd = (mode: 'default' | 'rest' | 'all' | 'every') =>
      partOf([1, 2, 3, 4], n => n % 2 === 1, mode).join('');
    expect([odd('default'), odd('rest'), odd('all'), odd('every')]).toEqual(['13', '24', '1234', '1234']);
  });

  test('sets up what its tests have declared, and nothing else', () => {
    const set = (mode: 'default' | 'every', ...picks: string[]) => variablesFor(mode, projects, picks);
    expect(set('every', 'agent-dhcp')).toMatchObject({
      n_lab: '1',
      n_pure: '0',
      trees: 'bookworm trixie',
      formats: '',
    });
    expect(set('every', 'matrix netplan/trixie')).toMatchObject({
      n_matrix: '2',
      n_lab: '0',
      trees: 'trixie',
    });
    expect(set('every', 'test/vm/user-data')).toMatchObject({
      images: 'trixie-netplan',
      formats: 'deb',
      groups: 'vm',
    });
    expect(set('every', 'unit/hooks')).toMatchObject({ n_pure: '1', n_lab: '0', trees: '', groups: '' });
    expect(set('default')).toMatchObject({ n_vm: '0', images: '', trees: 'bookworm trixie' });
  });

  test('of the matrix alone sets up its trees alone', () => {
    const set = variablesFor('every', ['matrix'], ['trixie']);
    expect(set).toMatchObject({
      n_matrix: '8',
      n_vm: '0',
      trees: 'trixie',
      formats: '',
      groups: '',
      images: '',
    });
  });

  test('values are words that a shell may evaluate', () => {
    for (const mode of ['default', 'rest', 'all', 'every'] as const)
      expect(Object.values(variablesFor(mode, projects, [])).join('')).toMatch(/^[a-z0-9 -]+$/);
  });
});

test('every group of programs that can be declared has programs', () => {
  const groups = new Set(readPrograms().map(({ group }) => group));
  expect([...groups].sort()).toEqual(['lab', 'lint', 'packaging', 'recipes', 'vm']);
  for (const known of readPrograms()) expect(known.debianPackage, known.program).not.toBe('');
});
