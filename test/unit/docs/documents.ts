// The documents as data: files, fenced blocks, tables, links. For the tests that compare them with the code. A block that a test
// generates stands behind a comment `<!-- generated: NAME -->`; `GOLDEN=write` (npm run golden) writes such blocks anew.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';

export const root = path.join(import.meta.dirname, '../../..');

/** Every Markdown file of the project, relative to its root. */
export const documents: readonly string[] = [
  ...readdirSync(root).filter(name => name.endsWith('.md')),
  ...['docs', 'packaging', 'systemd', 'test/fixtures']
    .filter(folder => existsSync(path.join(root, folder)))
    .flatMap(folder =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter(name => name.endsWith('.md'))
        .map(name => path.join(folder, name)),
    ),
].sort();

export function readDocument(name: string): string {
  return readFileSync(path.join(root, name), 'utf8');
}

export interface Fence {
  readonly language: string;
  readonly lines: readonly string[];
}

/** All fenced blocks of a text, in order. */
export function fences(text: string): readonly Fence[] {
  return [...text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(match => ({
    language: match[1]!.trim(),
    lines: match[2]!.replace(/\n$/, '').split('\n'),
  }));
}

/** Text without its fenced blocks. */
export function prose(text: string): string {
  return text.replace(/^```.*\n[\s\S]*?^```$/gm, '');
}

/** The part below a heading, up to the next heading of the same or a higher level. */
export function section(text: string, heading: string): string {
  const lines = text.split('\n');
  const start = lines.findIndex(line => line.replace(/^#+ /, '') === heading && line.startsWith('#'));
  if (start === -1) throw new Error(`no heading "${heading}"`);
  const level = /^#+/.exec(lines[start]!)![0].length;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex(line => /^#+ /.test(line) && /^#+/.exec(line)![0].length <= level);
  return rest.slice(0, end === -1 ? undefined : end).join('\n');
}

/** Rows of the first table, as cells; the head and the line below it are left out. */
export function tableRows(text: string): readonly (readonly string[])[] {
  const lines = text.split('\n');
  const start = lines.findIndex(line => line.startsWith('|'));
  if (start === -1) throw new Error('no table here');
  const rest = lines.slice(start);
  const end = rest.findIndex(line => !line.startsWith('|'));
  const rows = rest.slice(0, end === -1 ? undefined : end).map(line =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map(cell => cell.trim()),
  );
  return rows.slice(2);
}

/** The text between the first pair of backticks. */
export function code(cell: string | undefined): string {
  return /`([^`]+)`/.exec(cell ?? '')?.[1] ?? '';
}

/** The code words of a column, sorted: what a table claims to have rows for. */
export function codeColumn(rows: readonly (readonly string[])[], column = 0): readonly string[] {
  return rows.map(row => code(row[column])).sort();
}

/** Compares the generated block of that name, fenced, with what the code makes now, or writes it. */
export function expectBlock(document: string, name: string, content: string): void {
  expectBehind(document, name, content, ['```[a-z]*\\n', '\\n?```\\n']);
}

/** The same for a table or a list: what stands between the mark and the next empty line. */
export function expectParagraph(document: string, name: string, content: string): void {
  expectBehind(document, name, content, ['\\n', '\\n(?=\\n)']);
}

function expectBehind(
  document: string,
  name: string,
  content: string,
  [before, after]: readonly [string, string],
): void {
  const text = readDocument(document);
  const mark = `<!-- generated: ${name} -->`;
  const pattern = new RegExp(`(${mark}\\n${before})([\\s\\S]*?)(${after})`);
  const found = pattern.exec(text);
  if (found === null) throw new Error(`${document} has no block behind ${mark}`);
  if (process.env.GOLDEN === 'write') {
    const next = text.replace(
      pattern,
      (_all, head: string, _old, tail: string) => head + content + tail.replace(/^(?!\n)/, '\n'),
    );
    if (next !== text) writeFileSync(path.join(root, document), next);
    return;
  }
  expect(found[2], `${document}, block "${name}": npm run golden writes it anew`).toBe(content);
}

/** As GitHub makes the anchor of a heading: lower case, punctuation gone, blanks to hyphens. */
export function anchorOf(heading: string): string {
  return heading
    .replaceAll('`', '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
