// A pause for work by hand: the daemon looks and changes nothing, whatever happens, until the pause ends; then all of it is handled.
import { describe, expect, test } from 'vitest';
import { checkpointPath } from '../../agent/apply/checkpoint.ts';
import { renderMetrics } from '../../agent/daemon/metrics/file.ts';
import { describeReport } from '../../agent/daemon/publish.ts';
import { beginPause, endPause, pausePath, readPause } from '../../agent/pass/pause.ts';
import type { Machine } from '../support/fake-machine.ts';
import { useDaemons } from './daemon-story.ts';
import { addressesOf, awsTwoEnis, eth1Mac, ownTraces, setAddresses } from './story.ts';
import { travels } from './travels.ts';

const start = useDaemons();
const minute = 60_000;

function deleteRule({ system: { kernel } }: Machine): void {
  const at = kernel.rules.findIndex(rule => rule.priority >= 28_600 && rule.priority < 28_700);
  kernel.rules.splice(at, 1);
}

describe.each(travels)('$backend', travel => {
  async function paused(ms = 30 * minute) {
    const life = await start({ recording: awsTwoEnis, backend: travel.backend });
    await life.daemon.runFor(10 * minute);
    await beginPause(life.machine.system, ms);
    // What a person asks for wakes it; else it finds the mark with its next look.
    life.machine.system.put('/run/eni-agent/triggers/pause', '');
    await life.daemon.runFor(1000);
    life.machine.system.journal = [];
    return life;
  }

  test('nothing is repaired, applied or configured; at its end all of it is', async () => {
    const { machine, daemon } = await paused();
    const rules = ownTraces(machine).length;
    deleteRule(machine);
    setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
    machine.system.files.delete(travel.file);
    await daemon.runFor(28 * minute);
    expect(ownTraces(machine)).toHaveLength(rules - 1);
    expect(addressesOf(machine, 'eth1')).toEqual(['172.31.40.10/32']);
    expect(machine.system.files.has(travel.file)).toBe(false);
    expect(machine.system.journal.filter(line => !/ \/run\/|tool-versions/.test(line))).toEqual([]);
    const report = daemon.report();
    expect(report).toMatchObject({
      error: null,
      notAsPlanned: [eth1Mac],
      enis: [{ state: 'waiting', text: expect.stringContaining('the end of the pause') }],
    });
    const until = (await readPause(machine.system))!;
    expect(Math.abs(Date.parse(report.pausedUntil!) - until)).toBeLessThanOrEqual(1000);
    expect(describeReport(report, machine.system.now())).toMatch(/^paused by hand until \d\d:\d\d UTC; /);
    expect(renderMetrics(report)).toContain('\neni_agent_paused 1\n');
    await daemon.runFor(3 * minute);
    expect(addressesOf(machine, 'eth1')).toEqual(['172.31.40.10/32', '172.31.40.12/32']);
    expect(machine.system.files.has(travel.file)).toBe(true);
    expect(daemon.report()).toMatchObject({
      pausedUntil: null,
      notAsPlanned: [],
      enis: [{ state: 'working' }],
    });
    expect(daemon.log.filter(line => line.includes('pause'))).toEqual([
      expect.stringMatching(/^warn paused by hand until \d\d:\d\d UTC: nothing is configured or repaired/),
      'info the pause is over; everything is checked now',
      expect.stringContaining('trigger=pause'),
    ]);
  });

  test('drift alone: it is told, and repaired as soon as somebody ends the pause', async () => {
    const { machine, daemon } = await paused();
    deleteRule(machine);
    const traces = ownTraces(machine);
    await daemon.runFor(5 * minute);
    expect(ownTraces(machine)).toEqual(traces);
    expect(daemon.report().notAsPlanned).toEqual([eth1Mac]);
    await endPause(machine.system);
    machine.system.put('/run/eni-agent/triggers/resume', '');
    await daemon.runFor(3000);
    expect(ownTraces(machine)).toHaveLength(traces.length + 1);
    expect(daemon.report()).toMatchObject({ pausedUntil: null, notAsPlanned: [] });
  });
});

