// Markdown tokens to man(7) macros: the few that every formatter has, from the groff of 2009 to mandoc. `.EX` is younger than that, so
// that an example is `.nf` and indented.
import type { Token, Tokens } from 'marked';
import { type Document, fill, inline, type Style } from './documents.ts';

/** Longer lines of the source are a warning of mandoc. */
const width = 78;

/** A term that is longer than this stands above its explanation as a paragraph: `.TP` does not break it. */
const longTerm = 60;

/** What fits into 80 columns beside the indentation of an example. */
const longExample = 66;

/** A path of this length may be broken behind its slashes, or it sticks out over the margin where a sentence reaches it. */
const longPath = 50;

/**
 * Text as roff shows it: nothing in it is a command. `-` becomes a minus sign and `'` an apostrophe of ASCII, so that what is copied from
 * the page can be run.
 */
export function literal(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replace(
      /[^\x20-\x7e\n]/gu,
      character => `\\[u${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`,
    );
}

export const bold = (text: string) =>
  `\\fB${text.length > longPath ? literal(text).replaceAll('/', '/\\:') : literal(text)}\\fR`;
export const italic = (text: string) => `\\fI${literal(text)}\\fR`;

export const roffStyle: Style = { text: literal, code: bold, strong: bold, emphasis: italic };

/** Escaped text in lines, none of which is a command. */
export function lines(text: string): readonly string[] {
  const filled = fill(text, width);
  return filled.map((line, index) => {
    const start = line.startsWith('.') ? '\\&' : '';
    // A full stop at the end of a line is the end of a sentence, with two blanks behind it; in the middle of one it is not.
    const end = index < filled.length - 1 && /[.?!:)]$/.test(line) ? '\\&' : '';
    return `${start}${line}${end}`;
  });
}

export function paragraph(text: string): readonly string[] {
  return ['.PP', ...lines(text)];
}

/** A heading within a section; `title` is plain text. */
export function subsection(title: string): string {
  return `.SS "${literal(title).replaceAll('"', '\\(dq')}"`;
}

/** A term and its explanation, both escaped already. */
export function definition(term: string, explanation: readonly string[]): readonly string[] {
  if (term.length > longTerm) return ['.PP', ...lines(term), '.RS', ...explanation, '.RE'];
  return ['.TP', term, ...explanation];
}

/** Lines as they are, indented. A command that is too long for 80 columns goes on in the next line, as a shell reads it. */
export function verbatim(text: readonly string[]): readonly string[] {
  const shown = text.flatMap(continued).map(line => literal(line).replace(/^\./, '\\&.'));
  return ['.PP', '.RS 4', '.nf', ...shown, '.fi', '.RE'];
}

/** Breaks before an option or a pipe, but nowhere behind a quote. */
function continued(line: string): readonly string[] {
  if (line.length <= longExample || !line.startsWith('eni-agent ')) return [line];
  const [, free = '', quoted = ''] = /^([^'"]*)(.*)$/.exec(line) ?? [];
  const parts = free.split(/ (?=--\w|\| )/);
  parts.push(`${parts.pop()}${quoted}`);
  const broken: string[] = [];
  for (const part of parts) {
    const last = broken.at(-1);
    if (last !== undefined && `${last} ${part}`.length <= longExample)
      broken[broken.length - 1] = `${last} ${part}`;
    else broken.push(part);
  }
  return broken.join(' \\\n  ').split('\n');
}

/** All blocks of a document. Headings of the second level become sections, of the third subsections; comments are left out. */
export function blocks({ name, tokens }: Document): readonly string[] {
  return tokens.flatMap(token => block(token, name));
}

function block(token: Token, document: string): readonly string[] {
  if (token.type === 'space' || token.type === 'html') return [];
  if (token.type === 'paragraph') return paragraph(inline(token.tokens ?? [], roffStyle, document));
  if (token.type === 'code') return verbatim(token.text.split('\n'));
  if (token.type === 'table') return table(token as Tokens.Table, document);
  if (token.type === 'list') return list(token as Tokens.List, document);
  if (token.type === 'heading' && token.depth === 2) return [`.SH ${literal(token.text.toUpperCase())}`];
  if (token.type === 'heading' && token.depth === 3) return [subsection(token.text)];
  throw new Error(`${document}: nothing is known of a ${token.type}: ${token.raw.slice(0, 60)}`);
}

/** The first column are the terms. Of more than two, each further one has a line that begins with its heading. */
function table({ header, rows }: Tokens.Table, document: string): readonly string[] {
  return rows.flatMap(row => {
    const [term, ...cells] = row.map(cell => inline(cell.tokens, roffStyle, document));
    if (cells.length === 1) return definition(term!, lines(cells[0]!));
    const titled = cells.map((cell, index) => lines(`${literal(header[index + 1]!.text)}: ${cell}`));
    return definition(
      term!,
      titled.flatMap((cell, index) => (index === 0 ? cell : ['.br', ...cell])),
    );
  });
}

function list({ ordered, items }: Tokens.List, document: string): readonly string[] {
  return items.flatMap((item, index) => {
    const words = item.tokens.flatMap(token => ('tokens' in token ? (token.tokens ?? []) : []));
    return [ordered ? `.IP ${index + 1}. 4` : '.IP \\(bu 2', ...lines(inline(words, roffStyle, document))];
  });
}
