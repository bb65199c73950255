// A rollback that fails is called that, and finished later. Once per network service.
import { describe, expect, test } from 'vitest';
import type { Machine, MachineSpec } from '../support/fake-machine.ts';
import { beforeAttach, expectAsBefore } from './prepared.ts';
import { expectIdle, once, useMachines } from './story.ts';
import { effectOn, travels } from './travels.ts';

const make = useMachines();
const checkpoint = '/var/lib/eni-agent/checkpoint.json';

/** The primary's default route is gone. */
function take({ system: { kernel } }: Machine): void {
  kernel.routes = kernel.routes.filter(
    r => !(r.link === 'eth0' && r.table === 254 && r.destination === '0.0.0.0/0'),
  );
}

describe.each(travels)('$backend', travel => {
  const start = (spec: MachineSpec) => make({ ...spec, backend: travel.backend });

  describe('the rollback fails as well', () => {
    test('said so; the checkpoint stays, and "rollback" finishes the work', async () => {
      const failing = await beforeAttach(start);
      const { machine } = failing;
      machine.system.fail(travel.bringsUp, 'it will not', 1);
      machine.system.fail(effectOn('remove', travel), 'Read-only file system', 1);
      const outcome = await machine.agent('once');
      expect(outcome.code).toBe(1);
      expect(outcome.err).toContain('rollback-failed: ');
      expect(outcome.err).toContain('it will not');
      expect(outcome.err).toContain('Read-only file system');
      expect(machine.system.files.has(checkpoint)).toBe(true);
      machine.system.restart();
      expect(await machine.agent('rollback')).toMatchObject({ code: 0 });
      await expectAsBefore(failing);
      expect(machine.system.files.has(checkpoint)).toBe(false);
    });

    test('said so; a new pass finishes it too, and goes on', async () => {
      const { machine } = await beforeAttach(start);
      machine.system.fail(travel.bringsUp, 'it will not', 1);
      machine.system.fail(effectOn('remove', travel), 'Read-only file system', 1);
      expect((await machine.agent('once')).code).toBe(1);
      const next = await once(machine);
      expect(next.code, next.err).toBe(0);
      await expectIdle(machine);
    });

    test('the disk takes nothing any more: the kernel, and the primary, are as they were all the same', async () => {
      const { machine, before } = await beforeAttach(start);
      const act = () => take(machine);
      machine.system.interfere({ match: effectOn('write', travel), when: 'after', times: 1, act });
      machine.system.fail(travel.bringsUp, 'it will not', 1);
      machine.system.fail(effectOn('remove', travel), 'Read-only file system', Number.POSITIVE_INFINITY);
      const outcome = await machine.agent('once');
      expect(outcome.code).toBe(1);
      expect(outcome.err).toContain('rollback-failed: ');
      expect(outcome.err).toContain('Read-only file system');
      expect(machine.picture().kernel).toEqual(before.kernel);
      expect(machine.system.files.has(checkpoint)).toBe(true);
      machine.system.heal();
      const next = await once(machine);
      expect(next.code, next.err).toBe(0);
      await expectIdle(machine);
    });

    test('the primary’s default is taken again and again: reported, and not believed to be whole', async () => {
      const { machine } = await beforeAttach(start);
      const again = () => take(machine);
      machine.system.interfere({ match: travel.bringsUp, when: 'after', act: again });
      machine.system.interfere({ match: /^run ip -4 route add default/, when: 'after', act: again });
      const outcome = await machine.agent('once');
      expect(outcome.code).toBe(1);
      expect(outcome.err).toContain('rollback-failed: ');
      expect(outcome.err).toContain('the main table lost the route "default via 172.31.16.1 dev eth0"');
    });
  });
});
