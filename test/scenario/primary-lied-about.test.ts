// Metadata that names another ENI as the primary. The primary is never taken over for that, whatever network service has it; and a machine on
// which it was taken over (an earlier version believed it) comes back with honest metadata, in one pass.
import { describe, expect, test } from 'vitest';
import { statePath } from '../../agent/apply/state-file.ts';
import type { Recording } from '../../agent/metadata/recording.ts';
import type { Machine, Picture } from '../support/fake-machine.ts';
import { loadRecording } from '../support/metadata-emulator-recordings.ts';
import { useDaemons } from './daemon-story.ts';
import { awsPath, awsTwoEnis, eth1Mac, expectIdle, once, onceOk, ownTraces, useMachines } from './story.ts';
import { travels } from './travels.ts';

const make = useMachines();
const startDaemon = useDaemons();
const awsPrimary = '0a:75:69:92:e2:10';

interface Cloud {
  readonly name: string;
  readonly recording: Recording;
  readonly primary: string;
  readonly second: string;
  /** The metadata says that the other one is the primary, and is at one with itself. */
  readonly lie: (machine: Machine) => void;
}

const tellMac = (mac: string) => (machine: Machine) => machine.metadata.set('/latest/meta-data/mac', mac);
const clouds: readonly Cloud[] = [
  {
    name: 'aws',
    recording: awsTwoEnis,
    primary: awsPrimary,
    second: eth1Mac,
    lie(machine) {
      tellMac(eth1Mac)(machine);
      machine.metadata.set(awsPath(eth1Mac, 'device-number'), '0');
      machine.metadata.set(awsPath(awsPrimary, 'device-number'), '1');
    },
  },
  {
    name: 'alibaba',
    recording: loadRecording('alibaba', 'two-enis'),
    primary: '00:16:3e:12:16:01',
    second: '00:16:3e:12:16:02',
    lie: tellMac('00:16:3e:12:16:02'),
  },
  {
    name: 'jdcloud',
    recording: loadRecording('jdcloud', 'two-enis'),
    primary: 'fa:16:3e:ab:be:10',
    second: 'fa:16:3e:ab:be:11',
    lie(machine) {
      machine.metadata.set('/metadata/latest/network/1/mac', 'fa:16:3e:ab:be:11');
      machine.metadata.set('/metadata/latest/network/2/mac', 'fa:16:3e:ab:be:10');
    },
  },
];

const defaultLinks = ({ system }: Machine) =>
  system.kernel.routes.filter(r => r.table === 254 && r.destination === '0.0.0.0/0').map(r => r.link);
const ofPrimary = ({ kernel }: Picture) => kernel.filter(line => / eth0( |$)/.test(line));
/** Without the port of the emulator, and with the ENI in slot 0: the primary has had that one. */
const comparable = (machine: Machine): unknown =>
  JSON.parse(
    JSON.stringify(machine.picture())
      .replaceAll(machine.url, '')
      .replaceAll(/\b(28[036]|330)01\b/g, '$100'),
  );

/** No file of the image names the primary: DHCP on every link. */
function layCatchAll({ system }: Machine): void {
  for (const path of ['50-primary', '80-others']) system.files.delete(`/etc/systemd/network/${path}.network`);
  system.put('/etc/systemd/network/80-all.network', '[Match]\nName=eth*\n\n[Network]\nDHCP=ipv4\n');
}

