// The arguments of `npm run kernels`, as far as it gets without setting anything up.
import path from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../lab/command.ts';
import { machinesOfRun, trafficMachines } from '../../lab/traffic/machines.ts';
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
  [['--minutes', '0'], '--minutes is "0": a number'],
  [['--fast'], 'unknown option --fast'],
] as const)('%j is refused', async (args, reason) => {
  const { exitCode, stderr } = await kernels(args);
  expect(exitCode).toBe(64);
  expect(stderr).toContain(reason);
});

test.each([
  [{ MATRIX_CYCLES: "1'" }, `MATRIX_CYCLES is "1'"`],
  [{ TRAFFIC_MACHINES: "six'" }, `TRAFFIC_MACHINES is "six'"`],
] as const)('%j is refused', async (env, reason) => {
  const { exitCode, stderr } = await kernels([], env);
  expect(exitCode).toBe(64);
  expect(stderr).toContain(reason);
});

test('the machines of the traffic can be picked by name', () => {
  expect(machinesOfRun('')).toBe(trafficMachines);
  expect(machinesOfRun('six exclusive').map(({ name }) => name)).toEqual(['exclusive', 'six']);
  expect(() => machinesOfRun('seven')).toThrow('no machine is called "seven"');
});

test('the help has all of them, and the one of the usual run', async () => {
  const [, usual = '', all = ''] =
    /which machines of the traffic tests \((\w+)\): (.*)/.exec((await kernels(['--help'])).stdout) ?? [];
  expect(all.split(' ')).toEqual(trafficMachines.map(({ name }) => name));
  expect(machinesOfRun(usual)).toHaveLength(1);
});
