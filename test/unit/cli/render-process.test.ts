// `render` as a person runs it: a process of its own, from any folder, without rights, and nothing outside of --out.
import { execFile } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { backendNames } from '../../../agent/model/host.ts';
import { nobody, reachesNobody } from '../../support/nobody.ts';

const exec = promisify(execFile);
const main = path.resolve(import.meta.dirname, '../../../agent/main.ts');
const fixture = path.resolve(import.meta.dirname, '../../fixtures/metadata/aws/dual-stack.json');

let home: string;

beforeAll(() => {
  home = mkdtempSync(path.join(tmpdir(), 'eni-agent-render-'));
  cpSync(fixture, path.join(home, 'recording.json'));
  mkdirSync(path.join(home, 'work'));
  chmodSync(home, 0o777);
  chmodSync(path.join(home, 'work'), 0o777);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function render(args: readonly string[], options: { cwd?: string; uid?: number } = {}): Promise<Ended> {
  const argv = [main, 'render', '--metadata', path.join(home, 'recording.json'), ...args];
  const { cwd = home, uid } = options;
  const ids = uid === undefined ? {} : { uid, gid: uid };
  // Nothing of this environment: no HOME, no proxy, no NODE_OPTIONS of the test runner.
  const env = { PATH: process.env.PATH ?? '' };
  try {
    const { stdout, stderr } = await exec(process.execPath, argv, { cwd, env, timeout: 20_000, ...ids });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

/** Every file below a folder: path, mode and content. */
function tree(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const files = names.filter(name => statSync(path.join(folder, name)).isFile());
  return Object.fromEntries(
    files.map(name => {
      const mode = (statSync(path.join(folder, name)).mode & 0o777).toString(8);
      return [`${name} ${mode}`, readFileSync(path.join(folder, name), 'utf8')];
    }),
  );
}

test('the same bytes twice, and nothing beside the folder that was named', async () => {
  const before = tree(home);
  for (const out of ['one', 'two'])
    expect(await render(['--backend', 'netplan', '--out', out])).toMatchObject({ code: 0, stderr: '' });
  const first = tree(path.join(home, 'one'));
  expect(Object.keys(first).length).toBeGreaterThan(1);
  expect(tree(path.join(home, 'two'))).toEqual(first);
  const rest = Object.keys(tree(home)).filter(name => !/^(one|two)\//.test(name));
  expect(rest).toEqual(Object.keys(before));
});

test('from another folder: a relative --out counts from there', async () => {
  const cwd = path.join(home, 'work');
  expect((await render(['--backend', 'ifupdown', '--out', 'deep/er'], { cwd })).code).toBe(0);
  expect(Object.keys(tree(cwd))).toEqual([
    'deep/er/etc/network/eni-agent-stanza 755',
    'deep/er/etc/network/interfaces.d/60-eni-eth1 644',
  ]);
});

test('every backend; --json without --out writes nothing', { timeout: 300_000 }, async () => {
  const before = tree(home);
  for (const backend of backendNames) {
    const run = await render(['--backend', backend, '--json']);
    expect(run, backend).toMatchObject({ code: 0, stderr: '' });
    const { files, commands } = JSON.parse(run.stdout) as {
      files: readonly { path: string; mode: string; content: string }[];
      commands: readonly unknown[];
    };
    expect(files.length, backend).toBeGreaterThan(0);
    expect(commands.length, backend).toBeGreaterThan(0);
  }
  expect(tree(home)).toEqual(before);
});

test('a folder that cannot be written: one line, no stack', { timeout: 300_000 }, async () => {
  const run = await render(['--backend', 'ifupdown', '--out', 'recording.json']);
  expect(run.code).toBe(1);
  expect(run.stdout).toBe('');
  expect(run.stderr).toMatch(/^eni-agent: cannot write \/.*\/recording\.json\/.*\n {2}file-failed: .*\n$/);
});

// Only root can become somebody else; without root every test of this file runs unprivileged anyway.
test.skipIf(process.getuid?.() !== 0 || !reachesNobody(main))('without root', async () => {
  const cwd = path.join(home, 'work');
  const run = await render(['--backend', 'wicked', '--out', 'mine'], { cwd, uid: nobody });
  expect(run, run.stderr).toMatchObject({ code: 0, stderr: '' });
  const names = readdirSync(path.join(cwd, 'mine'), { recursive: true, encoding: 'utf8' });
  expect(names.length).toBeGreaterThan(1);
  for (const name of names) expect(statSync(path.join(cwd, 'mine', name)).uid).toBe(nobody);
});
