// What roff would take for a command is text in the page.
import { marked } from 'marked';
import { expect, test } from 'vitest';
import { blocks, definition, lines, literal, subsection, verbatim } from '../../../packaging/docs/roff.ts';

const page = (markdown: string) => blocks({ name: 'test.md', tokens: marked.lexer(markdown) });

test.each([
  ['a\\b', 'a\\eb'],
  ['--json', '\\-\\-json'],
  ["ENI's", 'ENI\\(aqs'],
  ['~/`x`^', '\\(ti/\\(gax\\(ga\\(ha'],
  ['caf\u00e9', 'caf\\[u00E9]'],
])('%s', (text, shown) => {
  expect(literal(text)).toBe(shown);
});

test('a line that begins with a full stop is no command', () => {
  expect(lines('.config is a file')).toEqual(['\\&.config is a file']);
  expect(verbatim(['.enis'])).toContain('\\&.enis');
});

test('a full stop in the middle of a paragraph makes no wide gap where a line ends', () => {
  const [first, second] = lines(`${'x'.repeat(70)} e.g. ${'y'.repeat(20)}.`);
  expect(first).toMatch(/e\.g\.\\&$/);
  expect(second).toMatch(/y\.$/);
});

test('blocks', () => {
  expect(page('## Files\n\nA `key` of *X*,\nsee [proven](safety.md#x) ([why](b.md)).')).toEqual([
    '.SH FILES',
    '.PP',
    'A \\fBkey\\fR of \\fIX\\fR, see proven (safety.md) (why: b.md).',
  ]);
  expect(page('- one\n- two')).toEqual(['.IP \\(bu 2', 'one', '.IP \\(bu 2', 'two']);
  expect(page('1. one')).toEqual(['.IP 1. 4', 'one']);
  expect(page('<!-- nothing -->')).toEqual([]);
  expect(() => page('> quoted')).toThrow('test.md: nothing is known of a blockquote');
});

test('tables', () => {
  expect(page('| a | b |\n|---|---|\n| `x` | y |')).toEqual(['.TP', '\\fBx\\fR', 'y']);
  expect(page('| a | b | c |\n|---|---|---|\n| x | y | z |')).toEqual(['.TP', 'x', 'b: y', '.br', 'c: z']);
  expect(definition('t'.repeat(70), ['x'])).toEqual(['.PP', 't'.repeat(70), '.RS', 'x', '.RE']);
});

test('a heading with quotes', () => {
  expect(subsection('[eni "MAC"]')).toBe('.SS "[eni \\(dqMAC\\(dq]"');
});

test('a long command goes on in the next line, but not within quotes', () => {
  const long = `eni-agent status --json | jq '${'x | y --z '.repeat(5)}'`;
  expect(verbatim([long]).slice(3, -2)).toEqual([
    'eni\\-agent status \\-\\-json \\e',
    `  | jq \\(aq${'x | y \\-\\-z '.repeat(5)}\\(aq`,
  ]);
  expect(verbatim(['x'.repeat(90)])).toContain('x'.repeat(90));
});