test('a NIC that comes meanwhile waits', async () => {
  const { machine, daemon } = await start({ recording: awsTwoEnis, unplugged: true });
  await daemon.runFor(10 * minute);
  await beginPause(machine.system, 10 * minute);
  machine.attach(eth1Mac, 'eth1');
  await daemon.runFor(9 * minute);
  expect(ownTraces(machine)).toEqual([]);
  expect(daemon.report()).toMatchObject({ notAsPlanned: [eth1Mac], enis: [{ state: 'waiting' }] });
  await daemon.runFor(2 * minute);
  expect(addressesOf(machine, 'eth1')).toEqual(['172.31.40.10/32']);
});

test('a daemon that starts during a pause looks only, and the metadata may fail when it ends', async () => {
  const life = await start({
    recording: awsTwoEnis,
    prepare: async ({ system }) => void (await beginPause(system, 20 * minute)),
  });
  const { machine, daemon, service } = life;
  await daemon.runFor(10 * minute);
  expect(ownTraces(machine)).toEqual([]);
  expect(daemon.report()).toMatchObject({ notAsPlanned: [eth1Mac], lastGoodLookAt: null });
  service.fault = () => ({ status: 0, body: 'no route' });
  await daemon.runFor(12 * minute);
  expect(daemon.report().pausedUntil).toBeNull();
  expect(addressesOf(machine, 'eth1')).toEqual(['172.31.40.10/32']);
});

test('what has failed before stays failed', async () => {
  const { machine, daemon } = await start({ recording: awsTwoEnis });
  await daemon.runFor(10 * minute);
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
  machine.system.fail(/addr add 172\.31\.40\.12/, 'no', 1000);
  await daemon.runFor(2 * minute);
  expect(daemon.report().enis).toMatchObject([{ state: 'failed' }]);
  await beginPause(machine.system, 30 * minute);
  machine.system.heal();
  await daemon.runFor(29 * minute);
  expect(daemon.report().enis).toMatchObject([{ state: 'failed' }]);
  await daemon.runFor(3 * minute);
  expect(addressesOf(machine, 'eth1')).toContain('172.31.40.12/32');
  expect(daemon.report()).toMatchObject({ error: null, enis: [{ state: 'working' }] });
});

test.each(['the daemon that starts', 'once'])(
  'what a crash has left of an apply is taken back all the same: %s',
  async who => {
    const { machine, daemon } = await start({ recording: awsTwoEnis });
    await daemon.runFor(10 * minute);
    await daemon.stop();
    const { system } = machine;
    const good = machine.picture();
    setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
    system.restart();
    for (let step = 1; !addressesOf(machine, 'eth1').includes('172.31.40.12/32'); step++) {
      system.restart();
      system.crashBefore = step;
      await machine.agent('once');
      expect(system.isDead).toBe(true);
    }
    system.restart();
    expect(system.files.has(checkpointPath)).toBe(true);
    await beginPause(system, 30 * minute);
    if (who === 'once') expect(await machine.agent('once')).toMatchObject({ code: 2 });
    else await (await start({ recording: awsTwoEnis, machine })).daemon.runFor(5000);
    expect(system.files.has(checkpointPath)).toBe(false);
    await endPause(system);
    expect(machine.picture()).toEqual(good);
  },
);

describe('the mark', () => {
  test.each([
    ['set back by a day', -24 * 60 * minute],
    ['set forward by a year', 365 * 24 * 60 * minute],
  ])('a clock that is %s changes nothing of how long it lasts', async (_name, by) => {
    const { machine } = await start({ recording: awsTwoEnis });
    const { system } = machine;
    await beginPause(system, 30 * minute);
    system.setClock(by);
    expect((await readPause(system))! - system.now()).toBeLessThanOrEqual(30 * minute + 1000);
    await system.sleep(29 * minute);
    expect(await readPause(system)).toBeDefined();
    await system.sleep(2 * minute);
    expect(await readPause(system)).toBeUndefined();
  });

  test.each([
    ['of another boot', { version: 1, bootId: 'another', endsAt: 4000 }],
    ['longer than any', { version: 1, endsAt: 1_000_000 }],
    ['without an end', { version: 1 }],
    ['of another version', { version: 2, endsAt: 4000 }],
    ['that is none', 'pause!'],
  ])('%s counts for nothing', async (_name, mark) => {
    const { machine } = await start({ recording: awsTwoEnis });
    machine.system.put(pausePath, JSON.stringify(mark));
    expect(await readPause(machine.system)).toBeUndefined();
    machine.system.put(pausePath, '{');
    expect(await readPause(machine.system)).toBeUndefined();
  });
});
