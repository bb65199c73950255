// What a test file says of itself in the comment at its head, so that the set-up of a run is computed from the tests that are going to run:
//
//   // needs: tree bookworm, package deb, programs packaging      what it cannot run without; `nothing` is an answer too
//   // needs with --all: tree bullseye                           what only that part needs that the default run leaves out
//   // with --all only: 304 cycles take five minutes              the default run leaves it out, and why
//   // more with --all: 2,000 lives                               the default run does a part of it
//   // with npm run vm only: as the one with Debian 13            not even --all runs it
//
// The files of test/lab, test/matrix and test/vm have to declare; all others need Node and the npm packages and nothing else.
import { readFileSync } from 'node:fs';
import { suites } from './suites.ts';

/** Images of the VM test; test/vm/image.sh makes them. */
export const vmImageNames = ['bookworm-netplan', 'bookworm-ifupdown', 'trixie-netplan'] as const;
export type VmImageName = (typeof vmImageNames)[number];

/** Groups of test/needs/programs.txt. A file of the lab has `lab` without saying so. */
const programGroups = ['packaging', 'recipes', 'vm'] as const;

/** Every word that a declaration may use. `promtool`: of Prometheus, alone, without the service that its package starts. `package deb`: as `npm run package` makes it, the plain variant for this machine. */
export const needWords = [
  ...suites.map(({ suite }) => `tree ${suite}` as const),
  'tree of the column' as const,
  ...vmImageNames.map(name => `image ${name}` as const),
  ...(['deb', 'rpm'] as const).map(format => `package ${format}` as const),
  ...programGroups.map(group => `programs ${group}` as const),
  'promtool' as const,
] as const;
export type Need = (typeof needWords)[number];

/** `whole`: the default run does all of it; `part`: --all does more; `all`: --all alone runs it; `none`: not even --all does. */
export type Share = 'whole' | 'part' | 'all' | 'none';

export interface Declaration {
  readonly needs: readonly Need[];
  /** What the part that the default run leaves out needs beside these. */
  readonly needsWithAll: readonly Need[];
  /** What of the file the default run and --all do. */
  readonly share: Share;
}

const shares: Readonly<Record<string, Share>> = {
  'more with --all': 'part',
  'with --all only': 'all',
  'with npm run vm only': 'none',
};
const declared = new RegExp(`^// (needs|needs with --all|${Object.keys(shares).join('|')}): +(.+)$`);

/** Reads the head of a test file. Throws, with the file and the word, for a need that is not one. */
export function readDeclaration(file: string): Declaration {
  return parseDeclaration(readFileSync(file, 'utf8'), file);
}

/** @param name for the error only */
export function parseDeclaration(text: string, name: string): Declaration {
  const lines = text.split('\n');
  const end = lines.findIndex(line => !line.startsWith('//'));
  const found = lines.slice(0, end < 0 ? lines.length : end).flatMap(line => {
    const [, key, value] = declared.exec(line) ?? [];
    return key === undefined || value === undefined ? [] : [{ key, value }];
  });
  const needsOf = (wanted: string) =>
    found
      .filter(({ key }) => key === wanted)
      .flatMap(({ value }) => value.split(/, */))
      .filter(word => word !== 'nothing')
      .map(word => needNamed(word, name));
  const share = found.map(({ key }) => shares[key]).find(known => known !== undefined) ?? 'whole';
  return { needs: needsOf('needs'), needsWithAll: needsOf('needs with --all'), share };
}

/** Whether the file says anything of its needs. */
export function declaresNeeds(text: string): boolean {
  return /^(?:\/\/.*\n)*\/\/ needs: +\S/.test(text);
}

/** What a run of the default, or of more than that, needs. */
export function needsIn(isDefault: boolean, { needs, needsWithAll }: Declaration): readonly Need[] {
  return isDefault ? needs : [...needs, ...needsWithAll];
}

function needNamed(word: string, file: string): Need {
  const need = needWords.find(known => known === word);
  if (need === undefined)
    throw new Error(
      `${file}: "${word}" is no need that a test can declare; there are: ${needWords.join(', ')}`,
    );
  return need;
}
