// The columns of the matrix: which backend runs on which Debian release, and how the ENIs get their addresses. Data.
import type { BackendName } from '../../agent/model/host.ts';
import { type ImageName, imageNames } from '../lab/images.ts';
import { type Suite, suites } from '../needs/suites.ts';
import { type Life, lifeOfRun } from './lives/life.ts';

export type Addressing = 'static' | 'dhcp';

export interface Column {
  readonly image: BackendName;
  /** Debian's release; of a life, the release that its tree is of. */
  readonly suite: string;
  readonly addressing: Addressing;
  /** On a tree that somebody brings, and not on one of ours. */
  readonly life?: Life;
}

export interface DebianColumn extends Column {
  readonly image: ImageName;
  readonly suite: Suite;
}

/** All of them. Which ones a run has is decided by test/needs/selection.ts. */
export const columns: readonly DebianColumn[] = imageNames.flatMap(image =>
  suites
    .filter(entry => entry.columns.includes(image))
    .flatMap(({ suite }) => (['static', 'dhcp'] as const).map(addressing => ({ image, suite, addressing }))),
);

/** `npm run matrix -- --tree DIR ...`: the one column of such a run. */
export function columnOfLife(): Column | undefined {
  const life = lifeOfRun();
  return life && { image: life.backend, suite: life.release, addressing: life.addressing, life };
}

/** Throws for a name that no column has. */
export function columnNamed(name: string): Column {
  const column = columnOfLife() ?? columns.find(c => nameOf(c) === name);
  if (column === undefined) throw new Error(`no column of the matrix is called "${name}"`);
  return column;
}

/** How its VPC is called, in letters and digits (labName of test/lab/namespace.ts). */
export function vpcNameOf({ image, suite, addressing }: Column): string {
  return `m${image.slice(0, 8)}${suite}${addressing}`.replaceAll(/[^a-z0-9]/g, '').slice(0, 20);
}

/** `networkd/trixie/dhcp`: how a column is called in the table and on the command line. */
export function nameOf({ image, suite, addressing }: Column): string {
  return `${image}/${suite}/${addressing}`;
}
