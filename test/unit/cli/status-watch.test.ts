// `status --watch`: drawn every 2 s from the kernel, with few requests, until nobody reads it any more.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { run } from '../../../agent/cli/run.ts';
import { seldom } from '../../../agent/cli/status/watch.ts';
import type { MetadataSource } from '../../../agent/metadata/metadata-source.ts';
import { createMachine, type Machine } from '../../support/fake-machine.ts';
import { loadRecording } from '../../support/metadata-emulator-recordings.ts';
import { noProcess } from '../../support/no-process.ts';
import { nobody, reachesNobody } from '../../support/nobody.ts';

let machine: Machine | undefined;
afterEach(async () => {
  expect(machine?.system.unknown ?? []).toEqual([]);
  await machine?.close();
  machine = undefined;
});

/** Watches on until that many pictures have been drawn. `meanwhile` happens after the one of that number. */
async function watch(
  pictures: number,
  options: { words?: readonly string[]; isTerminal?: boolean; meanwhile?: Record<number, () => void> } = {},
) {
  const { words = [], isTerminal = false, meanwhile = {} } = options;
  const drawn: string[] = [];
  const code = await run(['status', '--watch', ...words], machine!.system, {
    print(text) {
      drawn.push(text);
      meanwhile[drawn.length]?.();
    },
    printError: text => drawn.push(`error: ${text}`),
    isRoot: true,
    isInteractive: false,
    colour: false,
    process: noProcess,
    screen: { isTerminal, columns: () => undefined, isClosed: () => drawn.length >= pictures },
  });
  return { drawn, code };
}

async function start(): Promise<Machine> {
  machine = await createMachine({ recording: loadRecording('aws', 'two-enis') });
  await machine.agent('once');
  machine.system.restart();
  return machine;
}

test('the kernel is read each time; the last picture decides the exit code', async () => {
  const { system } = await start();
  const began = system.now();
  const { drawn, code } = await watch(3, {
    meanwhile: { 2: () => system.sh('ip -4 rule del priority 28600') },
  });
  expect(drawn.map(text => text.includes('not as planned'))).toEqual([false, false, true]);
  expect(drawn.map(text => text.split('\n')[0])).toEqual(
    [0, 2000, 4000].map(ms => `--- ${new Date(began + ms).toISOString()}`),
  );
  expect(code).toBe(2);
  expect((await watch(1)).code).toBe(2);
});

test('on a terminal each picture takes the place of the last one', async () => {
  await start();
  const { drawn, code } = await watch(2, { isTerminal: true });
  for (const text of drawn) expect(text.startsWith('\u001b[H\u001b[J2026-')).toBe(true);
  expect(code).toBe(0);
});

test('--json: one document per line', async () => {
  await start();
  const { drawn } = await watch(2, { words: ['--json'] });
  for (const text of drawn) {
    expect(text.indexOf('\n')).toBe(text.length - 1);
    expect(JSON.parse(text)).toMatchObject({ version: 1, enis: [{ state: 'working' }] });
  }
});

/** Requests while so many pictures are drawn, from the first one on. */
async function requestsOf(pictures: number): Promise<number> {
  machine!.metadata.clearLog();
  await watch(pictures);
  return machine!.metadata.counters().requests;
}

test('the metadata is asked at most every 30 s', async () => {
  await start();
  const whole = await requestsOf(1);
  expect(whole).toBeGreaterThan(5);
  // 15 pictures take 28 s, the sixteenth is drawn when the answer is 30 s old.
  expect(await requestsOf(15)).toBe(whole);
  expect(await requestsOf(16)).toBeGreaterThan(whole);
});

test('a service that does not answer is not asked each time either, and the picture says so', async () => {
  const { metadata } = await start();
  metadata.fault({ match: '.*', status: 503 });
  const each = await requestsOf(1);
  expect(each).toBeGreaterThan(0);
  expect(await requestsOf(10)).toBe(each);
  expect((await watch(3)).drawn.map(text => text.includes('no answer'))).toEqual([true, true, true]);
});

test('what has gone is asked for once more, once', async () => {
  const answers: string[] = [];
  const source: MetadataSource = {
    read: async () => ({ evidence: `read ${answers.push('read')}` }) as never,
    forget: () => answers.push('forget'),
    close: () => undefined,
    requests: () => answers.length,
  };
  let now = 0;
  const rare = seldom(source, () => now);
  const look = async () => {
    const first = await rare.read();
    rare.forget();
    return [first.evidence, (await rare.read()).evidence];
  };
  expect(await look()).toEqual(['read 1', 'read 3']);
  expect(await look()).toEqual(['read 3', 'read 3']);
  now = 29_999;
  expect(await look()).toEqual(['read 3', 'read 3']);
  now = 30_000;
  expect(await look()).toEqual(['read 4', 'read 6']);
  expect(answers).toEqual(['read', 'forget', 'read', 'read', 'forget', 'read']);
});

const main = path.resolve(import.meta.dirname, '../../../agent/main.ts');
const isRoot = process.getuid?.() === 0;

test.skipIf(isRoot && !reachesNobody(main))('a reader that goes away ends it, without a word', async () => {
  // Nobody listens there. As nobody, so that nothing is left on this machine.
  const where = ['--provider', 'aws', '--metadata-url', 'http://127.0.0.1:1'];
  const ids = isRoot ? { uid: nobody, gid: nobody } : {};
  const child = spawn(process.execPath, [main, 'status', '--watch', '--json', ...where], {
    env: { PATH: process.env.PATH ?? '' },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...ids,
  });
  try {
    let errors = '';
    child.stderr.on('data', text => {
      errors += text;
    });
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    child.stdout.destroy();
    const [code] = await once(child, 'exit', { signal: AbortSignal.timeout(20_000) });
    expect(JSON.parse(line)).toMatchObject({ version: 1, cloud: null });
    expect({ code, errors }).toEqual({ code: 2, errors: '' });
  } finally {
    // One that goes on would do so for ever.
    child.kill('SIGKILL');
  }
});
