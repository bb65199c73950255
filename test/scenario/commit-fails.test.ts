// The disk is full when a change is there and verified, and only has to be noted: it is noted without what is of use but for a rollback, or taken back
// at once. No later pass takes away what works.
import { expect, test } from 'vitest';
import { checkpointPath, lastChangePath } from '../../agent/apply/checkpoint.ts';
import { statePath } from '../../agent/apply/state-file.ts';
import { readHistory } from '../../agent/history/store.ts';
import { beforeAttach, beforeChange, expectAsBefore } from './prepared.ts';
import { once, onceOk, useMachines } from './story.ts';

const start = useMachines();
const full = 'ENOSPC: no space left on device';

test.each([
  ['a new ENI', beforeAttach],
  ['a change', beforeChange],
] as const)('%s: no room for the state', async (_name, prepare) => {
  const failing = await prepare(start);
  const { machine } = failing;
  machine.system.fail(new RegExp(`^write ${statePath}`), full, 99);
  for (let pass = 0; pass < 3; pass++) {
    machine.system.journal.length = 0;
    const outcome = await once(machine);
    expect(outcome.code).toBe(1);
    expect(outcome.err).toContain(`${statePath}: ${full}`);
    await expectAsBefore(failing);
    // It is tried once, and not made and taken back by every pass.
    const touched = machine.system.journal.filter(line => /^(write|remove) \/etc\//.test(line));
    expect(touched.length > 0).toBe(pass === 0);
  }
  machine.system.heal();
  expect((await once(machine)).code).toBe(0);
  expect(machine.system.files.has(checkpointPath)).toBe(false);
});

test('no room for the state, and a file that cannot be taken back: the history says that the rollback failed', async () => {
  const { machine } = await beforeAttach(start);
  machine.system.fail(new RegExp(`^write ${statePath}`), full, 99);
  machine.system.fail(/^remove \/etc\/network\/interfaces\.d\//, full, 99);
  const outcome = await once(machine);
  expect(outcome.code).toBe(1);
  expect(outcome.err).toContain('rollback-failed');
  const { entries } = await readHistory(machine.system);
  expect(entries.map(({ result, error }) => [result, error?.code])).toEqual([
    ['rollback-failed', 'rollback-failed'],
  ]);
});

test('no room for what a rollback would need: the change stays, and nothing older can be rolled back', async () => {
  const { machine } = await beforeChange(start);
  machine.system.fail(new RegExp(`^write ${lastChangePath}`), full, 99);
  const outcome = await once(machine);
  expect(outcome.code).toBe(0);
  expect(outcome.err).toContain(`${lastChangePath}: ${full}`);
  const after = machine.picture();
  expect(machine.system.files.has(checkpointPath)).toBe(false);
  await onceOk(machine);
  expect(machine.picture()).toEqual(after);
  const back = await machine.agent('rollback');
  expect(back.code).toBe(1);
  expect(back.err).toContain('nothing-to-roll-back');
  expect(machine.picture()).toEqual(after);
});
