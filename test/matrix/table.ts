// The matrix as a table for people: `node table.ts RESULT.json...` reads vitest's reports and prints, per backend, one line per step and
// one column per release and addressing, with the seconds that the step took, or FAIL. Of a column that ran twice the second run counts.
import { readFileSync } from 'node:fs';
import { styleText } from 'node:util';

interface Report {
  readonly testResults: readonly {
    /** Path of the test file: only those of the matrix have cells. */
    readonly name: string;
    readonly assertionResults: readonly {
      /** Of the column: `networkd/trixie/dhcp`. */
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
      readonly duration?: number | null;
    }[];
  }[];
}

interface Cell {
  readonly column: string;
  readonly step: string;
  readonly status: string;
  /** Seconds. */
  readonly seconds: number;
}

/** One table per backend, with a line of sums at the end. Empty text for reports without a cell. */
export function renderTable(...texts: readonly string[]): string {
  const found = texts.flatMap(text => cellsOf(JSON.parse(text) as Report));
  const cells = [...new Map(found.map(cell => [`${cell.column} ${cell.step}`, cell])).values()];
  const backends = [...new Set(cells.map(c => c.column.split('/')[0]!))].sort();
  return [...backends.map(backend => tableOf(backend, cells)), sumOf(cells)].filter(Boolean).join('\n\n');
}

function cellsOf(report: Report): readonly Cell[] {
  const files = report.testResults.filter(file => file.name.includes('test/matrix/'));
  return files.flatMap(file =>
    file.assertionResults.flatMap(({ ancestorTitles: [column], title, status, duration }) =>
      column === undefined || status === 'skipped'
        ? []
        : [{ column, step: title, status, seconds: (duration ?? 0) / 1000 }],
    ),
  );
}

function tableOf(backend: string, all: readonly Cell[]): string {
  const cells = all.filter(c => c.column.startsWith(`${backend}/`));
  const columns = [...new Set(cells.map(c => c.column))];
  const steps = [...new Set(cells.map(c => c.step))];
  const names = columns.map(c => c.slice(backend.length + 1).replace('/', ' '));
  const first = Math.max(backend.length, ...steps.map(s => s.length));
  const line = (head: string, texts: readonly string[]) =>
    `${head.padEnd(first)}  ${texts.map((t, i) => pad(t, names[i]!.length)).join('  ')}`.trimEnd();
  const rows = steps.map(step =>
    line(
      step,
      columns.map(column => textOf(cells.find(c => c.column === column && c.step === step))),
    ),
  );
  return [line(backend, names), ...rows].join('\n');
}

function textOf(cell: Cell | undefined): string {
  if (cell === undefined) return '-';
  if (cell.status !== 'passed') return styleText('red', 'FAIL', { stream: process.stdout });
  return `${cell.seconds.toFixed(1)} s`;
}

/** To the right, whatever colour codes are in it. */
function pad(text: string, width: number): string {
  const shown = text.replace(/\u001b\[\d*m/g, '').length;
  return ' '.repeat(Math.max(0, width - shown)) + text;
}

function sumOf(cells: readonly Cell[]): string {
  if (cells.length === 0) return '';
  const columns = new Set(cells.map(c => c.column)).size;
  const passed = cells.filter(c => c.status === 'passed').length;
  const minutes = cells.reduce((sum, c) => sum + c.seconds, 0) / 60;
  return `${columns} columns, ${passed} of ${cells.length} cells passed, ${minutes.toFixed(0)} minutes in all`;
}

if (import.meta.main)
  console.log(renderTable(...process.argv.slice(2).map(file => readFileSync(file, 'utf8'))));
