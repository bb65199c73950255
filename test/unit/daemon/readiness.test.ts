// What systemd is told: by a program of ours in the place of systemd-notify(1).
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openReadiness } from '../../../agent/daemon/systemd/readiness.ts';

let folder = '';
const before = process.env.PATH;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'eni-agent-notify-'));
});
afterEach(() => {
  process.env.PATH = before;
  rmSync(folder, { recursive: true, force: true });
});

function fakeProgram(script: string): void {
  const text = `#!/bin/sh\nprintf '%s|' "$@" >> ${folder}/calls\necho >> ${folder}/calls\n${script}\n`;
  writeFileSync(join(folder, 'systemd-notify'), text, { mode: 0o755 });
  process.env.PATH = `${folder}:${before}`;
}
const calls = () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n').sort();

test('ready once, for the process that is named, and each new status once; nobody waits', async () => {
  fakeProgram('sleep 1; exit 1');
  const readiness = openReadiness('/run/systemd/notify', 4711);
  readiness.announce('1 ENI');
  readiness.announce('1 ENI');
  readiness.announce('2 ENIs');
  // Not even the start of the first one, which is no part of this turn.
  expect(() => calls()).toThrow('ENOENT');
  const wanted = ['--pid=4711|--status=2 ENIs|', '--ready|--pid=4711|--status=1 ENI|'];
  await vi.waitFor(() => expect(calls()).toEqual(wanted), { timeout: 10_000 });
});

test('a program that hangs is the only one', async () => {
  fakeProgram('exec sleep 3');
  const readiness = openReadiness('/run/systemd/notify', 4711);
  for (const status of ['1 ENI', '2 ENIs', '3 ENIs']) readiness.announce(status);
  await vi.waitFor(() => expect(calls()).toHaveLength(1), { timeout: 10_000 });
  // What came meanwhile is told in one.
  await vi.waitFor(() => expect(calls()).toHaveLength(2), { timeout: 20_000 });
  await new Promise(resolve => setTimeout(resolve, 500));
  expect(calls()).toEqual(['--pid=4711|--status=3 ENIs|', '--ready|--pid=4711|--status=1 ENI|']);
});

test('a status stays one line, whatever an error has brought', async () => {
  fakeProgram('');
  openReadiness('/run/systemd/notify', 4711).announce('1 ENI; it said: a\nMAINPID=1\u001b[31m');
  await vi.waitFor(() => expect(calls()).toHaveLength(1), { timeout: 10_000 });
  expect(calls()).toEqual(['--ready|--pid=4711|--status=1 ENI; it said: a\\nMAINPID=1\\u001b[31m|']);
});

test('no program: nothing happens', async () => {
  process.env.PATH = folder;
  openReadiness('/run/systemd/notify', 4711).announce('1 ENI');
  // A rejection that nobody catches would fail the run.
  await new Promise(resolve => setTimeout(resolve, 300));
});

test('no systemd: nothing is started', async () => {
  fakeProgram('');
  openReadiness(undefined, 4711).announce('1 ENI');
  await new Promise(resolve => setTimeout(resolve, 300));
  expect(calls).toThrow();
});
