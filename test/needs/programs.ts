// test/needs/programs.txt for the tests: which group a program belongs to. test/setup.sh reads the same file to install them.
import { readFileSync } from 'node:fs';

export interface Program {
  readonly group: string;
  readonly program: string;
  readonly debianPackage: string;
}

/** One line of the file each. */
export function readPrograms(): readonly Program[] {
  const text = readFileSync(new URL('programs.txt', import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => {
      const [group = '', program = '', debianPackage = ''] = line.split(/\s+/);
      return { group, program, debianPackage };
    });
}
