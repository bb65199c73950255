// Which test files a run has, and which columns of the matrix. vitest.config.ts and the set-up ask the same function, so that what is set
// up is what is needed.
import { globSync } from 'node:fs';
import path from 'node:path';
import { type Column, columnOfLife, columns, nameOf } from '../matrix/columns.ts';
import { type Need, needsIn, readDeclaration, type Share } from './declaration.ts';

/** `default`: what `npm test` runs; `rest`: what it leaves out; `all`: both; `every`: also what only `npm run vm` has. */
export type Mode = 'default' | 'rest' | 'all' | 'every';
export const modes: readonly Mode[] = ['default', 'rest', 'all', 'every'];

export const projects = ['pure', 'lab', 'matrix', 'vm'] as const;
export type Project = (typeof projects)[number];

const root = path.join(import.meta.dirname, '../..');

const globs: Readonly<Record<Project, readonly string[]>> = {
  pure: ['test/{unit,golden,property,contract,scenario,fuzz}/**/*.test.ts'],
  lab: ['test/lab/**/*.test.ts'],
  matrix: ['test/matrix/column.test.ts'],
  vm: ['test/vm/**/*.test.ts'],
};

/** The mode that test/run.sh started this process in; every test where vitest itself was started. */
export function modeOfRun(): Mode {
  return modes.find(mode => mode === process.env.ENI_AGENT_TESTS) ?? 'every';
}

/** Words that pick tests, of `npm test -- WORD...`; a test runs if its path or the name of its column contains one. None: all. */
export function picksOfRun(): readonly string[] {
  return (process.env.ENI_AGENT_PICKS ?? '').split(' ').filter(word => word !== '');
}

/** Paths from the root, sorted. */
export function filesOf(project: Project, mode: Mode, picks: readonly string[] = []): readonly string[] {
  const all = globSync([...globs[project]], { cwd: root }).sort();
  // Of the matrix it is the columns that are picked, and that a mode has.
  return all.filter(file => project === 'matrix' || (isPicked(file, picks) && isOf(mode, file)));
}

export function columnsOf(mode: Mode, picks: readonly string[] = []): readonly Column[] {
  const life = columnOfLife();
  if (life !== undefined) return [life];
  const isDefault = ({ suite, addressing }: Column) => suite === 'bookworm' && addressing === 'static';
  return partOf(columns, isDefault, mode).filter(column => isPicked(`matrix ${nameOf(column)}`, picks));
}

/** Of a file that is in both runs: what the default has, or what it leaves out (`rest`), so that nothing is run twice. */
export function partOf<Item>(
  items: readonly Item[],
  isDefault: (item: Item) => boolean,
  mode = modeOfRun(),
): readonly Item[] {
  if (mode !== 'default' && mode !== 'rest') return items;
  return items.filter(item => isDefault(item) === (mode === 'default'));
}

/** What the files of these projects need, each need once. */
export function needsOf(
  wanted: readonly Project[],
  mode: Mode,
  picks: readonly string[] = [],
): ReadonlySet<Need> {
  const needs = wanted.flatMap(project =>
    filesOf(project, mode, picks).flatMap(file =>
      needsIn(mode === 'default', readDeclaration(path.join(root, file))),
    ),
  );
  const trees = wanted.includes('matrix')
    ? columnsOf(mode, picks).flatMap(column => needOf(column) ?? [])
    : [];
  return new Set([...needs.filter(need => need !== 'tree of the column'), ...trees]);
}

/** Whoever brings a tree has it already. */
export function needOf({ suite, life }: Column): Need | undefined {
  return life === undefined ? (`tree ${suite}` as Need) : undefined;
}

const sharesOf: Readonly<Record<Mode, readonly Share[]>> = {
  default: ['whole', 'part'],
  rest: ['part', 'all'],
  all: ['whole', 'part', 'all'],
  every: ['whole', 'part', 'all', 'none'],
};

function isOf(mode: Mode, file: string): boolean {
  return sharesOf[mode].includes(readDeclaration(path.join(root, file)).share);
}

function isPicked(name: string, picks: readonly string[]): boolean {
  return picks.length === 0 || picks.some(pick => name.includes(pick));
}
