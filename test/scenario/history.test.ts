// What was changed is on record, whoever changed it, and whatever became of it. A record that cannot be written changes nothing.
import { describe, expect, test } from 'vitest';
import type { HistoryEntry } from '../../agent/history/entry.ts';
import { historyPath } from '../../agent/history/store.ts';
import type { Machine } from '../support/fake-machine.ts';
import { strictPicture } from '../support/strict-picture.ts';
import { useDaemons } from './daemon-story.ts';
import { beforeAttach, beforeChange } from './prepared.ts';
import { awsTwoEnis, eth1Mac, once, onceOk, setAddresses, useMachines } from './story.ts';
import { travels } from './travels.ts';

const make = useMachines();
const startDaemon = useDaemons();

async function historyOf(machine: Machine): Promise<readonly HistoryEntry[]> {
  const outcome = await machine.agent('history', '--json', '-n', '200');
  expect(outcome).toMatchObject({ code: 0, err: '' });
  return (JSON.parse(outcome.out) as { entries: HistoryEntry[] }).entries;
}

describe.each(travels)('$backend', travel => {
  const start = (spec: Parameters<typeof make>[0]) => make({ ...spec, backend: travel.backend });

  test('once, rollback, once --force, remove', async () => {
    const { machine } = await beforeChange(start);
    await onceOk(machine);
    await machine.agent('rollback');
    await onceOk(machine, '--force');
    await machine.agent('remove');
    const entries = await historyOf(machine);
    expect(entries.map(e => [e.by, e.trigger, e.result])).toEqual([
      ['once', 'once', 'applied'],
      ['once', 'once', 'applied'],
      ['rollback', null, 'rolled-back-by-hand'],
      ['once', 'once-force', 'applied'],
      ['remove', null, 'removed'],
    ]);
    const [first, change, back, , removal] = entries;
    expect(first!.enis).toMatchObject([{ kind: 'added', eniId: 'eni-013cdce36ded5e79f', link: 'eth1' }]);
    expect(first!.enis[0]!.added).toContain('address eth1 172.31.40.10/32');
    expect(first!.files).toContainEqual({ path: travel.file, action: 'wrote' });
    const moved = { added: ['address eth1 172.31.40.12/32'], removed: ['address eth1 172.31.40.11/32'] };
    expect(change!.enis).toMatchObject([{ kind: 'changed', ...moved }]);
    expect(back!.enis).toMatchObject([{ added: moved.removed, removed: moved.added }]);
    expect(removal!.files).toContainEqual({ path: travel.file, action: 'removed' });
    const { out } = await machine.agent('history');
    expect(out).toMatch(/^2026-01-15 10:\d\d:\d\d UTC {2}applied {2}eni-agent once$/m);
    expect(out).toContain('  eni-013cdce36ded5e79f on eth1: changed: +172.31.40.12, -172.31.40.11\n');
    expect(out).toContain('rolled back by hand  eni-agent rollback');
  });

  test('a change that could not be verified, and tries that repeat, are one entry with their count', async () => {
    const { machine, daemon } = await startDaemon({ recording: awsTwoEnis, backend: travel.backend });
    await daemon.runFor(600_000);
    const { lines } = await strictPicture(machine);
    setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
    machine.system.fail(travel.changes, 'the service is stopped', 1000);
    await daemon.runFor(2 * 3_600_000);
    expect((await strictPicture(machine)).lines).toEqual(lines);
    const entries = await historyOf(machine);
    expect(entries.map(e => e.result)).toEqual(['applied', 'rolled-back']);
    const last = entries.at(-1)!;
    expect(last).toMatchObject({ by: 'daemon', error: { code: 'command-failed' } });
    expect(last.times).toBeGreaterThan(5);
    expect(last.enis).toMatchObject([{ added: ['address eth1 172.31.40.12/32'], removed: [] }]);
    machine.system.heal();
    await daemon.runFor(700_000);
    expect((await historyOf(machine)).map(e => e.result)).toEqual(['applied', 'rolled-back', 'applied']);
  });

  test('drift that was repaired', async () => {
    const { machine, daemon } = await startDaemon({ recording: awsTwoEnis, backend: travel.backend });
    await daemon.runFor(600_000);
    for (let i = 0; i < 2; i++) {
      machine.system.sh('ip -4 rule del from 172.31.32.0/20 priority 28600');
      await daemon.runFor(120_000);
    }
    const rule = 'rule 4 28600 from 172.31.32.0/20 iif lo lookup 28000';
    expect((await historyOf(machine)).slice(1)).toMatchObject([
      {
        by: 'daemon',
        trigger: 'kernel',
        result: 'repaired',
        times: 2,
        enis: [{ added: [rule], removed: [] }],
      },
    ]);
  });
});

test('an apply that a crash has interrupted', async () => {
  const { machine } = await beforeAttach(make);
  const checkpoint = '/var/lib/eni-agent/checkpoint.json';
  for (let step = 4; !machine.system.files.has(checkpoint); step++) {
    machine.system.restart();
    machine.system.crashBefore = step;
    await machine.agent('once').catch(() => undefined);
  }
  await once(machine);
  const entries = await historyOf(machine);
  expect(entries.map(e => e.result)).toEqual(['rolled-back', 'applied']);
  expect(entries[0]!.error?.message).toMatch(/was interrupted$/);
});

test('a commit that fails is no failure before anything was touched', async () => {
  const { machine } = await beforeAttach(make);
  machine.system.fail(/^write .*state\.json/, 'No space left on device');
  expect(await machine.agent('once')).toMatchObject({ code: 1 });
  await once(machine);
  expect((await historyOf(machine)).map(e => e.result)).toEqual(['rolled-back', 'applied']);
});

test('a full disk: the pass ends well all the same', async () => {
  const { machine } = await beforeAttach(make);
  machine.system.fail(/^write .*history/, 'No space left on device', 10);
  const outcome = await once(machine);
  expect(outcome.code).toBe(0);
  expect(outcome.err).toContain('cannot write the history');
  expect(machine.system.files.has(historyPath)).toBe(false);
  expect((await machine.agent('history')).out).toBe('No change is on record.\n');
});
