// The table of `status`: one line per ENI, aligned, with the columns that have something to say. On a terminal that is too narrow for all,
// the reasons go below the table first, then what a person can do without. Pure.
import { describeAge } from '../../model/time-text.ts';
import { bold, green, red, type Style, yellow } from '../describe.ts';
import { widthOf } from '../layout.ts';
import type { RowState, StatusRow } from './rows.ts';

interface Column {
  readonly head: string;
  readonly cell: (row: StatusRow, now: number) => string;
  /** It may go where it says nothing, or where there is no room: the highest goes first. */
  readonly rank?: number;
}

const none = '-';

const columns: readonly Column[] = [
  { head: '  ENI', cell: row => `${row.isWrong ? '!' : ' '} ${row.eniId ?? row.mac ?? none}` },
  { head: 'LINK', cell: row => row.link ?? none },
  { head: 'ADDRESSES', cell: addressesCell },
  { head: 'TABLE', cell: row => row.table ?? none, rank: 2 },
  { head: 'STATE', cell: row => stateText(row.state) },
  { head: 'SINCE', cell: (row, now) => describeAge(row.since, now), rank: 1 },
  { head: 'REASON OR LAST ERROR', cell: reasonCell, rank: 4 },
  { head: 'OWNER', cell: row => row.owner ?? none, rank: 3 },
];

/** In the place of ADDRESSES, at last. */
const addressCount: Column = {
  head: 'ADDRESSES',
  cell: ({ addresses }) => (addresses.length === 0 ? none : `${addresses.length}`),
};

/** @param now milliseconds since the epoch */
export function describeTable(rows: readonly StatusRow[], now: number, style: Style): readonly string[] {
  const shown = shownColumns(rows, now, style);
  const widths = shown.map(column => widthOfColumn(column, rows, now));
  const line = (texts: readonly string[]) => texts.map((text, i) => text.padEnd(widths[i]!));
  return [
    bold(
      style,
      line(shown.map(column => column.head))
        .join('  ')
        .trimEnd(),
    ),
    ...rows.map(row => paintedLine(line(shown.map(c => c.cell(row, now))), shown, row, style)),
  ];
}

/** What the table has no room for: why each ENI is not as it should be, one line each. */
export function hiddenReasons(rows: readonly StatusRow[], now: number, style: Style): readonly string[] {
  if (shownColumns(rows, now, style).some(column => column.cell === reasonCell)) return [];
  const told = rows.filter(row => row.reason !== undefined);
  return told.map(row => `${row.link ?? row.eniId ?? row.mac} ${stateText(row.state)}: ${row.reason}`);
}

function shownColumns(rows: readonly StatusRow[], now: number, style: Style): readonly Column[] {
  const telling = columns.filter(column => hasSomethingToSay(column, rows, now));
  return fitting(telling, rows, now, widthOf(style));
}

/** The owner says something where it is not the same for all. */
function hasSomethingToSay(column: Column, rows: readonly StatusRow[], now: number): boolean {
  const cells = rows.map(row => column.cell(row, now));
  return column.head === 'OWNER' ? new Set(cells).size > 1 : cells.some(cell => cell !== none);
}

function fitting(
  shown: readonly Column[],
  rows: readonly StatusRow[],
  now: number,
  room: number,
): readonly Column[] {
  const width = shown.reduce((sum, column) => sum + widthOfColumn(column, rows, now) + 2, -2);
  if (width <= room) return shown;
  const highest = Math.max(...shown.map(column => column.rank ?? 0));
  if (highest === 0) return shown.map(column => (column.head === addressCount.head ? addressCount : column));
  const left = shown.filter(column => column.rank !== highest);
  return fitting(left, rows, now, room);
}

function widthOfColumn({ head, cell }: Column, rows: readonly StatusRow[], now: number): number {
  return Math.max(head.length, ...rows.map(row => cell(row, now).length));
}

/** `not as planned` and so on. */
export function stateText(state: RowState): string {
  return state.replaceAll('-', ' ');
}

/** Red: it needs attention. Yellow: it waits. */
export function paintState(row: StatusRow, text: string, style: Style): string {
  if (row.state === 'working' && !row.isWrong) return green(style, text);
  if (row.state === 'waiting') return yellow(style, text);
  if (row.isWrong) return red(style, text);
  return text;
}

function addressesCell({ addresses: [first = none, ...more] }: StatusRow): string {
  return more.length === 0 ? first : `${first} +${more.length}`;
}

/** What is wrong now comes before what went wrong once. */
function reasonCell({ reason, lastError }: StatusRow, now: number): string {
  if (reason !== undefined) return reason;
  return lastError === undefined ? none : `${describeAge(lastError.at, now)} ago: ${lastError.text}`;
}

/** Colours come after the padding, of which they are no part. */
function paintedLine(
  cells: readonly string[],
  shown: readonly Column[],
  row: StatusRow,
  style: Style,
): string {
  const state = shown.findIndex(column => column.head === 'STATE');
  const painted = cells.with(state, paintState(row, cells[state]!, style));
  const head = row.isWrong ? painted.with(0, red(style, cells[0]!)) : painted;
  return head.join('  ').trimEnd();
}
