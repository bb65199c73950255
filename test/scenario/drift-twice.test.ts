// A second change while the repair of a first one is under way: the same pass mends it as well. What a service was to do and did not is no
// such change, and neither is a fight: both end as they do without it.
import { describe, expect, test } from 'vitest';
import type { Machine, MachineSpec, Picture } from '../support/fake-machine.ts';
import { awsTwoEnis, eth1Mac, expectIdle, once, onceOk, setAddresses, useMachines } from './story.ts';
import { travels } from './travels.ts';

const make = useMachines();
const rule = 'ip -4 rule del priority 28600';
const leak = 'ip route add default via 172.31.32.1 dev eth1 onlink metric 100 proto dhcp';

describe.each(travels)('$backend', ({ backend, changes }) => {
  const start = (spec: MachineSpec) => make({ ...spec, backend });

  test.each([
    ['a rule', rule],
    ['its default route', 'ip -4 route del default dev eth1 table 28000'],
    ['its other address', 'ip addr del 172.31.40.10/32 dev eth1'],
    ['the very address that was put back', 'ip addr del 172.31.40.11/32 dev eth1'],
    ['a default route in main, by a renewal', leak],
    ['a route of nobody in its table', 'ip -4 route add 172.31.0.0/16 dev eth1 table 28000'],
  ])('an address is put back, and at that moment %s changes: one pass', async (_name, line) => {
    const { machine, good } = await settled();
    machine.system.interfere(afterRepair(() => machine.system.sh(line), 1));
    machine.system.sh('ip addr del 172.31.40.11/32 dev eth1');
    const began = machine.system.now();
    await onceOk(machine);
    expect(machine.system.now() - began).toBeLessThan(5000);
    expect(machine.picture()).toEqual(good);
    await expectIdle(machine);
  });

  test('a default route in main by hand, and nothing else: taken away', async () => {
    const { machine, good } = await settled();
    machine.system.sh('ip route add default via 172.31.32.1 dev eth1 onlink metric 900');
    await onceOk(machine);
    expect(machine.picture()).toEqual(good);
    await expectIdle(machine);
  });

  test.each([
    [
      'a rule that goes whenever it is there',
      rule,
      /(ip|nmcli) .*(priority 28600|reapply)/,
      'missing: rule 4 28600',
    ],
    [
      'a default route in main that comes whenever it has gone',
      leak,
      /(ip|nmcli) .*(route del 0\.0\.0\.0|reapply)/,
      'default route in main by eth1',
    ],
  ])('%s: no repair holds, and it says so', async (_name, line, undoing, words) => {
    const { machine } = await settled();
    const { system } = machine;
    const act = () => {
      const isThere = system.kernel.describe().some(text => /28600/.test(text) || line === leak);
      if (isThere) system.sh(line);
    };
    system.interfere({ match: new RegExp(`^run ${undoing.source}`), when: 'after', act });
    act();
    const { code, err } = await machine.agent('once');
    expect(code).toBe(1);
    expect(err).toContain(words);
  });

  // On ifupdown the agent itself makes such a change.
  if (backend !== 'ifupdown')
    test('what the service takes away when it loads a change is its failure', async () => {
      const { machine, good } = await settled();
      setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.11', '172.31.40.12');
      const act = () => machine.system.sh(rule);
      machine.system.interfere({ match: changes, when: 'after', times: 1, act });
      const { code, err } = await once(machine);
      expect(code).toBe(1);
      expect(err).toContain('missing: rule 4 28600');
      expect(machine.picture()).toEqual(good);
    });

  /** A machine with one ENI of two addresses, configured and at rest. */
  async function settled(): Promise<{ readonly machine: Machine; readonly good: Picture }> {
    const machine = await start({ recording: awsTwoEnis });
    setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.11');
    await onceOk(machine);
    return { machine, good: machine.picture() };
  }
});

/** The moment at which the agent, or the service, has put the address back. */
function afterRepair(act: () => void, times: number) {
  return { match: /addr add 172\.31\.40\.11|device reapply/, when: 'after' as const, times, act };
}
