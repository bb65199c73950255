// The bench's one table: what was measured, against what, and whether the budget was met. As text for the terminal and as Markdown
// for docs/performance.md. Pure.
import { figure } from './figures.ts';

export interface Row {
  /** Which bench: `hot-plug`. Lines of one bench stand together. */
  readonly bench: string;
  /** `(4,10)`, or empty. */
  readonly size: string;
  /** What was measured. */
  readonly subject: string;
  /** The figure with its unit and spread. */
  readonly measured: string;
  /** How many times the reference, and which. */
  readonly ratio?: { readonly value: number; readonly to: string };
  readonly budget?: Budget;
}

export interface Budget {
  /** As a person would say it: `<= 1/6 of ec2-net-utils`. */
  readonly text: string;
  readonly value: number;
  readonly limit: number;
}

/** A value that is no number (nothing could be measured) never meets a budget. */
export function isMet({ value, limit }: Budget): boolean {
  return value <= limit;
}

export function missedIn(rows: readonly Row[]): readonly Row[] {
  return rows.filter(row => row.budget !== undefined && !isMet(row.budget));
}

const heads = ['bench', 'size', 'what', 'measured', 'ratio', 'budget', ''] as const;

export function textTable(rows: readonly Row[]): string {
  const lines = rows.map(cellsOf);
  const shown = lines.map((cells, i) =>
    i > 0 && lines[i - 1]![0] === cells[0] ? ['', ...cells.slice(1)] : cells,
  );
  const widths = heads.map((head, i) => Math.max(head.length, ...shown.map(cells => cells[i]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((c, i) => c.padEnd(widths[i]!))
      .join('  ')
      .trimEnd();
  return [
    line(heads),
    widths
      .map(w => '-'.repeat(w))
      .join('  ')
      .trimEnd(),
    ...shown.map(line),
  ].join('\n');
}

export function markdownTable(rows: readonly Row[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(c => c.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(row => line(cellsOf(row)))].join('\n');
}

/** `31 budgets, 30 met; MISSED: hot-plug (2,1) ours`. */
export function verdict(rows: readonly Row[]): string {
  const budgets = rows.filter(row => row.budget !== undefined).length;
  const missed = missedIn(rows);
  const names = missed.map(r => [r.bench, r.size, r.subject].filter(Boolean).join(' '));
  return `${budgets} budgets, ${budgets - missed.length} met${missed.length === 0 ? '' : `; MISSED: ${names.join('; ')}`}`;
}

function cellsOf(row: Row): readonly string[] {
  const { ratio, budget } = row;
  return [
    row.bench,
    row.size,
    row.subject,
    row.measured,
    ratio === undefined ? '' : `${figure(ratio.value)} x ${ratio.to}`,
    budget === undefined ? '' : budget.text,
    budget === undefined ? '' : isMet(budget) ? 'met' : 'MISSED',
  ];
}
