// What a person takes back: `rollback` of the last change, `remove` of everything.
import { describe, expect, test } from 'vitest';
import { beforeAttach, beforeChange, beforeRemoval } from './prepared.ts';
import {
  addressesOf,
  eth1Mac,
  expectIdle,
  once,
  onceOk,
  ownTraces,
  setAddresses,
  useMachines,
} from './story.ts';

const start = useMachines();
const file = '/etc/network/interfaces.d/60-eni-eth1';

describe('eni-agent rollback', () => {
  test('takes the last change back, once; it is refused afterwards, and applied again with --force', async () => {
    const { machine, before } = await beforeAttach(start);
    await onceOk(machine);
    const applied = machine.picture();
    machine.system.restart();
    const back = await machine.agent('rollback');
    expect(back).toMatchObject({ code: 0, err: '' });
    expect(back.out).toContain(file);
    expect(machine.picture()).toEqual(before);

    const again = await machine.agent('rollback');
    expect(again).toMatchObject({ code: 1, out: '' });
    expect(again.err).toContain('nothing-to-roll-back: ');
    expect(machine.picture()).toEqual(before);

    const refused = await once(machine);
    expect(refused.code).toBe(2);
    expect(refused.out).toContain('Not applied: this plan was rolled back by hand');
    expect(machine.system.journal).toEqual([]);
    expect(machine.picture()).toEqual(before);

    await onceOk(machine, '--force');
    expect(machine.picture()).toEqual(applied);
    await expectIdle(machine);
  });

  test('a plan that is no longer the same is applied by itself', async () => {
    const { machine } = await beforeAttach(start);
    await onceOk(machine);
    machine.system.restart();
    await machine.agent('rollback');
    setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.11');
    await onceOk(machine);
    expect(addressesOf(machine, 'eth1')).toHaveLength(2);
  });

  test('of a changed address: live, without ifdown', async () => {
    const { machine, before } = await beforeChange(start);
    await onceOk(machine);
    machine.system.restart();
    expect((await machine.agent('rollback')).code).toBe(0);
    expect(machine.system.journal.filter(line => /if(up|down)/.test(line))).toEqual([]);
    expect(machine.picture()).toEqual(before);
  });

  test('of a detached ENI: it is configured again', async () => {
    const { machine, before } = await beforeRemoval(start);
    await onceOk(machine);
    machine.system.restart();
    expect((await machine.agent('rollback')).code).toBe(0);
    expect(machine.picture()).toEqual(before);
  });

  test('with nothing to take back', async () => {
    const { machine, before } = await beforeAttach(start);
    const outcome = await machine.agent('rollback');
    expect(outcome.code).toBe(1);
    expect(outcome.err).toContain('nothing-to-roll-back: ');
    expect(machine.picture()).toEqual(before);
  });
});

describe('eni-agent remove', () => {
  test('leaves nothing of ours and everything of others; a pass later finds the old numbers', async () => {
    const { machine, before } = await beforeAttach(start);
    await onceOk(machine);
    const applied = machine.picture();
    machine.system.restart();
    const outcome = await machine.agent('remove');
    expect(outcome).toMatchObject({ code: 0, err: '' });
    expect(outcome.out).toContain(file);
    expect(machine.picture()).toEqual(before);
    expect(ownTraces(machine)).toEqual([]);
    const second = await machine.agent('remove');
    expect(second).toMatchObject({ code: 0, out: 'There was nothing of eni-agent on this machine.\n' });
    await onceOk(machine);
    expect(machine.picture()).toEqual(applied);
  });

  test('works without metadata, and without a state file', async () => {
    const { machine, before } = await beforeAttach(start);
    await onceOk(machine);
    await machine.metadata.close();
    machine.system.files.delete('/var/lib/eni-agent/state.json');
    machine.system.restart();
    expect((await machine.agent('remove')).code).toBe(0);
    expect(machine.files()).toEqual({ ...before.files, '/run/network/ifstate 644': expect.any(String) });
    expect(machine.system.files.has(file)).toBe(false);
  });

  test('can itself be rolled back', async () => {
    const { machine } = await beforeAttach(start);
    await onceOk(machine);
    const applied = machine.picture();
    machine.system.restart();
    await machine.agent('remove');
    expect((await machine.agent('rollback')).code).toBe(0);
    expect(machine.picture()).toEqual(applied);
  });
});
