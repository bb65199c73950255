// Somebody changes what is ours, in the kernel or on disk: the next pass mends it. Once per network service, as a service that has loaded
// a file does not look whether what it made of it is still there.
import { describe, expect, test } from 'vitest';
import type { Machine, MachineSpec, Picture } from '../support/fake-machine.ts';
import { awsTwoEnis, eth1Mac, expectIdle, onceOk, setAddresses, useMachines } from './story.ts';
import { travels } from './travels.ts';

const make = useMachines();

type Drift = readonly [string, (machine: Machine) => void];
const ifdown: Drift = ['the link set down and emptied', m => m.system.sh('ifdown eth1')];

describe.each(travels)('$backend', ({ backend, file }) => {
  const start = (spec: MachineSpec) => make({ ...spec, backend });

  const drifts: readonly Drift[] = [
    ['a rule deleted by hand', m => m.system.sh('ip -4 rule del priority 28600')],
    ['the table emptied', m => m.system.sh('ip -4 route flush table 28000')],
    ['a secondary address deleted', m => m.system.sh('ip addr del 172.31.40.11/32 dev eth1')],
    [
      'the only default of the table replaced',
      m => m.system.sh('ip -4 route replace default via 172.31.32.9 dev eth1 table 28000'),
    ],
    [
      'a rule of ours there twice',
      m => m.system.sh('ip -4 rule add from 172.31.32.0/20 iif lo lookup 28000 priority 28600 protocol 4'),
    ],
    // To delete it by its words is to delete ours: the kernel takes the first that fits, and no `iif` fits any.
    [
      'a copy of a rule of ours without its iif lo',
      m => m.system.sh('ip -4 rule add from 172.31.32.0/20 lookup 28000 priority 28600'),
    ],
    ['its subnet in main, by hand', m => m.system.sh('ip route add 172.31.32.0/20 dev eth1')],
    ['an owned file edited', m => edit(m, text => text.replace('172.31.40.11', '172.31.40.77'))],
    ['an owned file emptied but for its first line', m => edit(m, text => `${text.split('\n')[0]}\n`)],
    ['an owned file deleted', m => void m.system.files.delete(file)],
    ['all addresses flushed', m => m.system.sh('ip addr flush dev eth1')],
    ['the link set down', m => m.system.sh('ip link set dev eth1 down')],
    ...(backend === 'ifupdown' ? [ifdown] : []),
    [
      'a route of a former plan left in the table',
      m => m.system.sh('ip -4 route add 172.31.0.0/16 dev eth1 table 28000'),
    ],
  ];
  // Wrong on networkd: a reload of a file that is as it was does nothing, and addUnloaded() (agent/apply/perform.ts) adds addresses, routes
  // and rules but sets no link up. The routes are refused, and each pass ends in a rollback. (The fake's view; not tried on a real one.)
  const isBroken = (name: string) => backend === 'networkd' && name === 'the link set down';

  test.each(drifts.filter(([name]) => !isBroken(name)))('%s', (_name, drift) => expectMended(drift));
  const broken = drifts.filter(([name]) => isBroken(name));
  if (broken.length > 0) test.fails.each(broken)('%s', (_name, drift) => expectMended(drift));

  async function expectMended(drift: (machine: Machine) => void): Promise<void> {
    const { machine, good } = await settled();
    drift(machine);
    expect(machine.picture()).not.toEqual(good);
    await onceOk(machine);
    expect(machine.picture()).toEqual(good);
    await expectIdle(machine);
  }

  function edit(machine: Machine, change: (text: string) => string): void {
    machine.system.put(file, change(machine.system.files.get(file)!.content));
  }

  /** A machine with one ENI of two addresses, configured and at rest. */
  async function settled(): Promise<{ readonly machine: Machine; readonly good: Picture }> {
    const machine = await start({ recording: awsTwoEnis });
    setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.11');
    await onceOk(machine);
    return { machine, good: machine.picture() };
  }
});
