// The arguments of `npm run kernels`, as far as it gets without setting anything up.
import path from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../lab/command.ts';
import { suites } from '../../needs/suites.ts';

const script = path.resolve(import.meta.dirname, '../../kernels/run.sh');
const kernels = (args: readonly string[], env = {}) => run(['sh', script, ...args], { env });

test('the help names the kernels: those of the Debian releases of the lab', async () => {
  const { exitCode, stdout } = await kernels(['--help']);
  expect(exitCode).toBe(0);
  const [, known = ''] = /that the mirror has:\n([^(]*)\(/.exec(stdout) ?? [];
  expect(known.trim().split(/\s+/)).toEqual(suites.map(({ suite }) => suite));
  expect(stdout).toContain('(unless told: bullseye bookworm trixie)');
});

test.each([
  [['woody'], 'no kernel is called "woody"; there are: bullseye bookworm trixie forky'],
  [['book'], 'no kernel is called "book"'],
  [['all'], 'no kernel is called "all"'],
  [['--test'], 'no test has a name like ""'],
  [['--test', "a'b"], `no test has a name like "a'b"`],
  [['--minutes', 'two'], '--minutes is "two": a number'],
  [['--fast'], 'unknown option --fast'],
] as const)('%j is refused', async (args, reason) => {
  const { exitCode, stderr } = await kernels(args);
  expect(exitCode).toBe(64);
  expect(stderr).toContain(reason);
});

test('a number of cycles that is none is refused', async () => {
  const { exitCode, stderr } = await kernels([], { MATRIX_CYCLES: "1'" });
  expect(exitCode).toBe(64);
  expect(stderr).toContain(`MATRIX_CYCLES is "1'"`);
});
