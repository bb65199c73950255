// One pass at a time per host.
import { expect, test } from 'vitest';
import { awsTwoEnis, expectIdle, onceOk, useMachines } from './story.ts';

const start = useMachines();

test('another process holds the lock for a while: the pass waits, then works', async () => {
  const machine = await start({ recording: awsTwoEnis });
  machine.system.restart();
  const began = machine.system.now();
  machine.system.holdLock(20_000);
  expect((await machine.agent('once')).code).toBe(0);
  expect(machine.system.now() - began).toBeGreaterThanOrEqual(20_000);
  await expectIdle(machine);
});

test.each(['once', 'rollback', 'remove'])(
  '%s gives up after a minute, and has changed nothing',
  async command => {
    const machine = await start({ recording: awsTwoEnis });
    await onceOk(machine);
    machine.system.restart();
    const before = machine.picture();
    machine.system.holdLock(600_000);
    const began = machine.system.now();
    const outcome = await machine.agent(command);
    expect(outcome).toMatchObject({ code: 1, out: '' });
    expect(outcome.err).toMatch(/^eni-agent: another eni-agent has held \S+ for 60 s\n {2}lock-held: .*\n$/);
    expect(machine.system.now() - began).toBe(60_000);
    expect(machine.system.journal).toEqual([]);
    expect(machine.picture()).toEqual(before);
  },
);

test.each(['plan', 'status', 'doctor'])('%s only looks, and does not wait', async command => {
  const machine = await start({ recording: awsTwoEnis });
  machine.system.holdLock(600_000);
  const began = machine.system.now();
  expect([0, 2]).toContain((await machine.agent(command)).code);
  expect(machine.system.now()).toBe(began);
});

test('two passes at once: one does the work, the other finds nothing to do', async () => {
  const machine = await start({ recording: awsTwoEnis });
  machine.system.restart();
  const outcomes = await Promise.all([machine.agent('once'), machine.agent('once'), machine.agent('once')]);
  expect(outcomes.map(o => o.code)).toEqual([0, 0, 0]);
  const verdicts = outcomes.map(o => o.out.trimEnd().split('\n').at(-1));
  expect(verdicts.sort()).toEqual(['Applied and verified.', 'Nothing to do.', 'Nothing to do.']);
  expect(machine.system.journal.filter(line => line === 'run ifup --force eth1')).toHaveLength(1);
});

test('the lock of a process that was killed is free', async () => {
  const machine = await start({ recording: awsTwoEnis });
  machine.system.restart();
  machine.system.crashBefore = 8;
  await machine.agent('once');
  expect(machine.system.isDead).toBe(true);
  machine.system.restart();
  expect((await machine.agent('once')).code).toBe(0);
});
