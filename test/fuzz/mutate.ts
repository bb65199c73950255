// Texts that are nearly right: a text that was read once, changed a little, in the places where parsers have their limits. Knows no format but
// by the words that a target names.
import { wordsIn } from './dictionary.ts';
import type { Random } from './random.ts';

/** What readers stumble over, whatever the format. */
const nastyWords = wordsIn('any');

/** Longest text that is made: twice what the probes read of a file. Most are short, for a thousand of those take as long as one of them. */
export const mostCharacters = 128 * 1024;
const usualCharacters = 8 * 1024;

type Change = (text: string, random: Random, words: readonly string[], other: string) => string;

const changes: readonly Change[] = [
  (text, random) => cut(text, random.number(text.length + 1), random.number(8) + 1),
  (text, random) => cut(text, random.number(text.length + 1), random.number(text.length + 1)),
  (text, random, words) => put(text, random.number(text.length + 1), random.of(words)),
  (text, random, words) => put(text, random.number(text.length + 1), random.of(words)),
  (text, random) => put(text, random.number(text.length + 1), random.of(nastyWords)),
  (text, random) => put(text, random.number(text.length + 1), String.fromCharCode(random.number(256))),
  (text, random) => flip(text, random.number(text.length), random),
  (text, random, words) => replaceToken(text, random, random.of(words)),
  (text, random, words) => replaceToken(text, random, random.of(words)),
  (text, random) => replaceToken(text, random, random.of(nastyWords)),
  (text, random) => replaceNumber(text, random),
  (text, random) => withLines(text, lines => lines.toSpliced(random.number(lines.length), 1)),
  (text, random) =>
    withLines(text, lines => lines.toSpliced(random.number(lines.length), 0, random.of(lines))),
  (text, random) => withLines(text, lines => swapped(lines, random)),
  (text, random, _, other) => withLines(text, lines => spliced(lines, other.split('\n'), random)),
  (text, random, _, other) =>
    text.slice(0, random.number(text.length)) + other.slice(random.number(other.length)),
  (text, random, words) =>
    put(text, random.number(text.length + 1), repeated(random.of([...words, ...nastyWords]), random)),
  (text, random) =>
    withLines(text, lines =>
      lines.toSpliced(random.number(lines.length), 0, repeated(`${random.of(lines)}\n`, random)),
    ),
  (text, random) => nested(text, random),
  (text, random) => put(text, random.number(text.length + 1), ' '.repeat(random.number(2000))),
];

/** One to eight changes, most often few. */
export function mutate(text: string, random: Random, words: readonly string[], other: string): string {
  const most =
    random.number(24) === 0
      ? mostCharacters
      : Math.max(usualCharacters, Math.min(text.length, 2 * usualCharacters));
  let result = text;
  for (let left = 1 << random.number(4); left > 0; left -= 1)
    result = random.of(changes)(result, random, words, other).slice(0, most);
  return result;
}

function cut(text: string, at: number, length: number): string {
  return text.slice(0, at) + text.slice(at + length);
}

function put(text: string, at: number, word: string): string {
  return text.slice(0, at) + word + text.slice(at);
}

function flip(text: string, at: number, random: Random): string {
  const code = (text.charCodeAt(at) || 0) ^ (1 << random.number(8));
  return text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
}

function replaceToken(text: string, random: Random, word: string): string {
  const tokens = text.split(/([\s=:,;"'[\]{}/]+)/);
  tokens[random.number(tokens.length)] = word;
  return tokens.join('');
}

function replaceNumber(text: string, random: Random): string {
  const numbers = [...text.matchAll(/\d+/g)];
  if (numbers.length === 0) return text;
  const { 0: digits, index } = random.of(numbers);
  const value = random.of([
    '0',
    '-1',
    '255',
    '256',
    '4095',
    '65535',
    '2147483648',
    '4294967295',
    '18446744073709551616',
    '9'.repeat(400),
    `${Number(digits) + 1}`,
    `0${digits}`,
  ]);
  return text.slice(0, index) + value + text.slice(index + digits.length);
}

function withLines(text: string, change: (lines: string[]) => readonly string[]): string {
  return change(text.split('\n')).join('\n');
}

function swapped(lines: readonly string[], random: Random): readonly string[] {
  const [a, b] = [random.number(lines.length), random.number(lines.length)];
  return lines.with(a, lines[b]!).with(b, lines[a]!);
}

function spliced(lines: readonly string[], others: readonly string[], random: Random): readonly string[] {
  const from = random.number(others.length);
  return lines.toSpliced(
    random.number(lines.length),
    random.number(3),
    ...others.slice(from, from + 1 + random.number(6)),
  );
}

/** A few times, or as often as fits: what is quadratic shows then. */
function repeated(word: string, random: Random): string {
  const times = random.of([2, 8, 100, 1000, 30_000]);
  return word.repeat(Math.min(times, Math.ceil(mostCharacters / 4 / Math.max(1, word.length))));
}

function nested(text: string, random: Random): string {
  const [open, close] = random.of([
    ['[', ']'],
    ['{', '}'],
    ['(', ')'],
    ['{"a":', '}'],
    ['- ', ''],
    ['${', '}'],
    ['"', '"'],
    [' ', ''],
  ] as const);
  const depth = random.of([2, 20, 500, 5000]);
  const at = random.number(text.length + 1);
  return put(text, at, open.repeat(depth) + close.repeat(random.of([depth, 0])));
}
