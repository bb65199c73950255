// The configuration's sections and keys, as docs/configuration.md has them. A test of that document holds it against agent/config/read-settings.ts, so
// that what is made of it here is true as well.
import type { Token, Tokens } from 'marked';
import { backendNames } from '../../agent/model/host.ts';
import { type Document, inline, introduction, readDocument, type Style, section } from './documents.ts';

const source = 'docs/configuration.md';
const columns = ['key', 'value', 'default', 'meaning', 'example'];

export interface SettingsDocument {
  readonly introduction: Document;
  readonly sections: readonly SettingsSection[];
}

export interface SettingsSection {
  /** As in the file, e.g. `[agent]` or `[eni "MAC"]`. */
  readonly heading: string;
  readonly introduction: Document;
  readonly keys: readonly SettingsKey[];
}

export interface SettingsKey {
  readonly name: string;
  readonly default: string | undefined;
  readonly example: string;
  /** What the value may be, and what it is good for: in the style of whoever asks. */
  readonly value: (style: Style) => string;
  readonly meaning: (style: Style) => string;
}

/** Reads the document; throws where a table has not the columns that are expected. */
export async function readSettingsDocument(): Promise<SettingsDocument> {
  const document = await readDocument(source);
  const headings = document.tokens.filter(token => token.type === 'heading' && token.depth === 2);
  return {
    introduction: introduction(document),
    sections: headings.map(heading => sectionOf((heading as Tokens.Heading).text, document)),
  };
}

function sectionOf(heading: string, document: Document): SettingsSection {
  const { name, tokens } = section(document, heading);
  const table = tokens.find(token => token.type === 'table') as Tokens.Table | undefined;
  if (table === undefined || table.header.map(cell => cell.text).join() !== columns.join())
    throw new Error(`${source}, ${heading}: the table needs the columns ${columns.join(', ')}`);
  const before = tokens.slice(0, tokens.indexOf(table));
  return { heading, introduction: { name, tokens: before }, keys: table.rows.map(row => keyOf(row, name)) };
}

function keyOf(row: readonly Tokens.TableCell[], document: string): SettingsKey {
  const [key, value, standard, meaning, example] = row as [
    Tokens.TableCell,
    Tokens.TableCell,
    Tokens.TableCell,
    Tokens.TableCell,
    Tokens.TableCell,
  ];
  const name = codeOf(key.tokens);
  return {
    name,
    default: standard.text === 'none' ? undefined : codeOf(standard.tokens),
    example: codeOf(example.tokens),
    // The document has a link to the table of the backends here.
    value: style =>
      name === 'backend' ? style.text(backendNames.join(', ')) : inline(value.tokens, style, document),
    meaning: style => inline(meaning.tokens, style, document),
  };
}

function codeOf(tokens: readonly Token[]): string {
  const code = tokens.find(token => token.type === 'codespan');
  if (code?.type !== 'codespan')
    throw new Error(`${source}: a cell has no code: ${tokens.map(t => t.raw).join('')}`);
  return code.text;
}
