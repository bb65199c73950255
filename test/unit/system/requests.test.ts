// The trigger folder on a real disk: whatever lies in it is taken, a bounded part of it at a time, and listening to it costs nothing for each entry.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { realSystem } from '../../../agent/system/real-system.ts';
import { openRealWakeups } from '../../../agent/system/real-wakeups.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'eni-agent-requests-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A name that is no UTF-8. */
const odd = (name: string) => Buffer.concat([Buffer.from(`${dir}/${name}`), Buffer.from([0xff, 0xfe])]);

/** Everything that is no plain file, or has no plain name. */
function layOddThings(): void {
  mkdirSync(join(dir, 'folder/inside'), { recursive: true });
  writeFileSync(join(dir, 'folder/inside/file'), '');
  writeFileSync(Buffer.concat([Buffer.from(`${dir}/folder/`), Buffer.from([0xc3, 0x28])]), '');
  mkdirSync(odd('folder'));
  writeFileSync(odd('file'), '');
  execFileSync('mkfifo', [join(dir, 'fifo')]);
  symlinkSync('/nowhere', join(dir, 'link'));
  symlinkSync('/', join(dir, 'link-to-root'));
  writeFileSync(join(dir, 'line\nbreak'), '');
}

describe('takeNames', () => {
  test('takes everything away, a folder with what is in it too, and follows no link', async () => {
    layOddThings();
    const { names, hasMore } = await realSystem.takeNames(dir, 256);
    expect([readdirSync(dir), hasMore]).toEqual([[], false]);
    expect([...names].sort()).toEqual(
      [
        'fifo',
        'file\ufffd\ufffd',
        'folder',
        'folder\ufffd\ufffd',
        'line\nbreak',
        'link',
        'link-to-root',
      ].sort(),
    );
    expect(existsSync('/etc/os-release')).toBe(true);
  });

  test('so many at a time, and says whether there are more', async () => {
    for (let i = 0; i < 10; i++) writeFileSync(join(dir, `request-${i}`), '');
    const looks = [];
    for (let i = 0; i < 4; i++) {
      const { names, hasMore } = await realSystem.takeNames(dir, 4);
      looks.push([names.length, hasMore]);
    }
    expect(looks).toEqual([
      [4, true],
      [4, true],
      [2, false],
      [0, false],
    ]);
  });

  test('a name that begins with a dot is somebody’s half-written file, and a folder that is not there is empty', async () => {
    writeFileSync(join(dir, '.eni-agent.tmp'), '');
    expect(await realSystem.takeNames(dir, 4)).toEqual({ names: [], hasMore: false });
    expect(readdirSync(dir)).toEqual(['.eni-agent.tmp']);
    expect(await realSystem.takeNames(join(dir, 'none'), 4)).toEqual({ names: [], hasMore: false });
  });
});

test('100,000 requests: all are taken, in short turns, with less than 100 MB', {
  timeout: 600_000,
}, async () => {
  layOddThings();
  const program = join(import.meta.dirname, '../../support/request-flood.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [program, dir, '100000'], {
    timeout: 590_000,
  });
  const { grownMb, taken, longestMs, hears } = JSON.parse(stdout) as Record<string, never>;
  expect([taken, hears], stdout).toEqual([100_007, true]);
  expect(readdirSync(dir)).toEqual(['last']);
  expect(grownMb, stdout).toBeLessThan(100);
  expect(longestMs, stdout).toBeLessThan(2000);
});

test('a trigger folder that somebody takes away is made anew, and heard', async () => {
  const folder = join(dir, 'triggers');
  const wakeups = await openRealWakeups({ requestFolder: folder, configFolders: [], onSignal: () => {} });
  try {
    for (let round = 0; round < 2; round++) {
      rmSync(folder, { recursive: true });
      // That it has gone is heard as well.
      await wakeups.next(20_000);
      await expect.poll(() => existsSync(folder), { timeout: 20_000 }).toBe(true);
      while ((await wakeups.next(300)).has('request'));
      writeFileSync(join(folder, 'request'), '');
      expect((await wakeups.next(30_000)).has('request')).toBe(true);
    }
  } finally {
    await wakeups.close();
  }
});
