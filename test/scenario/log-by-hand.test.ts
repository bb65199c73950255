// What a person changes by hand leaves a line in the system's log: what came, what went, and by which command.
import { expect, test } from 'vitest';
import { awsTwoEnis, eth1Mac, once, onceOk, setAddresses, useMachines } from './story.ts';

const make = useMachines();
const eni = 'eth1 eni-013cdce36ded5e79f';

test('once, rollback, once --force and remove', async () => {
  const machine = await make({ recording: awsTwoEnis });
  const { systemLog } = machine.system;
  const told = () => systemLog.splice(0);

  await onceOk(machine);
  expect(told()).toEqual([
    `daemon.notice ${eni}: added: +172.31.40.10, +3 routes, +4 rules (eni-agent once)`,
  ]);
  await once(machine);
  expect(told()).toEqual([]);

  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.11');
  await onceOk(machine);
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
  told();
  await onceOk(machine);
  expect(told()).toEqual([`daemon.notice ${eni}: changed: +172.31.40.12, -172.31.40.11 (eni-agent once)`]);

  await machine.agent('rollback');
  expect(told()).toEqual([
    expect.stringMatching(
      `^daemon.notice ${eni}: rolled back: \\+172.31.40.11, -172.31.40.12 change=\\S+ \\(eni-agent rollback\\)$`,
    ),
  ]);
  await once(machine);
  expect(told()).toEqual([]);

  await onceOk(machine, '--force');
  expect(told()).toEqual([
    `daemon.notice ${eni}: changed: +172.31.40.12, -172.31.40.11 (eni-agent once --force)`,
  ]);

  await machine.agent('remove');
  expect(told()).toEqual([
    `daemon.notice ${eni}: removed: -172.31.40.10, -172.31.40.12, -3 routes, -4 rules (eni-agent remove)`,
  ]);
  for (const command of ['plan', 'status', 'doctor']) await machine.agent(command);
  expect(told()).toEqual([]);
});

test('a change that fails: a warning, and what was taken back', async () => {
  const machine = await make({ recording: awsTwoEnis });
  machine.system.fail(/ifup/, 'cannot');
  expect((await once(machine)).code).toBe(1);
  expect(machine.system.systemLog).toEqual([
    expect.stringMatching(/^daemon.warning apply failed; rolling back: .*ifup/),
    expect.stringMatching(`^daemon.notice ${eni}: rolled back: -172.31.40.10, .*-4 rules change=`),
  ]);
});

test('nobody takes the lines: the command is as good as ever', async () => {
  const machine = await make({ recording: awsTwoEnis });
  machine.system.fail(/logger/, 'no /dev/log');
  await onceOk(machine);
  expect(machine.system.systemLog).toEqual([]);
});
