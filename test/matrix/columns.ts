// The columns of the matrix: which backend runs on which Debian release, and how the ENIs get their addresses. Data.
import { type ImageName, imageNames } from '../lab/images.ts';
import { type Suite, suites } from '../needs/suites.ts';

export type Addressing = 'static' | 'dhcp';

export interface Column {
  readonly image: ImageName;
  readonly suite: Suite;
  readonly addressing: Addressing;
}

/** All of them. Which ones a run has is decided by test/needs/selection.ts. */
export const columns: readonly Column[] = imageNames.flatMap(image =>
  suites
    .filter(entry => entry.columns.includes(image))
    .flatMap(({ suite }) => (['static', 'dhcp'] as const).map(addressing => ({ image, suite, addressing }))),
);

/** Throws for a name that no column has. */
export function columnNamed(name: string): Column {
  const column = columns.find(c => nameOf(c) === name);
  if (column === undefined) throw new Error(`no column of the matrix is called "${name}"`);
  return column;
}

/** `networkd/trixie/dhcp`: how a column is called in the table and on the command line. */
export function nameOf({ image, suite, addressing }: Column): string {
  return `${image}/${suite}/${addressing}`;
}
