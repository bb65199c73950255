// `once` and its hooks: when one is run, with which change, and that it is nothing to `once` how that ends. docs/hooks.md beside it.
import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hookFolder } from '../../../agent/hooks.ts';
import type { CommandResult } from '../../../agent/system/system.ts';
import { createMachine, type Machine } from '../../support/fake-machine.ts';
import { loadRecording } from '../../support/metadata-emulator-recordings.ts';
import { codeColumn, expectBlock, fences, readDocument, section, tableRows } from '../docs/documents.ts';

let machine: Machine;
let inputs: string[];
let answer: CommandResult;
beforeEach(() => start('aws'));
afterEach(async () => {
  expect(machine.system.unknown).toEqual([]);
  await machine.close();
});

async function start(cloud: 'aws' | 'jdcloud'): Promise<void> {
  machine = await createMachine({ recording: loadRecording(cloud, 'two-enis') });
  machine.system.put(`${hookFolder}/tell`, '', 0o755);
  inputs = [];
  answer = { exitCode: 0, stdout: '', stderr: '' };
  const run = machine.system.run.bind(machine.system);
  machine.system.run = async (argv, options) => {
    if (argv.at(-1) !== `${hookFolder}/tell`) return run(argv, options);
    const release = await machine.system.lock('/run/eni-agent/lock', 0);
    await release?.();
    inputs.push(options?.input ?? '');
    return answer;
  };
}

const tree = '/latest/meta-data/network/interfaces/macs/0a:07:84:3d:6e:01/';
const changes = () => inputs.map(input => JSON.parse(input).changes);

test('tells what came, what changed and what went; the example in docs/hooks.md', async () => {
  await machine.agent('once');
  await machine.agent('once');
  await machine.agent('plan');
  machine.metadata.set(`${tree}local-ipv4s`, '172.31.40.10\n172.31.40.11');
  await machine.agent('once');
  machine.metadata.remove(tree);
  await machine.agent('once');
  const eni = { eniId: 'eni-013cdce36ded5e79f', mac: '0a:07:84:3d:6e:01', link: 'eth1', table: 28000 };
  const [none, one, two] = [[], ['172.31.40.10'], ['172.31.40.10', '172.31.40.11']];
  expect(changes()).toEqual([
    [{ ...eni, kind: 'added', addresses: { before: none, after: one } }],
    [{ ...eni, kind: 'changed', addresses: { before: one, after: two } }],
    [{ ...eni, kind: 'removed', addresses: { before: two, after: none } }],
  ]);
  const example = JSON.parse(inputs[0]!);
  expectBlock('docs/hooks.md', 'change', JSON.stringify(example, null, 2));
  const documented = (heading: string) =>
    codeColumn(tableRows(section(readDocument('docs/json.md'), heading)));
  expect(documented('What a hook reads')).toEqual(Object.keys(example).sort());
  expect(documented('A change of an ENI')).toEqual(Object.keys(example.changes[0]).sort());
});

test('ends as it would without the hook', async () => {
  answer = { exitCode: 1, stdout: '', stderr: 'no\n' };
  const outcome = await machine.agent('once', '--json');
  expect(outcome.code).toBe(0);
  expect(JSON.parse(outcome.out)).toMatchObject({ outcome: 'applied' });
  expect(outcome.err).toContain('a hook failed');
  expect(inputs).toHaveLength(1);
});

test('tells nothing of a change that was taken back', async () => {
  machine.system.fail(/^run ifup/, 'it will not');
  expect((await machine.agent('once')).code).toBe(1);
  expect(inputs).toEqual([]);
});

test('tells once of a change that took two passes, and of the first where the second fails', async () => {
  for (const code of [0, 1]) {
    await machine.close();
    await start('jdcloud');
    // The lease has come, and now the routes are due.
    if (code === 1) machine.system.fail(/^run ip -4 route replace 10\.0\.1\.0/, 'it will not', 9);
    expect((await machine.agent('once')).code).toBe(code);
    expect(changes()).toMatchObject([[{ kind: 'added', link: 'eth1', addresses: { after: ['10.0.1.4'] } }]]);
  }
});

test('the script in docs/hooks.md is one', () => {
  const script = fences(readDocument('docs/hooks.md')).find(f => f.language === 'sh')!;
  execFileSync('sh', ['-n'], { input: script.lines.join('\n') });
});
