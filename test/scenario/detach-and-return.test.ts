// An ENI goes, with its link or without, and comes back: under another name, or by a reboot. Once per network service.
import { describe, expect, test } from 'vitest';
import type { MachineSpec } from '../support/fake-machine.ts';
import {
  awsDualStack,
  awsTwoEnis,
  eth1Mac,
  expectIdle,
  leavesBy,
  once,
  onceOk,
  ownTraces,
  unlist,
  useMachines,
} from './story.ts';
import { travels } from './travels.ts';

const make = useMachines();

describe.each(travels)('$backend', ({ backend, file, takesDown, bringsUp }) => {
  const start = (spec: MachineSpec) => make({ ...spec, backend });
  const mode = file.endsWith('.nmconnection') ? '600' : '644';

  test.each([
    ['the link gone with it', true],
    ['the link still there', false],
  ])('a detached ENI, %s: nothing of ours is left, nothing else is missing', async (_name, linkGone) => {
    const machine = await start({ recording: awsTwoEnis });
    const before = machine.picture();
    await onceOk(machine);
    unlist(machine, eth1Mac);
    if (linkGone) machine.detach('eth1');
    await onceOk(machine);
    expect(machine.system.journal.filter(line => takesDown.test(line))).toHaveLength(1);
    expect(ownTraces(machine)).toEqual([]);
    const after = machine.picture();
    expect(after.files).toEqual(before.files);
    const isLink = (line: string) => line.startsWith('link eth1 ');
    expect(after.kernel).toEqual(before.kernel.filter(line => !linkGone || !isLink(line)));
    expect(machine.state().applied).toEqual([]);
    await expectIdle(machine);
  });

  test('the link goes before the metadata says so: the ENI waits as it is, and is back when the link is', async () => {
    const machine = await start({ recording: awsTwoEnis });
    await onceOk(machine);
    machine.detach('eth1');
    const waiting = await once(machine);
    expect(waiting.code).toBe(2);
    expect(waiting.out).toContain('no link has this MAC');
    expect(machine.files()).toHaveProperty([`${file} ${mode}`]);
    await expectIdle(machine, 2);
    machine.attach(eth1Mac, 'eth1');
    await onceOk(machine);
    // The services configure a link that comes back by themselves.
    expect(machine.system.journal.filter(line => bringsUp.test(line))).toHaveLength(
      backend === 'ifupdown' ? 1 : 0,
    );
    expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth1');
    await expectIdle(machine);
  });

  test('a link that was renamed takes its configuration along', async () => {
    const machine = await start({ recording: awsTwoEnis });
    await onceOk(machine);
    machine.detach('eth1');
    machine.attach(eth1Mac, 'ens6');
    await onceOk(machine);
    expect(
      Object.keys(machine.files()).filter(
        path => /\beni-e\w+(\.|$| )/.test(path) && !path.includes('/dispatcher.d/'),
      ),
    ).toEqual([`${file.replace('eth1', 'ens6')} ${mode}`]);
    expect(leavesBy(machine.system, '172.31.40.10')).toBe('ens6');
    await expectIdle(machine);
  });

  test('after a reboot the files alone bring everything back, and the agent finds nothing to do', async () => {
    const machine = await start({ recording: awsDualStack });
    await onceOk(machine);
    const kernel = machine.system.kernel.describe();
    machine.reboot();
    expect(machine.system.kernel.describe()).toEqual(kernel);
    await once(machine);
    // The runtime directory is empty after a boot: tools and kernel are probed once more.
    expect(machine.system.journal).toEqual([
      'write /run/eni-agent/tool-versions.json',
      'write /run/eni-agent/kernel-probe.json',
    ]);
    await expectIdle(machine);
  });
});
