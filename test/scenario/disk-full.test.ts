// /var/lib/eni-agent is full or read-only: what is in the kernel alone is put back all the same, what needs files is not begun, and each says
// so, in the log once.
import { describe, expect, test } from 'vitest';
import { checkpointPath } from '../../agent/apply/checkpoint.ts';
import { statePath } from '../../agent/apply/state-file.ts';
import type { Machine } from '../support/fake-machine.ts';
import type { FakeBackend } from '../support/fake-machine-service.ts';
import { useDaemons } from './daemon-story.ts';
import { awsTwoEnis, eth1Mac, expectIdle, once, onceOk, setAddresses, useMachines } from './story.ts';
import { travels } from './travels.ts';

const make = useMachines();
const startDaemon = useDaemons();

/** The words of Node for each. */
const faults = [
  ['full', 'ENOSPC: no space left on device, write'],
  ['read-only', "EROFS: read-only file system, open '/var/lib/eni-agent/.eni-agent.tmp'"],
] as const;
const spoil = ({ system }: Machine, reason: string) =>
  system.fail(/^(write|copy \S+|link \S+) \/var\/lib\/eni-agent\//, reason, Number.POSITIVE_INFINITY);

/** What somebody deletes, all of it in the kernel alone. */
const drifts: readonly (readonly [string, readonly string[]])[] = [
  ['a rule', ['ip rule del priority 28000']],
  ['the default route of its table', ['ip route del default table 28000']],
  ['both', ['ip rule del priority 28600', 'ip route del default table 28000']],
  ['something is in the way', ['ip route add default dev eth1 metric 50']],
];

describe.each(travels.map(({ backend, file }) => [backend, file] as const))('%s', (backend, file) => {
  const settled = async () => {
    const machine = await make({ recording: awsTwoEnis, backend });
    await onceOk(machine);
    return machine;
  };

  describe.each(faults)('%s', (_name, reason) => {
    test.each(drifts)('drift is mended without a checkpoint: %s', async (_what, lines) => {
      const machine = await settled();
      const before = machine.picture();
      for (const line of lines) machine.system.sh(line);
      spoil(machine, reason);
      const { code, out, err } = await once(machine);
      expect(machine.picture(), out + err).toEqual(before);
      expect(code, out + err).toBe(2);
      expect(out).toContain(`cannot write ${checkpointPath}: ${reason}`);
      // Not one file was tried beside it, and the service was told nothing that would need a way back.
      expect(
        machine.system.journal.filter(line =>
          /^(write|remove) \/(?!var\/lib\/eni-agent\/)|networkctl|nmcli|ifup|ifdown/.test(line),
        ),
      ).toEqual([]);
      machine.system.heal();
      await expectIdle(machine);
    });

    test('what needs files is not begun', async () => {
      const machine = await settled();
      setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
      const before = machine.picture();
      spoil(machine, reason);
      const { code, err } = await once(machine);
      expect([code, machine.picture()], err).toEqual([1, before]);
      expect(err).toContain(`cannot write ${checkpointPath}: ${reason}`);
      expect(err).toContain('nothing was changed');
      machine.system.heal();
      await onceOk(machine);
    });

    test('nor is a repair of our file, with what is in the kernel', async () => {
      const machine = await settled();
      const good = machine.picture();
      machine.system.put(file, `${machine.system.files.get(file)!.content}# edited\n`);
      const before = machine.picture();
      spoil(machine, reason);
      const { code, err } = await once(machine);
      expect([code, machine.picture()], err).toEqual([1, before]);
      machine.system.heal();
      await onceOk(machine);
      expect(machine.picture()).toEqual(good);
    });

    test('a pass with nothing to do but to note something', async () => {
      const machine = await settled();
      machine.system.files.delete(statePath);
      const before = machine.picture();
      spoil(machine, reason);
      const { code, out } = await once(machine);
      expect([code, machine.picture()], out).toEqual([2, before]);
      expect(out).toContain(`cannot write ${statePath}: ${reason}`);
    });
  });

  test('a repair that does not hold is taken back, without a checkpoint too', async () => {
    const machine = await settled();
    machine.system.sh('ip rule del priority 28600');
    machine.system.sh('ip rule del priority 28000');
    const before = machine.picture();
    spoil(machine, faults[0][1]);
    machine.system.fail(
      /rule add .* priority 28600|priority 28600 .*/,
      'Operation not permitted',
      Number.POSITIVE_INFINITY,
    );
    const { code, err } = await once(machine);
    expect(code, err).toBe(1);
    expect(machine.picture().files).toEqual(before.files);
    machine.system.heal();
    await onceOk(machine);
  });
});

describe('the daemon', () => {
  const start = async (backend: FakeBackend) => {
    const life = await startDaemon({ recording: awsTwoEnis, backend });
    await life.daemon.runFor(60_000);
    return life;
  };
  const about = (log: readonly string[]) => log.filter(line => line.includes('cannot write'));

  test.each(travels.map(({ backend }) => backend))(
    '%s: mends drift each time, and says once that it keeps no record',
    async backend => {
      const { machine, daemon } = await start(backend);
      const before = machine.picture();
      spoil(machine, faults[0][1]);
      for (let round = 0; round < 3; round++) {
        machine.system.sh('ip rule del priority 28000');
        await daemon.runFor(150_000);
        expect(machine.picture()).toEqual(before);
      }
      expect(about(daemon.log).filter(line => line.includes(checkpointPath))).toHaveLength(1);
      expect(daemon.report()?.problems.join()).toContain(`cannot write ${checkpointPath}`);
      const status = await machine.agent('status');
      expect([status.code, status.out]).toEqual([
        2,
        expect.stringContaining(`cannot write ${checkpointPath}`),
      ]);
      machine.system.heal();
      machine.system.sh('ip rule del priority 28000');
      await daemon.runFor(150_000);
      expect(machine.picture()).toEqual(before);
      expect(daemon.report()).toMatchObject({ degraded: [], problems: [] });
      // Its end was said, and a disk that is full again is news.
      spoil(machine, faults[0][1]);
      machine.system.sh('ip rule del priority 28000');
      await daemon.runFor(150_000);
      expect(about(daemon.log).filter(line => line.includes(checkpointPath))).toHaveLength(3);
    },
  );
});
