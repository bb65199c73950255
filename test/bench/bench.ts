// What a bench is: it measures in namespaces of its own, and returns lines of the table and, some of them, the data of a plot.
import type { LinePlot } from './line-plot.ts';
import type { Row } from './table.ts';
import type { TimeLine } from './time-line.ts';

export interface BenchOptions {
  /** Fewer repetitions and sizes: to see that it works, not to quote. */
  readonly quick: boolean;
  /** How many passes the daemon makes before its memory is looked at for the last time. */
  readonly passes: number;
  /** The agent's bundle; what the packages install as `eni-agent` is `launcher.cjs` beside it. */
  readonly bundle: string;
  /** Says what is being measured now. */
  readonly say: (text: string) => void;
}

export interface Report {
  readonly rows: readonly Row[];
  readonly linePlot?: LinePlot;
  readonly timeLine?: TimeLine;
}

export interface Bench {
  readonly name: string;
  readonly run: (options: BenchOptions) => Promise<Report>;
}
