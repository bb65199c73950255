// Lines that fit a terminal. Where there is none (a pipe, a file) nothing is broken, so that whoever searches the text finds whole sentences.
import { stripVTControlCharacters } from 'node:util';

export interface Layout {
  /** Width of the terminal; missing: no terminal. */
  readonly columns?: number | undefined;
}

/** What a terminal has that does not say how wide it is. */
export const usualColumns = 80;

export function widthOf({ columns }: Layout): number {
  return columns ?? Number.POSITIVE_INFINITY;
}

/**
 * Breaks a line between words. A word that is longer than a line, such as a path, stays whole.
 *
 * @param hang how far the lines after the first are indented
 */
export function wrap(text: string, width: number, hang = 0): readonly string[] {
  const lines: string[] = [];
  const [indent = ''] = /^ */.exec(text) ?? [];
  let line = '';
  for (const word of text.slice(indent.length).split(' ')) {
    const lead = lines.length === 0 ? indent : ' '.repeat(hang);
    const longer = line === '' ? `${lead}${word}` : `${line} ${word}`;
    if (line !== '' && lengthOf(longer) > width) {
      lines.push(line);
      line = `${' '.repeat(hang)}${word}`;
    } else line = longer;
  }
  return [...lines, line];
}

/** Text that was written in lines of some width, in lines of another: each paragraph by itself. What is indented stays as it is. */
export function reflow(text: string, width: number): readonly string[] {
  return text
    .trim()
    .split('\n\n')
    .flatMap((paragraph, index) => {
      const lines = paragraph.split('\n');
      const isList = lines.some(line => line.startsWith(' '));
      return [...(index === 0 ? [] : ['']), ...(isList ? lines : wrap(lines.join(' '), width))];
    });
}

/** Breaks lines that are too long. What follows begins where the text began behind a label, which ends with two blanks; else at the indent. */
export function fold(lines: readonly string[], layout: Layout): readonly string[] {
  const width = widthOf(layout);
  return asLines(lines).flatMap(line => (lengthOf(line) <= width ? [line] : wrap(line, width, hangOf(line))));
}

/** Each text is one line: what it quotes makes no other one. */
export function asLines(texts: readonly string[]): readonly string[] {
  return texts.map(text => text.replaceAll('\n', '\\n'));
}

const leastHang = 2;

function hangOf(line: string): number {
  const plain = stripVTControlCharacters(line);
  const [lead = ''] = /^ *(! )?(\S+( \S+){0,2} {2,})?/.exec(plain) ?? [];
  return lead.length === 0 ? leastHang : lead.length;
}

/** Colours take no room. */
function lengthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}
