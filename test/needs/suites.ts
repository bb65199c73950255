// test/needs/suites.txt for the tests: the Debian releases that the lab has root trees of. test/setup.sh reads the same file to build them.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Debian's word for a release: `bookworm`. */
export type Suite = string;

export interface SuiteEntry {
  readonly suite: Suite;
  /** Debian's number of it. */
  readonly debian: string;
  /** Names of images (test/lab/images.ts). */
  readonly columns: readonly string[];
}

/** One line of the file each; throws for a line that is none. */
export function parseSuites(text: string): readonly SuiteEntry[] {
  return text
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#') && !line.startsWith('all '))
    .map(line => {
      const [suite = '', debian = '', state = '', columns = '', packages = ''] = line.split(/\s+/);
      // Names of variables, of folders and of tests are made of it.
      if (!/^[a-z]+$/.test(suite) || !/^(stable|moving)$/.test(state) || packages === '')
        throw new Error(`test/needs/suites.txt: "${line}" is no suite, number, state, columns and packages`);
      return { suite, debian, columns: columns.split(',') };
    });
}

export const suites = parseSuites(readFileSync(new URL('suites.txt', import.meta.url), 'utf8'));

/** The root tree that test/setup.sh has built or found for this run, if it has. */
export function treeOf(suite: Suite): string | undefined {
  const tree = process.env[`ENI_AGENT_TREE_${suite}`];
  return tree !== undefined && existsSync(join(tree, 'sbin/ifup')) ? tree : undefined;
}
