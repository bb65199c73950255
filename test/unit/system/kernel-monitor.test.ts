// The monitor of the kernel, with a program of ours in the place of `ip`: it says which words it was started with, and lives on.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { monitorKernel } from '../../../agent/system/kernel/monitor.ts';

let folder = '';
const path = process.env.PATH;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'eni-agent-monitor-'));
  process.env.PATH = `${folder}:${path}`;
});
afterEach(() => {
  process.env.PATH = path;
  rmSync(folder, { recursive: true, force: true });
});

/** @param script what `ip` does after it has written its process id and its words */
function fakeIp(script: string): void {
  const text = `#!/bin/sh\necho "$$ $*" >> ${folder}/starts\n${script}\n`;
  writeFileSync(join(folder, 'ip'), text, { mode: 0o755 });
}

const starts = () => {
  try {
    return readFileSync(join(folder, 'starts'), 'utf8').trim().split('\n');
  } catch {
    return [];
  }
};
const within = { timeout: 10_000, interval: 10 };

test('killed: started again with all its words, and looked twice, since the new one listens a moment later', async () => {
  fakeIp('exec sleep 60');
  let events = 0;
  const monitor = monitorKernel(() => {
    events += 1;
  });
  await vi.waitFor(() => expect(starts()).toHaveLength(1), within);
  process.kill(Number.parseInt(starts()[0]!, 10), 'SIGKILL');
  await vi.waitFor(() => expect(starts()).toHaveLength(2), within);
  expect(starts()[1]).toContain('monitor link address route rule');
  await vi.waitFor(() => expect(events).toBe(2), within);
  await monitor.stop();
});

test('an `ip` that does not know the word: without it', async () => {
  fakeIp('case "$*" in *rule*) exit 255;; esac\nexec sleep 60');
  const monitor = monitorKernel(() => undefined);
  await vi.waitFor(() => expect(starts()).toHaveLength(2), within);
  expect(starts()[1]).toMatch(/monitor link address route$/);
  await monitor.stop();
});