describe.each(clouds)('$name', ({ recording, primary, second, lie }) => {
  // The fake networkd and NetworkManager know no DHCP of ENIs.
  const backends = travels.map(({ backend }) => backend);
  const those = backends.filter(name => recording.provider !== 'jdcloud' || name === 'ifupdown');
  describe.each(those)('%s', backend => {
    test('another primary than before is not believed while the old one carries the machine', async () => {
      const machine = await make({ recording, backend });
      if (backend === 'networkd') layCatchAll(machine);
      machine.reboot();
      await onceOk(machine);
      const before = machine.picture();
      lie(machine);
      const { code, err } = await once(machine);
      expect(code, err).toBe(1);
      expect(err).toContain('metadata-invalid');
      expect(err).toContain(`${second} as the primary ENI`);
      expect(err).toContain(primary);
      expect(err).toContain('once --force');
      expect(machine.picture()).toEqual(before);
      machine.metadata.replace(recording);
      await expectIdle(machine);
    });
  });

  const takenOver = async () => {
    const machine = await make({ recording, backend: 'networkd' });
    layCatchAll(machine);
    machine.reboot();
    const untouched = machine.picture();
    lie(machine);
    await onceOk(machine);
    expect(machine.system.files.has('/etc/systemd/network/07-eni-eth0.network')).toBe(true);
    expect(defaultLinks(machine)).toEqual(['eth1']);
    machine.metadata.replace(recording);
    return { machine, untouched };
  };
  const expectHealed = async (machine: Machine, untouched: Picture) => {
    expect(machine.system.files.has('/etc/systemd/network/07-eni-eth0.network')).toBe(false);
    expect(defaultLinks(machine)).toEqual(['eth0']);
    expect(ofPrimary(machine.picture())).toEqual(ofPrimary(untouched));
    expect(ownTraces(machine).some(line => / eth0|iif eth0/.test(line))).toBe(false);
    expect(machine.state().applied.map(eni => eni.link)).toEqual(['eth1']);
    await expectIdle(machine);
    // As a machine that has never heard the lie.
    const honest = await make({ recording, backend: 'networkd' });
    layCatchAll(honest);
    honest.reboot();
    await onceOk(honest);
    expect(comparable(machine)).toEqual(comparable(honest));
  };

  test.runIf(recording.provider !== 'jdcloud')(
    'what an earlier version has taken over comes back in one pass',
    async () => {
      const { machine, untouched } = await takenOver();
      const { primary: _, ...earlier } = machine.state();
      machine.system.put(statePath, JSON.stringify(earlier));
      await onceOk(machine);
      await expectHealed(machine, untouched);
    },
  );

  test.runIf(recording.provider !== 'jdcloud')(
    'and where nobody knew better at the first pass: with --force',
    async () => {
      const { machine, untouched } = await takenOver();
      const { code, err } = await once(machine);
      expect([code, err.includes(`${primary} as the primary ENI`)], err).toEqual([1, true]);
      await onceOk(machine, '--force');
      await expectHealed(machine, untouched);
    },
  );

  test.runIf(recording.provider !== 'jdcloud')('and rollback does not take it over again', async () => {
    const { machine, untouched } = await takenOver();
    await onceOk(machine, '--force');
    const before = machine.picture();
    machine.system.restart();
    const { code, err } = await machine.agent('rollback');
    expect([code, machine.picture()], err).toEqual([1, before]);
    expect(err).toContain('nothing-to-roll-back');
    await expectHealed(machine, untouched);
  });

  test.runIf(recording.provider === 'aws')(
    'killed at any step on the way, it comes back with the next pass',
    async () => {
      const { machine, untouched } = await takenOver();
      const { system } = machine;
      const { primary: _, ...earlier } = machine.state();
      system.put(statePath, JSON.stringify(earlier));
      const reset = system.snapshot();
      await onceOk(machine);
      const healed = machine.picture();
      const steps = system.steps.length;
      expect(steps).toBeGreaterThan(20);
      for (let step = 1; step <= steps; step++) {
        reset();
        system.crashBefore = step;
        await machine.agent('once');
        expect(system.isDead).toBe(true);
        const { code, out, err } = await once(machine);
        expect(code, `step ${step}: ${out}${err}`).toBe(0);
        expect(machine.picture(), `step ${step}`).toEqual(healed);
      }
      await expectHealed(machine, untouched);
    },
  );

  test('the daemon mends drift meanwhile, and goes on by itself', async () => {
    const { machine, daemon } = await startDaemon({ recording });
    await daemon.runFor(60_000);
    const before = machine.picture();
    lie(machine);
    machine.system.put('/run/eni-agent/triggers/a-user', '', 0o644);
    await daemon.runFor(10_000);
    expect(daemon.report()?.error?.message).toContain(`${second} as the primary ENI`);
    machine.system.sh('ip rule del priority 28000');
    await daemon.runFor(5000);
    expect(machine.picture()).toEqual(before);
    machine.metadata.replace(recording);
    await daemon.runFor(600_000);
    expect(daemon.report()?.error).toBeNull();
    expect(machine.picture()).toEqual(before);
  });
});
