// The table of `status`: one line per ENI, aligned, as narrow as it can be. Pure.
import { describeAge } from '../../model/time-text.ts';
import { bold, green, red, type Style, yellow } from '../describe.ts';
import type { RowState, StatusRow } from './rows.ts';

/** What a line is made to fit, as far as reason and owner can be shortened for it. */
const maxWidth = 120;
const leastReason = 20;

const heads = [
  '  ENI',
  'LINK',
  'ADDRESSES',
  'TABLE',
  'STATE',
  'SINCE',
  'LAST ERROR OR REASON',
  'OWNER',
] as const;
const stateColumn = 4;
const reasonColumn = 6;
const ownerColumn = 7;

/** @param now milliseconds since the epoch */
export function describeTable(rows: readonly StatusRow[], now: number, style: Style): readonly string[] {
  const cells = rows.map(row => cellsOf(row, now));
  const fits = widthOf(cells) + leastReason <= maxWidth;
  const shown = fits ? cells : cells.map(line => line.with(ownerColumn, line[ownerColumn]!.split(': ')[0]!));
  const natural = widthsOf(shown);
  const room = Math.max(maxWidth - widthOf(shown), leastReason);
  const widths = natural.with(reasonColumn, Math.min(natural[reasonColumn]!, room));
  const line = (texts: readonly string[]) =>
    texts.map((text, i) => shortened(text, widths[i]!).padEnd(widths[i]!));
  return [
    bold(style, line(heads).join('  ').trimEnd()),
    ...shown.map((texts, i) => paintedLine(line(texts), rows[i]!, style)),
  ];
}

function widthsOf(cells: readonly (readonly string[])[]): readonly number[] {
  return heads.map((_head, column) => Math.max(...[heads, ...cells].map(line => line[column]!.length)));
}

/** Of a line without its reason. */
function widthOf(cells: readonly (readonly string[])[]): number {
  const others = widthsOf(cells).with(reasonColumn, 0);
  return others.reduce((sum, width) => sum + width + 2, -2);
}

/** `not as planned` and so on. */
export function stateText(state: RowState): string {
  return state.replaceAll('-', ' ');
}

/** Red: it needs attention. Yellow: it waits. */
export function paintState(row: StatusRow, text: string, style: Style): string {
  if (row.state === 'working') return green(style, text);
  if (row.state === 'waiting') return yellow(style, text);
  if (row.isWrong) return red(style, text);
  return text;
}

function cellsOf(row: StatusRow, now: number): readonly string[] {
  const [first = '-', ...more] = row.addresses;
  return [
    `${row.isWrong ? '!' : ' '} ${row.eniId ?? row.mac ?? '-'}`,
    row.link ?? '-',
    more.length === 0 ? first : `${first} +${more.length}`,
    row.table ?? '-',
    stateText(row.state),
    describeAge(row.since, now),
    reasonCell(row, now),
    row.owner ?? '-',
  ];
}

/** What is wrong now comes before what went wrong once. */
function reasonCell({ reason, lastError }: StatusRow, now: number): string {
  if (reason !== undefined) return reason;
  return lastError === undefined ? '-' : `${describeAge(lastError.at, now)} ago: ${lastError.text}`;
}

function shortened(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 3).trimEnd()}...`;
}

/** Colours come after the padding, of which they are no part. */
function paintedLine(cells: readonly string[], row: StatusRow, style: Style): string {
  const painted = cells.with(stateColumn, paintState(row, cells[stateColumn]!, style));
  const head = row.isWrong ? painted.with(0, red(style, cells[0]!)) : painted;
  return head.join('  ').trimEnd();
}
