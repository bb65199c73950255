// What a person takes back: `rollback` of the last change, `remove` of everything. Once per network service.
import { describe, expect, test } from 'vitest';
import type { MachineSpec } from '../support/fake-machine.ts';
import { beforeAttach, beforeChange, beforeRemoval, expectAsBefore } from './prepared.ts';
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
import { travels } from './travels.ts';

const make = useMachines();

describe.each(travels)('$backend', travel => {
  const { backend, file } = travel;
  const start = (spec: MachineSpec) => make({ ...spec, backend });

  describe('eni-agent rollback', () => {
    test('takes the last change back, once; it is refused afterwards, and applied again with --force', async () => {
      const failing = await beforeAttach(start);
      const { machine } = failing;
      await onceOk(machine);
      const applied = machine.picture();
      machine.system.restart();
      const back = await machine.agent('rollback');
      expect(back).toMatchObject({ code: 0, err: '' });
      expect(back.out).toContain(file);
      await expectAsBefore(failing);

      const again = await machine.agent('rollback');
      expect(again).toMatchObject({ code: 1, out: '' });
      expect(again.err).toContain('nothing-to-roll-back: ');
      await expectAsBefore(failing);

      const refused = await once(machine);
      expect(refused.code).toBe(2);
      expect(refused.out).toContain('Not applied: this plan was rolled back by hand');
      expect(machine.system.journal).toEqual([]);
      await expectAsBefore(failing);

      await onceOk(machine, '--force');
      expect(machine.picture()).toEqual(applied);
      await expectIdle(machine);
    });

    test('the primary keeps what it has now: what it had when the change was made is history', async () => {
      const { machine } = await beforeAttach(start);
      machine.system.sh('ip addr add 172.31.16.99/32 dev eth0');
      await onceOk(machine);
      machine.system.sh('ip addr del 172.31.16.99/32 dev eth0');
      const now = addressesOf(machine, 'eth0');
      expect((await machine.agent('rollback')).code).toBe(0);
      expect(addressesOf(machine, 'eth0')).toEqual(now);
    });

    test.each([
      ['the kernel of now: what the change may have taken comes back', (id: string) => id, true],
      ['an earlier boot: the addresses may rightly be others', () => 'another boot', false],
    ])('interrupted in %s', async (_name, bootId, comesBack) => {
      const { machine } = await beforeAttach(start);
      machine.system.sh('ip addr add 172.31.16.99/32 dev eth0');
      await onceOk(machine);
      const change = JSON.parse(machine.system.files.get('/var/lib/eni-agent/last-change.json')!.content);
      const open = { ...change, committed: false, bootId: bootId(change.bootId) };
      machine.system.put('/var/lib/eni-agent/checkpoint.json', JSON.stringify(open));
      machine.system.sh('ip addr del 172.31.16.99/32 dev eth0');
      const next = await once(machine);
      expect(next.code, next.err).toBe(0);
      expect(addressesOf(machine, 'eth0').some(a => a.includes('172.31.16.99'))).toBe(comesBack);
    });

    test('a file that somebody has put in the place of ours stays', async () => {
      const { machine } = await beforeAttach(start);
      await onceOk(machine);
      const theirs = 'iface eth1 inet manual\n';
      machine.system.put(file, theirs);
      await machine.agent('rollback');
      expect(machine.system.files.get(file)?.content).toBe(theirs);
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

    test('of a changed address: without an interruption of the ENI', async () => {
      const failing = await beforeChange(start);
      const { machine } = failing;
      await onceOk(machine);
      machine.system.restart();
      expect((await machine.agent('rollback')).code).toBe(0);
      expect(machine.system.journal.filter(line => travel.interrupts.test(line))).toEqual([]);
      await expectAsBefore(failing);
    });

    // See travels.ts for what is wrong there.
    test('of a detached ENI: it is configured again', async () => {
      const failing = await beforeRemoval(start);
      const { machine } = failing;
      await onceOk(machine);
      machine.system.restart();
      expect((await machine.agent('rollback')).code).toBe(0);
      await expectAsBefore(failing);
    });

    test('with nothing to take back', async () => {
      const failing = await beforeAttach(start);
      const { machine } = failing;
      const outcome = await machine.agent('rollback');
      expect(outcome.code).toBe(1);
      expect(outcome.err).toContain('nothing-to-roll-back: ');
      await expectAsBefore(failing);
    });
  });

  describe('eni-agent remove', () => {
    test('leaves nothing of ours and everything of others; a pass later finds the old numbers', async () => {
      const failing = await beforeAttach(start);
      const { machine } = failing;
      await onceOk(machine);
      const applied = machine.picture();
      machine.system.restart();
      const outcome = await machine.agent('remove');
      expect(outcome).toMatchObject({ code: 0, err: '' });
      expect(outcome.out).toContain(file);
      await expectAsBefore(failing);
      expect(ownTraces(machine)).toEqual([]);
      const second = await machine.agent('remove');
      expect(second).toMatchObject({ code: 0, out: 'Found no files of eni-agent to remove.\n' });
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
      expect(machine.files()).toEqual({ ...before.files, ...travel.stays });
      expect(machine.system.files.has(file)).toBe(false);
    });

    // See travels.ts for what is wrong there.
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
});
