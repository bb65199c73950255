// What a unit of the packages leaves in the journal: a line for each change, marked with its priority, and nothing of what is printed for a
// terminal.
import { expect, test } from 'vitest';
import { run } from '../../agent/cli/run.ts';
import type { Machine } from '../support/fake-machine.ts';
import { noProcess } from '../support/no-process.ts';
import { awsTwoEnis, useMachines } from './story.ts';

const make = useMachines();
const eni = 'eth1 eni-013cdce36ded5e79f';

async function inUnit({ system }: Machine, ...argv: readonly string[]) {
  let [out, err] = ['', ''];
  const code = await run(argv, system, {
    print: text => {
      out += text;
    },
    printError: text => {
      err += text;
    },
    isRoot: true,
    isInteractive: false,
    isJournal: true,
    printsToJournal: true,
    colour: false,
    process: noProcess,
  });
  return { code, out, err };
}

test('once: a line for each change, nothing when there is none', async () => {
  const machine = await make({ recording: awsTwoEnis });
  expect(await inUnit(machine, 'once')).toEqual({
    code: 0,
    out: '',
    err: `<6>${eni}: added: +172.31.40.10, +3 routes, +4 rules (eni-agent once)\n`,
  });
  expect(await inUnit(machine, 'once')).toEqual({ code: 0, out: '', err: '' });
  expect(machine.system.systemLog).toEqual([]);
});

test('what fails is an error, what needs care a warning', async () => {
  const machine = await make({ recording: awsTwoEnis });
  machine.system.put('/etc/network/interfaces.d/60-eni-eth1', '# by hand\n');
  expect(await inUnit(machine, 'once')).toEqual({
    code: 2,
    out: '',
    err: expect.stringMatching(
      /^<4>eni-013cdce36ded5e79f: \S+60-eni-eth1 was not written by eni-agent; .*\n$/,
    ),
  });
  machine.system.put('/etc/eni-agent/eni-agent.conf', '[agent]\ncolour = blue\n');
  const { code, err } = await inUnit(machine, 'once');
  expect(code).toBe(64);
  expect(err).toMatch(/^<3>eni-agent: .*colour.*\n<3> {2}config-invalid: .*\n/);
  expect(
    err
      .split('\n')
      .slice(0, -1)
      .filter(line => !line.startsWith('<3>')),
  ).toEqual([]);
});
