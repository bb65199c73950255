// The words that a format knows: what a search would have to find out, letter by letter.
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** @param name a file below dictionaries/, which has one word a line, in quotes as in JSON */
export function wordsIn(name: string): readonly string[] {
  const text = readFileSync(path.join(import.meta.dirname, 'dictionaries', `${name}.txt`), 'utf8');
  return text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as string);
}
