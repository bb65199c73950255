// The arguments of the demo's shell script, as far as it gets without setting anything up.
import path from 'node:path';
import { expect, test } from 'vitest';
import { backendNames } from '../../agent/model/host.ts';
import { run } from '../lab/command.ts';
import { imageNames } from '../lab/images.ts';

const script = path.resolve(import.meta.dirname, '../demo/run.sh');
const demo = (...args: readonly string[]) => run(['sh', script, ...args]);

test('the help names each backend, those that the lab boots first', async () => {
  const { exitCode, stdout } = await demo('--help');
  expect(exitCode).toBe(0);
  const option = /--backend BACKEND {2}([\s\S]*?)--render/.exec(stdout)?.[1] ?? '';
  const [live = '', rendered = ''] = option.split('are applied for real');
  const namesIn = (text: string) => backendNames.filter(name => text.split(/[\s,.]+/).includes(name)).sort();
  expect(namesIn(live)).toEqual([...imageNames].sort());
  expect([...namesIn(live), ...namesIn(rendered)].sort()).toEqual([...backendNames].sort());
});

test.each([
  [['--backend', 'netplann'], 'unknown backend "netplann"'],
  [['--backend=networkd', '--cloud', 'azure'], 'unknown cloud "azure"'],
  [['--cloud=aws', '--backend'], '--backend needs a value'],
  [['--backend', 'networkd', '--fast'], 'unknown option --fast'],
] as const)('%j is refused', async (args, reason) => {
  const { exitCode, stderr } = await demo(...args);
  expect(exitCode).toBe(64);
  expect(stderr).toContain(reason);
});
