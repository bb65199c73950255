// The log for people: its words, and that no value can break out of its line.
import { expect, test } from 'vitest';
import { triggers } from '../../../agent/daemon/report.ts';
import {
  fewOf,
  printableJson,
  printableLines,
  sealed,
  textLine,
  triggerWords,
} from '../../../agent/log/text.ts';
import type { LogFields } from '../../../agent/log.ts';

const cases: readonly (readonly [LogFields, string, string])[] = [
  [{}, 'started', 'started'],
  [
    { eni: 'eni-02', link: 'eth1', table: 28000, added: ['address eth1 10.0.1.12/32'], trigger: 'metadata' },
    'changed: +10.0.1.12',
    'eth1 eni-02: changed: +10.0.1.12 (metadata)',
  ],
  [
    { link: 'eth1', trigger: 'kernel files' },
    'repaired',
    'eth1: repaired (change in the kernel, edited file)',
  ],
  [{ trigger: 'once-force' }, 'wrote /etc/x', 'wrote /etc/x (eni-agent once --force)'],
  [
    { code: 'verify-failed', reason: 'missing: rule 4 28600', trigger: 'start' },
    'a pass failed',
    'a pass failed: missing: rule 4 28600 [verify-failed] (start)',
  ],
  [{ exit: 0, command: 'ip link', none: undefined }, 'ran', 'ran exit=0 command="ip link"'],
  [{ trigger: 'constructor toString' }, 'wrote', 'wrote (constructor, toString)'],
  [{ until: '2026-01-15T10:30:00.000Z' }, 'paused until 10:30 UTC', 'paused until 10:30 UTC'],
  [{ lost: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] }, 'lost', 'lost lost=a,b,c,d,e,and 2 more'],
];

test('lines for a terminal: what they quote steers nothing, our own colours and an empty screen stay', () => {
  const ours = '\u001b[H\u001b[J\u001b[1mtitle\u001b[22m';
  const odd = 'a\r\u001b]0;title\u0007\u001b[2J\u001b[1A\u009b2J\u202eb';
  expect(printableLines(`${sealed(ours)}\tx\n${odd}\n`)).toBe(
    `${ours}\tx\na\\r\\u001b]0;title\\u0007\\u001b[2J\\u001b[1A\\u009b2J\\u202eb\n`,
  );
});

test.each(['\u001b[8mhidden', '\u001b[H\u001b[J', '\u001b[31m', '\u001b[1;1;1;1;31m'])(
  'a sequence that we use is no less a stranger in what is quoted: %j',
  odd => {
    expect(printableLines(`x ${odd}\n`)).toBe(`x ${odd.replaceAll('\u001b', '\\u001b')}\n`);
  },
);

test('a character of two code units stays the same one in JSON', () => {
  const odd = { a: 'tag \u{e0041}, \u2028\u0085\u009b\u202e\u007f and \u{1f600}' };
  for (const text of [printableLines(JSON.stringify(odd, null, 2)), printableJson(JSON.stringify(odd))]) {
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
    expect(JSON.parse(text)).toEqual(odd);
  }
});

test.each(cases)('%o', (fields, message, line) => {
  expect(textLine(fields, message)).toBe(line);
});

test('whatever a value holds, it is one line of plain text', () => {
  const odd = 'a\nb\r\u001b[31mred\u0000\u007f\u0085\u2028\u202eleft\u200b\ud800';
  for (const fields of [{ reason: odd }, { link: odd }, { eni: odd }, { path: odd }, { trigger: odd }]) {
    const line = textLine(fields, `said ${odd}`);
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
    expect(line).toContain('\\u001b[31mred');
  }
  expect(textLine({ reason: 'gr\u00fc\u00dfe \u{1f600}' }, 'x')).toBe('x: gr\u00fc\u00dfe \u{1f600}');
});

test('a line has an end', () => {
  const line = textLine({ reason: 'x'.repeat(10_000) }, 'a pass failed');
  expect(line.length).toBeLessThan(2100);
  expect(line).toMatch(/ \.\.\.$/);
});

test('few of a list, and how many more', () => {
  expect(fewOf(['a', 'b'], ', ', 2)).toBe('a, b');
  expect(fewOf(['a', 'b', 'c'], ', ', 2)).toBe('a, b, c');
  expect(fewOf(['a', 'b', 'c', 'd'], ', ', 2)).toBe('a, b, and 2 more');
});

test('each trigger is a word that a person knows', () => {
  const words = triggers.map(name => triggerWords[name] ?? name);
  expect(words).toEqual([
    'start',
    'change in the kernel',
    'edited configuration',
    'edited file',
    'request',
    'reload',
    'timer',
    'metadata',
    'resume',
    'end of the pause',
  ]);
});
