// What a machine with 19 times the addresses costs more, from (4,10) to (15,50): a pass is to cost what has changed, and not what there is.
import { largestSize, nameOf, type Size, usualSize } from './sizes.ts';
import type { Row } from './table.ts';

const most = 2.5;

/** Nothing where one of the two sizes was not measured. @param costs in N, by size */
export function growthRow(bench: string, subject: string, costs: ReadonlyMap<Size, number>): readonly Row[] {
  const [small, large] = [costs.get(usualSize), costs.get(largestSize)];
  if (small === undefined || large === undefined) return [];
  const value = large / small;
  const [from, to] = [nameOf(usualSize), nameOf(largestSize)];
  return [
    {
      bench,
      size: to,
      subject: `${subject}: growth`,
      measured: '',
      ratio: { value, to: from },
      budget: { text: `<= ${most} x ${from}`, value, limit: most },
    },
  ];
}
