// Nothing is half done: an apply that fails at any place is taken back to the last byte, the primary gets back what something took from
// it meanwhile, and a rollback that fails is called that. Once per network service.
import { describe, expect, test } from 'vitest';
import type { Machine, MachineSpec } from '../support/fake-machine.ts';
import { beforeAttach, beforeChange, beforeRemoval, expectAsBefore, type Failing } from './prepared.ts';
import { addressesOf, expectIdle, leavesBy, onceOk, ownTraces, useMachines } from './story.ts';
import { effectOn, travels } from './travels.ts';

const make = useMachines();
const checkpoint = '/var/lib/eni-agent/checkpoint.json';

async function expectTakenBack(failing: Failing, code: string): Promise<void> {
  const { machine } = failing;
  const outcome = await machine.agent('once');
  expect(outcome.code).toBe(1);
  expect(outcome.out).toBe('');
  expect(outcome.err).toContain(`\n  ${code}: `);
  await expectAsBefore(failing);
  expect(machine.system.files.has(checkpoint)).toBe(false);
}

/** After a failure that has passed, the next pass does the same work and ends well. */
async function expectNextPassWorks({ machine }: Failing): Promise<void> {
  await onceOk(machine);
  await expectIdle(machine);
}

describe.each(travels)('$backend', travel => {
  const start = (spec: MachineSpec) => make({ ...spec, backend: travel.backend });

  describe('an effect fails', () => {
    test.each([
      ['bringing up a new ENI', beforeAttach, travel.bringsUp, 'command-failed'],
      ['writing its file: the disk is full', beforeAttach, effectOn('write', travel), 'file-failed'],
      ['adding an address', beforeChange, travel.changes, 'command-failed'],
      ['writing the changed file', beforeChange, effectOn('write', travel), 'file-failed'],
    ] as const)('%s', async (_name, prepare, effect, code) => {
      const failing = await prepare(start);
      failing.machine.system.fail(effect, 'No space left on device');
      await expectTakenBack(failing, code);
      await expectNextPassWorks(failing);
    });

    // See travels.ts for what is wrong there.
    test('removing its file', async () => {
      const failing = await beforeRemoval(start);
      failing.machine.system.fail(effectOn('remove', travel), 'No space left on device');
      await expectTakenBack(failing, 'file-failed');
      await expectNextPassWorks(failing);
    });

    test('writing the checkpoint: nothing has been touched at all', async () => {
      const failing = await beforeAttach(start);
      failing.machine.system.fail(/^write .*checkpoint/, 'Read-only file system');
      await expectTakenBack(failing, 'file-failed');
      expect(
        failing.machine.system.journal.filter(
          line => line.includes(travel.file) || travel.bringsUp.test(line),
        ),
      ).toEqual([]);
      await expectNextPassWorks(failing);
    });

    test('writing the state after everything has been verified', async () => {
      const failing = await beforeAttach(start);
      failing.machine.system.fail(/^write .*state\.json/, 'No space left on device');
      await expectTakenBack(failing, 'file-failed');
      await expectNextPassWorks(failing);
      expect(leavesBy(failing.machine.system, '172.31.40.10')).toBe('eth1');
    });
  });

  describe('the kernel is not what was planned', () => {
    test('the service leaks a default route into main', async () => {
      const failing = await beforeAttach(start);
      const { system } = failing.machine;
      system.interfere({
        match: travel.bringsUp,
        when: 'after',
        times: 1,
        act: () => system.sh('ip route add default via 172.31.32.1 dev eth1 onlink metric 100'),
      });
      await expectTakenBack(failing, 'verify-failed');
      await expectNextPassWorks(failing);
    });

    test('a rule is missing in the end, because somebody deletes it', async () => {
      const failing = await beforeAttach(start);
      const { system } = failing.machine;
      system.interfere({
        match: travel.bringsUp,
        when: 'after',
        times: 1,
        act: () => system.sh('ip -4 rule del priority 28600'),
      });
      const outcome = await failing.machine.agent('once');
      expect(outcome.err).toContain('missing: rule 4 28600 from 172.31.32.0/20 iif lo lookup 28000');
      await expectAsBefore(failing);
      await expectNextPassWorks(failing);
    });

    test('an address is refused by duplicate address detection, and usable a moment later: that is waited for', async () => {
      const failing = await beforeAttach(start);
      const { system } = failing.machine;
      const setTentative = (tentative: boolean) => {
        for (const a of system.kernel.addresses) if (a.link === 'eth1') a.tentative = tentative;
      };
      system.interfere({ match: travel.bringsUp, when: 'after', times: 1, act: () => setTentative(true) });
      system.after(1500, () => setTentative(false));
      await onceAsIs(failing.machine);
      await expectIdle(failing.machine);
    });

    test('it stays refused: taken back when the time is up', async () => {
      const failing = await beforeAttach(start);
      const { system } = failing.machine;
      const act = () => {
        for (const a of system.kernel.addresses) if (a.link === 'eth1') a.tentative = true;
      };
      system.interfere({ match: travel.bringsUp, when: 'after', times: 1, act });
      const began = system.now();
      await expectTakenBack(failing, 'verify-failed');
      expect(system.now() - began).toBeGreaterThanOrEqual(10_000);
      expect(system.now() - began).toBeLessThan(30_000);
    });
  });

  describe('the primary', () => {
    test.each([
      ['its default route', 'ip route del default dev eth0', 'the main table lost the route'],
      ['its address, and all that hangs on it', 'ip addr del 172.31.16.20/20 dev eth0', 'lost the address'],
    ])('%s vanishes while the service works: restored, taken back, reported', async (_name, line, words) => {
      const failing = await beforeAttach(start);
      const { system } = failing.machine;
      system.interfere({ match: travel.bringsUp, when: 'after', times: 1, act: () => void system.sh(line) });
      const outcome = await failing.machine.agent('once');
      expect(outcome.code).toBe(1);
      expect(outcome.err).toContain(words);
      expect(outcome.err).toContain('primary-changed: ');
      const { kernel } = failing.machine.picture();
      const primary = (lines: readonly string[]) =>
        lines.filter(l => /eth0/.test(l) && !/198\.51|route 500/.test(l));
      expect(primary(kernel)).toEqual(primary(failing.before.kernel));
      expect(failing.machine.files()).toEqual(failing.before.files);
      expect(ownTraces(failing.machine)).toEqual([]);
    });

    test('the way to the metadata service is stolen by a more specific route: taken back', async () => {
      const failing = await beforeAttach(start);
      const { system } = failing.machine;
      system.interfere({
        match: travel.bringsUp,
        when: 'after',
        times: 1,
        act: () => void system.sh('ip route add 169.254.169.254 dev eth1'),
      });
      const outcome = await failing.machine.agent('once');
      expect(outcome.err).toContain('primary-changed: ');
      expect(outcome.err).toContain('the route to the metadata service was');
      // The route was by eth1, so it went with the last address of that link, or when the link was taken down.
      await expectAsBefore(failing);
    });

    test('gets a new address while we work: no loss, so nothing is taken back', async () => {
      const { machine } = await beforeAttach(start);
      machine.system.interfere({
        match: travel.bringsUp,
        when: 'after',
        times: 1,
        act: () => void machine.system.sh('ip addr add 172.31.16.21/32 dev eth0'),
      });
      await onceAsIs(machine);
      expect(addressesOf(machine, 'eth0')).toEqual(['172.31.16.20/20', '172.31.16.21/32']);
    });
  });
});

/** A pass on the machine as the test has prepared it, that ends well. */
async function onceAsIs(machine: Machine): Promise<void> {
  const outcome = await machine.agent('once');
  expect(outcome.code, outcome.err).toBe(0);
}
