// `--wait`: where no daemon looks again, the command does, for as long as it was told, and no longer than something is missing.
import { expect, test } from 'vitest';
import { loadRecording } from '../support/metadata-emulator-recordings.ts';
import { addressesOf, useMachines } from './story.ts';

const start = useMachines();
const [before, complete] = ['hot-plug-0-before', 'hot-plug-3-complete'].map(name =>
  loadRecording('aws', name),
);

/** The machine has the link already; the metadata tells of it after so many milliseconds. */
async function late(ms: number) {
  const machine = await start({ recording: complete! });
  machine.metadata.replace(before!);
  const told = machine.system.now() + ms;
  const sleep = machine.system.sleep.bind(machine.system);
  machine.system.sleep = async pause => {
    await sleep(pause);
    if (machine.system.now() >= told) machine.metadata.replace(complete!);
  };
  return machine;
}

test('the metadata is late: it goes on until the ENI is there, then ends', async () => {
  const machine = await late(4000);
  const began = machine.system.now();
  const outcome = await machine.agent('once', '--wait', '60');
  expect(outcome, outcome.err).toMatchObject({ code: 0 });
  expect(outcome.out).toContain('Applied and verified.');
  expect(machine.system.now() - began).toBeLessThan(20_000);
});

test('the time is over before: what is there is done, and it ends in time', async () => {
  const machine = await late(600_000);
  const began = machine.system.now();
  await machine.agent('once', '--wait', '30');
  expect(machine.system.now() - began).toBeGreaterThan(15_000);
  expect(machine.system.now() - began).toBeLessThanOrEqual(30_000);
  expect(addressesOf(machine, 'eth1')).toEqual([]);
});

test('nothing is missing: no second look', async () => {
  const machine = await start({ recording: complete! });
  await machine.agent('once');
  const began = machine.system.now();
  expect(await machine.agent('once', '--wait', '60')).toMatchObject({ code: 0 });
  expect(machine.system.now() - began).toBeLessThan(1000);
});

test.each(['0', '601', 'soon', '-1', '1.5'])('--wait=%s is refused', async value => {
  const machine = await start({ recording: complete! });
  for (const command of ['once', 'refresh']) {
    const outcome = await machine.agent(command, `--wait=${value}`);
    expect(outcome.code).toBe(64);
    expect(outcome.err).toContain(`--wait "${value}" is not a whole number of seconds from 1 to 600`);
  }
});
