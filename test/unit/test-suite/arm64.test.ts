// What of `npm run arm64` needs no emulation: its arguments, and which deb it takes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { variants } from '../../../packaging/artefacts.ts';
import { run } from '../../lab/command.ts';
import { packageIn } from '../../lab/packages.ts';

const script = path.resolve(import.meta.dirname, '../../arm64/run.sh');
const arm64 = (...args: readonly string[]) => run(['sh', script, ...args]);

test('the help names each variant of the package', async () => {
  const { exitCode, stdout } = await arm64('legacy', '--help');
  expect(exitCode).toBe(0);
  const named = stdout.split('\n').flatMap(line => /^ {2}([a-z]+) {2,}the deb /.exec(line)?.[1] ?? []);
  expect(named.sort()).toEqual([...variants].sort());
});

test.each([
  [['debian'], 'no variant is called "debian"'],
  [['plain', '--fast'], 'unknown option --fast'],
  [[''], 'no variant is called ""'],
] as const)('%j is refused', async (args, reason) => {
  const { exitCode, stderr } = await arm64(...args);
  expect(exitCode).toBe(64);
  expect(stderr).toContain(reason);
});

test('the deb is the one of the architecture, and of the variant', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'eni-agent-debs-'));
  try {
    const debs = ['eni-agent', 'eni-agent-legacy'].flatMap(name =>
      ['amd64', 'arm64'].map(architecture => `${name}_1.0-1_${architecture}.deb`),
    );
    for (const name of [...debs, 'eni-agent_1.0-1_arm64.deb.part'])
      writeFileSync(path.join(folder, name), '');
    expect(packageIn(folder, 'eni-agent', 'deb', 'arm64')).toBe(
      path.join(folder, 'eni-agent_1.0-1_arm64.deb'),
    );
    expect(packageIn(folder, 'eni-agent-legacy', 'deb', 'x64')).toBe(path.join(folder, debs[2]!));
    rmSync(path.join(folder, debs[1]!));
    expect(packageIn(folder, 'eni-agent', 'deb', 'arm64')).toBeUndefined();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
