// A checkpoint that is none of ours: whoever meets it says so by its name, and nothing of it reaches the machine or the state.
import { describe, expect, test } from 'vitest';
import { checkpointPath, lastChangePath } from '../../agent/apply/checkpoint.ts';
import { beforeChange } from './prepared.ts';
import { once, onceOk, useMachines } from './story.ts';

const start = useMachines();

describe.each([
  ['no JSON', 'oops{'],
  ['empty', ''],
  ['nothing at all', 'null'],
  ['an object', '{}'],
  ['a list', '[]'],
  ['of a later version', '{"version": 2, "changes": [], "files": [], "knownFaults": []}'],
  ['without the state before', '{"version": 1, "changes": [], "files": [], "knownFaults": []}'],
])('%s', (_name, content) => {
  test('an apply that was interrupted', async () => {
    const { machine, before } = await beforeChange(start);
    machine.system.put(checkpointPath, content);
    const outcome = await once(machine);
    expect(outcome).toMatchObject({ code: 1, out: '' });
    expect(outcome.err).toMatch(/cannot read \S+checkpoint\.json: .*\n {2}state-unreadable: /);
    expect(machine.system.journal).toEqual([]);
    machine.system.files.delete(checkpointPath);
    expect(machine.picture()).toEqual(before);
    await onceOk(machine);
  });

  test('the last change', async () => {
    const { machine, before } = await beforeChange(start);
    machine.system.put(lastChangePath, content);
    for (const argv of [['rollback', '--dry-run'], ['rollback']]) {
      const outcome = await machine.agent(argv[0]!, ...argv.slice(1));
      expect(outcome).toMatchObject({ code: 1, out: '' });
      expect(outcome.err).toMatch(/cannot read \S+last-change\.json: .*\n {2}state-unreadable: /);
    }
    expect(machine.picture()).toEqual(before);
    await onceOk(machine);
  });
});
