// The lines above the table of `status`. Pure.
import { bold, green, red, type Style } from '../describe.ts';
import { countStates } from './brief.ts';
import type { StatusRow } from './rows.ts';

const width = 9;

/** A line behind a label, and more below it. */
export function headed(label: string, lines: readonly string[], style: Style): readonly string[] {
  const [first = '', ...more] = lines;
  const gap = ' '.repeat(width - label.length);
  return [`${bold(style, label)}${gap}${first}`, ...more.map(line => `${' '.repeat(width)}${line}`)];
}

/** The whole table in one line. */
export function summary(rows: readonly StatusRow[], style: Style): string {
  const secondary = rows.filter(row => row.state !== 'not-managed');
  if (secondary.length === 0) return 'no secondary ENI';
  if (secondary.every(row => row.state === 'working'))
    return `${secondary.length} secondary, ${green(style, 'all as planned')}`;
  const text = countStates(secondary.map(row => row.state));
  return `${secondary.length} secondary: ${secondary.some(r => r.isWrong) ? red(style, text) : text}`;
}
