// Lines that fit a terminal.
import { expect, test } from 'vitest';
import { fold, reflow, wrap } from '../../../agent/cli/layout.ts';

test.each([
  ['short', 20, ['short']],
  ['one two three', 7, ['one two', '  three']],
  ['    indented text', 12, ['    indented', '  text']],
  ['a /path/that/is/longer/than/a/line b', 10, ['a', '  /path/that/is/longer/than/a/line', '  b']],
])('wrap %j to %i', (text, width, expected) => expect(wrap(text, width, 2)).toEqual(expected));

test.each([
  ['Cloud    one two three', ['Cloud    one two', '         three']],
  ['  to do    one two three', ['  to do    one two', '           three']],
  ['  ! one two three four', ['  ! one two three', '    four']],
  ['warning: one two three', ['warning: one two', '  three']],
  ['      one two three', ['      one two', '      three']],
])('what goes on begins where the text began: %j', (line, expected) =>
  expect(fold([line], { columns: 18 })).toEqual(expected),
);

test('colours take no room', () => {
  const red = '\u001b[31mone two\u001b[39m three';
  expect(fold([red], { columns: 13 })).toEqual([red]);
  expect(fold([red], { columns: 12 })).toEqual(['\u001b[31mone two\u001b[39m', '  three']);
});

test('without a terminal nothing is broken', () => {
  const long = 'word '.repeat(100).trim();
  expect(fold([long], {})).toEqual([long]);
});

test('a text of other lines: paragraphs stay apart, lists as they are', () => {
  expect(reflow('\none two\nthree\n\n  a  b\n  c  d\n', 9)).toEqual([
    'one two',
    'three',
    '',
    '  a  b',
    '  c  d',
  ]);
});
