// What a run says at its end about what failed: a real run of vitest over files that fail in each way there is.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');

const files: Readonly<Record<string, string>> = {
  'wrong.test.js':
    "describe('a column', () => { test('a step', () => expect(['one', 'two']).toEqual([])); test('another', () => {}); });",
  'hook.test.js':
    "describe('a lab', () => { beforeAll(() => { throw new Error('no machine'); }); test('a step', () => {}); });",
  'loading.test.js': "import './missing.js';",
  'late.test.js': "test('ends well', () => void setTimeout(() => { throw new Error('too late'); }, 1));",
};

test('each kind of failure is named, with its reason', () => {
  const folder = mkdtempSync(join(tmpdir(), 'eni-agent-failures-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const failures = join(folder, 'failures.txt');
    const vitest = join(root, 'node_modules/.bin/vitest');
    const reporter = join(root, 'test/failures-reporter.ts');
    const argv = ['run', '--root', folder, '--globals', `--reporter=${reporter}`];
    const { status } = spawnSync(vitest, argv, { env: { ...process.env, ENI_AGENT_FAILURES: failures } });
    expect(status).toBe(1);
    const said = readFileSync(failures, 'utf8');
    expect(said).toContain('FAILED wrong.test.js > a column > a step\n');
    expect(said).toContain('  +   "one",\n  +   "two",\n');
    expect(said).toContain('FAILED hook.test.js > a lab\n  no machine\n');
    expect(said).toContain('FAILED loading.test.js\n  ');
    expect(said).toContain('FAILED outside of any test\n  too late\n');
    expect(said).not.toContain('another');
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);
