// The project's Markdown documents as tokens: one reader for all that is made of them. The packages install docs/ too, so that a link to
// another document becomes the name of a file that is there.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { marked, type Token, type Tokens } from 'marked';

const root = path.join(import.meta.dirname, '../..');

export interface Document {
  /** Its file name, e.g. `safety.md`. */
  readonly name: string;
  readonly tokens: readonly Token[];
}

/** Reads a Markdown file; the path is relative to the project's root. */
export async function readDocument(file: string): Promise<Document> {
  const text = await readFile(path.join(root, file), 'utf8');
  return { name: path.basename(file), tokens: marked.lexer(text) };
}

/** What stands below a heading, up to the next one of the same or a higher level. */
export function section({ name, tokens }: Document, heading: string): Document {
  const start = tokens.findIndex(token => token.type === 'heading' && token.text === heading);
  if (start === -1) throw new Error(`${name} has no heading "${heading}"`);
  const { depth } = tokens[start] as Tokens.Heading;
  const rest = tokens.slice(start + 1);
  const end = rest.findIndex(token => token.type === 'heading' && token.depth <= depth);
  return { name, tokens: end === -1 ? rest : rest.slice(0, end) };
}

/** What stands between the title and the first heading below it. */
export function introduction({ name, tokens }: Document): Document {
  const rest = tokens.filter(token => token.type !== 'heading' || token.depth > 1);
  const end = rest.findIndex(token => token.type === 'heading');
  return { name, tokens: end === -1 ? rest : rest.slice(0, end) };
}

/** How a piece of text looks in what is made of a document. */
export interface Style {
  readonly text: (text: string) => string;
  readonly code: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly emphasis: (text: string) => string;
}

/**
 * Words, code and links in one style, on one line. A link to another document becomes its name in brackets: `[proven](safety.md)` is
 * "proven (safety.md)", and `([why](safety.md))` "(why: safety.md)".
 */
export function inline(tokens: readonly Token[], style: Style, document: string): string {
  return tokens
    .map((token, index) => {
      if (token.type === 'codespan') return style.code(token.text);
      if (token.type === 'strong') return style.strong(token.text);
      if (token.type === 'em') return style.emphasis(token.text);
      if (token.type !== 'link') return style.text(oneLine(token.type === 'escape' ? token.text : token.raw));
      const text = inline(token.tokens ?? [], style, document);
      const target = style.text(manualOf(path.basename(token.href.split('#')[0]) || document));
      return tokens[index - 1]?.raw.endsWith('(') ? `${text}: ${target}` : `${text} (${target})`;
    })
    .join('');
}

function manualOf(document: string): string {
  return document === 'configuration.md' ? 'eni-agent.conf(5)' : document;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}

/** Breaks a text at blanks into lines of at most `width` characters; a longer word has a line for itself. */
export function fill(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter(w => w !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
