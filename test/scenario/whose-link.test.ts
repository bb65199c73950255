// A link that is somebody's by what is in the kernel: a port of a bridge, a default route that was added by hand, a name that cannot stand in a
// file. Before anything is tried that ENI is left alone, and the others are served.
import { describe, expect, test } from 'vitest';
import { strangersOf } from '../../agent/pass/claims-on.ts';
import { useDaemons } from './daemon-story.ts';
import { addressesOf, awsTwoSecondaries, once, onceOk, useMachines } from './story.ts';
import { travels } from './travels.ts';

const start = useMachines();
const startDaemon = useDaemons();
const byHand = 'ip route add default via 172.31.32.1 dev eth1 onlink metric 1001';

describe.each(travels)('on $backend', ({ backend, file }) => {
  const spec = { recording: awsTwoSecondaries, backend };

  test('a port of a bridge is held, and comes back when it is free', async () => {
    const { machine, daemon } = await startDaemon(spec);
    const { system } = machine;
    await daemon.runFor(60_000);
    const before = system.files.get(file)!.content;
    system.journal.length = 0;
    system.kernel.addLink({ name: 'br0', kind: 'bridge', mac: system.kernel.link('eth1').mac, up: true });
    system.kernel.link('eth1').master = 'br0';
    await daemon.runFor(600_000);
    expect(system.journal.filter(line => !line.startsWith('write /run/eni-agent/'))).toEqual([]);
    expect(system.files.get(file)!.content).toBe(before);
    expect(daemon.report()).toMatchObject({
      error: null,
      enis: [{ state: 'working' }, { state: 'left-alone', reason: 'port' }],
    });
    system.kernel.link('eth1').master = undefined;
    await daemon.runFor(600_000);
    expect(daemon.report().enis.map(eni => eni.state)).toEqual(['working', 'working']);
  });

  test('one that was a port from the start is not touched', async () => {
    const machine = await start(spec);
    machine.system.kernel.link('eth1').master = 'bond0';
    await onceOk(machine);
    expect(addressesOf(machine, 'eth1')).toEqual([]);
    expect(machine.system.files.has(file)).toBe(false);
    expect(addressesOf(machine, 'eth2')).not.toEqual([]);
  });

  test('a default route that was added by hand is named, and the other ENI works', async () => {
    const machine = await start(spec);
    machine.system.sh('ip link set dev eth1 up');
    machine.system.sh(byHand);
    machine.system.put('/etc/rc.local', `#!/bin/sh\n${byHand}\nip rule add from 172.31.40.10 lookup 1001\n`);
    const outcome = await once(machine);
    expect(outcome.code).toBe(2);
    expect(outcome.out).toContain(
      'the default route "default via 172.31.32.1 dev eth1 metric 1001 onlink" in main',
    );
    expect(outcome.out).toContain('ip route del default via 172.31.32.1 dev eth1 metric 1001 onlink');
    expect(outcome.out).toContain('what adds it at boot (/etc/rc.local:2)');
    expect(machine.system.files.has(file)).toBe(false);
    expect(addressesOf(machine, 'eth2')).not.toEqual([]);
    expect(machine.system.journal.join('\n')).not.toMatch(/eth1/);
    machine.system.sh(byHand.replace('add', 'del'));
    await onceOk(machine);
    expect(addressesOf(machine, 'eth1')).not.toEqual([]);
  });

  test('a bridge whose name cannot stand in a file concerns nobody', async () => {
    const machine = await start(spec);
    machine.system.kernel.addLink({ name: 'wg+0', kind: 'bridge', mac: '02:00:00:00:00:aa', up: true });
    await onceOk(machine);
    expect((await machine.agent('status')).code).toBe(0);
  });
});

test('a file that is no YAML keeps us from a new ENI, and makes us give up none that works', () => {
  const unknown = { path: '/etc/netplan/x.yaml', text: 'cannot be read', of: 'unknown' } as const;
  const image = { path: '/etc/netplan/y.yaml', text: 'fits eth1', of: 'image' } as const;
  expect(strangersOf([unknown, image], false)).toEqual([unknown]);
  expect(strangersOf([unknown, image], true)).toEqual([]);
  const specific = { path: '/etc/netplan/z.yaml', text: 'fits eth1' };
  expect(strangersOf([unknown, specific], true)).toEqual([specific]);
});
