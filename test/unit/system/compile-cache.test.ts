// What the launcher keeps of the program for its next start: it is used where it fits, and nothing depends on it.
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const runner = join(import.meta.dirname, '../../support/run-cached.ts');
let dir: string;
let program: string;
let folder: string;

beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'eni-agent-cache-')));
  program = join(dir, 'program.cjs');
  folder = join(dir, 'cache');
  mkdirSync(folder);
  write('one');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Functions that are compiled when they are called, a module of Node, one that is loaded late, and what a module knows of itself. */
function write(word: string): void {
  writeFileSync(
    program,
    `#!/usr/bin/env node
'use strict';
const { basename } = require('node:path');
const late = async () => require('node:os').EOL;
function answer() { return { word: '${word}', file: basename(__filename), dir: __dirname, args: process.argv.length }; }
late().then(end => process.stdout.write(JSON.stringify(answer()) + end));
exports.answer = answer;
`,
  );
}

function run(): string {
  return execFileSync(process.execPath, [runner, program, folder], { encoding: 'utf8' });
}

const kept = () => readdirSync(folder);
const said = (word: string) => `${JSON.stringify({ word, file: 'program.cjs', dir, args: 4 })}\n`;

test('the first run keeps it, the second one uses it and leaves it as it is', () => {
  expect(run()).toBe(said('one'));
  expect(kept()).toHaveLength(1);
  const file = join(folder, kept()[0]!);
  const { ino, mtimeMs, mode } = statSync(file);
  expect(mode & 0o777).toBe(0o600);
  // What was called is in it, which Node's own cache leaves out.
  expect(readFileSync(file).includes('answer')).toBe(true);
  expect(run()).toBe(said('one'));
  expect(statSync(file)).toMatchObject({ ino, mtimeMs });
});

test('a program of the same length is another one, and what was kept of the old one goes', () => {
  run();
  const [old] = kept();
  rmSync(program);
  write('two');
  expect(run()).toBe(said('two'));
  expect(kept()).toHaveLength(1);
  expect(kept()).not.toContain(old);
});

test.each([
  ['empty', () => Buffer.alloc(0)],
  ['cut off', (data: Buffer) => data.subarray(0, data.length >> 1)],
  [
    'turned in one bit',
    (data: Buffer) => {
      const at = Math.floor(data.length * 0.75);
      data[at]! ^= 1;
      return data;
    },
  ],
  ['of something else', (data: Buffer) => Buffer.from('x'.repeat(data.length))],
])('what is %s is not used, and is made anew', (_, spoil) => {
  run();
  const file = join(folder, kept()[0]!);
  const data = readFileSync(file);
  const { length } = data;
  const { ino } = statSync(file);
  writeFileSync(file, spoil(data));
  expect(run()).toBe(said('one'));
  expect(statSync(file).ino).not.toBe(ino);
  expect(readFileSync(file).length).toBeGreaterThan(length / 2);
  expect(kept()).toHaveLength(1);
});

test('no folder, or one in which nothing can be written: it runs all the same', () => {
  rmSync(folder, { recursive: true });
  expect(run()).toBe(said('one'));
  writeFileSync(folder, 'a file');
  expect(run()).toBe(said('one'));
});

test('nobody’s link is written through', () => {
  run();
  const file = join(folder, kept()[0]!);
  writeFileSync(join(dir, 'victim'), 'untouched');
  rmSync(file);
  symlinkSync(join(dir, 'victim'), file);
  expect(run()).toBe(said('one'));
  expect(readFileSync(join(dir, 'victim'), 'utf8')).toBe('untouched');
});
