// A clock that is set, in either direction: everything is served as before, and everything is looked at once.
import { expect, test } from 'vitest';
import type { Machine } from '../support/fake-machine.ts';
import { type Life, lookTimes, useDaemons } from './daemon-story.ts';
import { awsTwoSecondaries, eth1Mac } from './story.ts';

const start = useDaemons();
const hour = 3_600_000;

const steps = [
  ['back by an hour', -hour],
  ['back by ten years', -87_600 * hour],
  ['forward by an hour', hour],
  ['forward by ten years', 87_600 * hour],
] as const;

test.each(steps)('%s: drift is repaired within a second, and the timer goes on', async (_name, by) => {
  const { machine, daemon, reads } = await quiet();
  const { system } = machine;
  system.setClock(by);
  undo(machine);
  await daemon.runFor(1000);
  expect(hasRule(machine)).toBe(true);
  // The next look of the timer is a whole one.
  await daemon.runFor(300_000);
  expect(daemon.report().lastTriggers).toContain('timer');
  const since = system.now();
  const before = reads.length;
  await daemon.runFor(600_000);
  expect(reads.length).toBeGreaterThan(before);
  for (const [index, time] of lookTimes(reads.slice(before), since).entries())
    expect(time).toBeLessThanOrEqual(300 * (index + 1));
  const { nextLookAt, lookedAt } = daemon.report();
  expect(Date.parse(nextLookAt) - system.now()).toBeGreaterThan(0);
  expect(Date.parse(nextLookAt) - system.now()).toBeLessThanOrEqual(300_000);
  expect(Math.abs(Date.parse(lookedAt) - system.now())).toBeLessThanOrEqual(300_000);
});

test.each(steps)('%s: everything is asked anew, once', async (_name, by) => {
  const { machine, daemon, reads } = await quiet();
  machine.system.setClock(by);
  const before = reads.length;
  await daemon.runFor(310_000);
  const asked = reads.slice(before);
  // As a refresh does: listings, ids and every key.
  expect(asked.filter(({ paths }) => paths.length > 12)).toHaveLength(1);
  expect(daemon.log.filter(line => line.includes('clock'))).toHaveLength(1);
});

test.each(steps)('%s while ENIs are fought for: the pause lasts as long as it was to', async (_name, by) => {
  const { machine, daemon } = await quiet();
  const { system } = machine;
  system.interfere({
    match: /^run ip -4 rule add .*priority 28600|^run ifup/,
    when: 'after',
    act: () => system.after(300, () => undo(machine)),
  });
  undo(machine);
  await daemon.runFor(20_000);
  expect(daemon.report().brake).not.toBeNull();
  const left = Date.parse(daemon.report().brake!.until) - system.now();
  system.setClock(by);
  // Something else wakes the daemon. The look that follows was asked for by nobody who would want the pause to end.
  system.sh('ip -4 rule del priority 28601');
  await daemon.runFor(5000);
  expect(system.kernel.rules.some(r => r.priority === 28601 && r.family === 4)).toBe(true);
  const { brake } = daemon.report();
  expect(brake).not.toBeNull();
  expect(Math.abs(Date.parse(brake!.until) - system.now() - (left - 5000))).toBeLessThanOrEqual(1000);
});

test('set while a change is verified: neither taken back at once nor waited for', async () => {
  for (const [, by] of steps) {
    const { machine, daemon } = await quiet();
    machine.system.interfere({
      match: /^run ip -4 rule add .*priority 28600/,
      when: 'after',
      act: () => machine.system.setClock(by),
    });
    undo(machine);
    await daemon.runFor(2000);
    expect(hasRule(machine)).toBe(true);
    expect(daemon.report()).toMatchObject({ error: null, counters: { failures: 0 } });
    expect(daemon.report().enis.map(eni => eni.state)).toEqual(['working', 'working']);
  }
});

test('a little each time, as NTP does, is no step', async () => {
  const { machine, daemon } = await quiet();
  for (let i = 0; i < 100; i += 1) {
    machine.system.setClock(i % 2 === 0 ? 900 : 800);
    await daemon.runFor(20_000);
  }
  expect(daemon.log.filter(line => line.includes('clock'))).toEqual([]);
});

async function quiet(): Promise<Life> {
  const life = await start({ recording: awsTwoSecondaries });
  await life.daemon.runFor(310_000);
  expect(life.daemon.report().mood).toBe('quiet');
  expect(life.daemon.report().enis.some(eni => eni.mac === eth1Mac)).toBe(true);
  return life;
}

function hasRule({ system }: Machine): boolean {
  return system.kernel.rules.some(r => r.priority === 28600 && r.family === 4);
}

function undo(machine: Machine): void {
  if (hasRule(machine)) machine.system.sh('ip -4 rule del priority 28600');
}
