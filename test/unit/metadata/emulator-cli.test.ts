// The emulator as a command, in the form in which the lab runs it: bundled into one CommonJS file.
import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readInstance } from '../../../agent/metadata/read-instance.ts';
import { MetadataEmulator } from '../../support/metadata-emulator.ts';
import { runLine, sendControl } from '../../support/metadata-emulator-control.ts';
import { parseListenAddress, refuseAddress } from '../../support/metadata-emulator-guard.ts';
import { loadRecording } from '../../support/metadata-emulator-recordings.ts';

const support = fileURLToPath(new URL('../../support/', import.meta.url));
const recording = fileURLToPath(new URL('../../fixtures/metadata/aws/two-enis.json', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'emulator-'));
const bundle = join(folder, 'emulator.cjs');
const children: ChildProcess[] = [];

beforeAll(() => {
  buildSync({
    entryPoints: [join(support, 'metadata-emulator-cli.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    logLevel: 'error',
  });
});

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, ...args], {
    encoding: 'utf8',
    timeout: 15_000,
  });
  return { status, stdout, stderr };
}

/** Starts the command and waits for its line `ready`; returns what it printed and the process. */
async function start(...args: readonly string[]): Promise<{ child: ChildProcess; lines: readonly string[] }> {
  const child = spawn(process.execPath, [bundle, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout! })) {
    if (line === 'ready') return { child, lines };
    lines.push(line);
  }
  throw new Error(`ended before it was ready: ${lines.join('\n')}`);
}

const dmi = {} as never;

test('serves a recording, is steered over its socket, and leaves nothing behind', async () => {
  const control = join(folder, 'control');
  const { child, lines } = await start(recording, '--listen', '127.0.0.1:0', '--control', control);
  const url = lines.find(line => line.startsWith('listening on '))!.slice('listening on '.length);
  expect(lines[0]).toContain('2 ENIs, 0 problems');
  expect(lines.join('\n')).toContain(`--provider aws --metadata-url ${url}`);
  expect((await readInstance({ provider: 'aws', url, dmi })).instance.enis).toHaveLength(2);

  const detached = '/latest/meta-data/network/interfaces/macs/0a:07:84:3d:6e:01/';
  const keys = Object.keys(loadRecording('aws', 'two-enis').responses).filter(p => p.startsWith(detached));
  const sent = run('--control', control, '--send', JSON.stringify({ do: 'remove', path: detached }));
  expect(sent).toMatchObject({ status: 0, stdout: `{\n  "removed": ${keys.length}\n}\n` });
  expect((await readInstance({ provider: 'aws', url, dmi })).instance.enis).toHaveLength(1);
  expect(await sendControl(control, { do: 'counters' })).toMatchObject({ puts: 2 });

  const second = run(recording, '--listen', '127.0.0.1:0', '--control', control);
  expect(second).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('another emulator is steered by'),
  });
  const ended = new Promise(resolve => child.once('exit', resolve));
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(existsSync(control)).toBe(false);
});

test('a socket that a killed emulator left is taken over', async () => {
  const control = join(folder, 'stale');
  const { child } = await start(recording, '--listen', '127.0.0.1:0', '--control', control);
  const ended = new Promise(resolve => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  expect(existsSync(control)).toBe(true);
  await start(recording, '--listen', '127.0.0.1:0', '--control', control);
  expect(await sendControl(control, { do: 'log' })).toEqual([]);
});

test('a file in the place of the socket is not removed', () => {
  const file = join(folder, 'a-file');
  writeFileSync(file, 'precious');
  const { status, stderr } = run(recording, '--listen', '127.0.0.1:0', '--control', file);
  expect([status, stderr]).toEqual([1, expect.stringContaining('is not a socket')]);
  expect(existsSync(file)).toBe(true);
});

test.each<[string, readonly string[], number, string]>([
  ['no recording', [], 64, 'name one recording'],
  ['two recordings', ['a', 'b'], 64, 'name one recording'],
  ['a recording that does not exist', ['/nowhere.json'], 64, 'there is no recording /nowhere.json'],
  ['a file that is no recording', [bundle], 1, 'is not JSON'],
  ['an unknown option', [recording, '--port', '1'], 64, "Unknown option '--port'"],
  ['a name to listen on', [recording, '--listen', 'localhost:80'], 64, '--listen takes ADDRESS:PORT'],
  [
    'an address that is not loopback',
    [recording, '--listen', '169.254.169.254:80'],
    1,
    'is not a loopback address',
  ],
  ['a command that is no JSON', ['--control', '/x', '--send', 'stop'], 64, '--send takes one JSON command'],
  ['a socket that nobody serves', ['--control', '/nowhere', '--send', '{"do":"log"}'], 1, 'ENOENT'],
  ['a command without a socket', ['--send', '{}'], 64, '--send needs --control SOCKET'],
])('%s: one clear line', (_, args, status, message) => {
  const result = run(...args);
  expect(result.status).toBe(status);
  expect(result.stderr).toContain(message);
  expect(result.stderr.trim().split('\n').length).toBeLessThanOrEqual(2);
  expect(result.stdout).toBe('');
});

test('--help lists every option and command', () => {
  const { status, stdout } = run('--help');
  expect(status).toBe(0);
  for (const word of ['--listen', '--control', '--send', '--in-namespace']) expect(stdout).toContain(word);
  const refused = runLine(new MetadataEmulator(loadRecording('aws', 'one-eni')), '{"do":"x"}');
  const commands = [...JSON.stringify(refused).matchAll(/\\"([a-z-]+)\\"/g)]
    .map(m => m[1]!)
    .filter(c => c !== 'x');
  expect(commands.length).toBeGreaterThanOrEqual(10);
  for (const command of commands) expect(stdout).toContain(`"do":"${command}"`);
});

test('a process in the network namespace of this machine may not take a metadata address, whatever it claims', () => {
  for (const host of ['169.254.169.254', '100.100.100.200', 'fd00:ec2::254', '0.0.0.0', '::', '10.0.0.1'])
    expect(refuseAddress(host, true)).toMatch(/network namespace/);
  for (const host of ['127.0.0.1', '127.1.2.3', '::1']) expect(refuseAddress(host, false)).toBeUndefined();
});

test.each([
  ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
  ['[::1]:0', { host: '::1', port: 0 }],
  ['::1:80', undefined],
  ['127.0.0.1', undefined],
  ['127.0.0.1:65536', undefined],
  ['127.0.0.256:80', undefined],
  [':80', undefined],
])('parseListenAddress(%j)', (text, address) => {
  expect(parseListenAddress(text)).toEqual(address);
});

test.each([
  ['no JSON', 'stop', /JSON/],
  ['an unknown field', '{"do":"remove","path":"/x","all":1}', /all/],
  ['a fault without a pattern', '{"do":"fault","fault":{"times":1}}', /fault\.match/],
  ['a pattern that is none', '{"do":"fault","fault":{"match":"("}}', /regular expression/],
  ['a recording that is none', '{"do":"replace","recording":{"provider":"gcp"}}', /the new recording, at/],
  ['an answer that is none', '{"do":"set","path":"/x","response":7}', /response/],
])('control: %s is refused, and changes nothing', (_, line, error) => {
  const emulator = new MetadataEmulator(loadRecording('aws', 'one-eni'));
  const before = emulator.recording;
  expect(runLine(emulator, line)).toEqual({ ok: false, error: expect.stringMatching(error) });
  expect(emulator.recording).toBe(before);
});
