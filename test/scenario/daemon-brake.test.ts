// Something undoes each repair: after five in a minute the daemon stops for a while, says so once and loudly, and holds longer each time
// that it comes again. When the other one has stopped, everything is put back.
import { expect, test } from 'vitest';
import type { Machine } from '../support/fake-machine.ts';
import { type Life, useDaemons } from './daemon-story.ts';
import { awsTwoSecondaries, eth1Mac, leavesBy } from './story.ts';

const start = useDaemons();

/** Deletes a rule of eth1 a moment after it has been put back, for as long as it fights. */
function fight(machine: Machine): { on: boolean } {
  const fighter = { on: true };
  const rule = /^run ip -4 rule add .*priority 28600|^run ifup/;
  machine.system.interfere({
    match: rule,
    when: 'after',
    act: () => machine.system.after(300, () => fighter.on && undo(machine)),
  });
  undo(machine);
  return fighter;
}

function undo({ system }: Machine): void {
  if (system.kernel.rules.some(r => r.priority === 28600 && r.family === 4))
    system.sh('ip -4 rule del priority 28600');
}

test('five repairs in a minute, then one clear error, and the ENI is shown as contested', async () => {
  const { machine, daemon } = await settled();
  fight(machine);
  await daemon.runFor(50_000);
  const report = daemon.report();
  expect(report.counters.repairs).toBe(5);
  expect(report.mood).toBe('braked');
  expect(report.brake?.text).toContain('missing: rule 4 28600');
  const seconds = (Date.parse(report.brake!.until) - Date.parse(report.lastChange!.at)) / 1000;
  expect(seconds).toBe(60);
  expect(report.enis.find(e => e.mac === eth1Mac)).toMatchObject({
    state: 'contested',
    text: expect.stringContaining('something keeps undoing it: missing: rule 4 28600'),
    lastError: { text: expect.stringContaining('rule 4 28600') },
  });
  expect(report.enis.filter(e => e.state === 'working')).toHaveLength(1);
  const errors = daemon.log.filter(line => line.startsWith('error'));
  expect(errors).toEqual([expect.stringMatching(/something keeps undoing this/)]);
});

test('the holds grow: 60, 120, 300, 600, 600 s; a trial and one error each', async () => {
  const { machine, daemon } = await settled();
  fight(machine);
  await daemon.runFor(10_000);
  const holds: number[] = [];
  let last = '';
  for (let i = 0; i < 3000; i += 1) {
    await daemon.runFor(1000);
    const { brake, lastChange } = daemon.report();
    if (brake === null || brake.until === last) continue;
    last = brake.until;
    holds.push((Date.parse(brake.until) - Date.parse(lastChange!.at)) / 1000);
  }
  expect(holds.slice(0, 5)).toEqual([60, 120, 300, 600, 600]);
  expect(daemon.report().counters.repairs).toBe(5 + 2 * (holds.length - 1));
  expect(daemon.log.filter(line => line.startsWith('error'))).toHaveLength(holds.length);
});

test('released after peace: what was undone is back, and the next drift is repaired at once', async () => {
  const { machine, daemon } = await settled();
  const good = machine.picture();
  const fighter = fight(machine);
  await daemon.runFor(20_000);
  expect(daemon.report().brake).not.toBeNull();
  expect(machine.picture()).not.toEqual(good);
  fighter.on = false;
  await daemon.runFor(61_000);
  expect(machine.picture()).toEqual(good);
  // A minute and a look later nothing of it is left.
  await daemon.runFor(140_000);
  expect(daemon.report()).toMatchObject({ brake: null, mood: expect.not.stringMatching('braked') });
  expect(daemon.report().enis.map(e => e.state)).toEqual(['working', 'working']);
  expect(daemon.report().enis.find(e => e.mac === eth1Mac)?.lastError).toBeDefined();
  for (let i = 0; i < 3; i += 1) {
    undo(machine);
    await daemon.runFor(999);
    expect(machine.picture()).toEqual(good);
    await daemon.runFor(20_000);
  }
});

test('news of the metadata is applied while the brake is on', async () => {
  const { machine, daemon } = await settled();
  fight(machine);
  await daemon.runFor(20_000);
  expect(daemon.report().brake).not.toBeNull();
  machine.system.put('/run/eni-agent/triggers/look', '');
  await daemon.runFor(0);
  expect(daemon.report().answered).toEqual(['look']);
  expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth1');
});

test('whoever asks for a look ends the pause: nothing is contested where the fight is over', async () => {
  const { machine, daemon } = await settled();
  const good = machine.picture();
  const fighter = fight(machine);
  await daemon.runFor(20_000);
  expect(daemon.report().brake).not.toBeNull();
  fighter.on = false;
  machine.system.put('/run/eni-agent/triggers/look', '');
  await daemon.runFor(0);
  expect(machine.picture()).toEqual(good);
  expect(daemon.report()).toMatchObject({ brake: null, answered: ['look'] });
  expect(daemon.report().enis.map(e => e.state)).toEqual(['working', 'working']);
  // One who goes on is paused for again, for longer, at the second repair.
  const { repairs } = daemon.report().counters;
  fighter.on = true;
  undo(machine);
  await daemon.runFor(20_000);
  expect(daemon.report().counters.repairs).toBe(repairs + 2);
  const { brake, lastChange } = daemon.report();
  expect((Date.parse(brake!.until) - Date.parse(lastChange!.at)) / 1000).toBe(120);
});

test('four repairs in a minute are no fight', async () => {
  const { machine, daemon } = await settled();
  for (let i = 0; i < 12; i += 1) {
    undo(machine);
    await daemon.runFor(15_100);
  }
  expect(daemon.report()).toMatchObject({ brake: null, counters: { repairs: 12 } });
});

async function settled(): Promise<Life> {
  const life = await start({ recording: awsTwoSecondaries });
  await life.daemon.runFor(300_000);
  expect(life.daemon.report().mood).toBe('quiet');
  return life;
}
