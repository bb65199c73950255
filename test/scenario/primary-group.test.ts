// The link group of the primary through the life of a machine: the one thing of it that is ever set. Once per network service.
import { describe, expect, test } from 'vitest';
import type { Machine, MachineSpec } from '../support/fake-machine.ts';
import { awsTwoEnis, eth1Mac, expectIdle, onceOk, unlist, useMachines } from './story.ts';
import { travels } from './travels.ts';

const make = useMachines();
const rule = '/etc/udev/rules.d/70-eni-agent-primary.rules';
const groupOf = ({ system }: Machine) => system.kernel.link('eth0').group;
const hasRule = ({ system }: Machine) => system.files.has(rule);
const inGroup = (machine: Machine) => [groupOf(machine), hasRule(machine)];
const setsGroup = /^run ip link set dev eth0 group/;

describe.each(travels)('$backend', travel => {
  const start = (spec: MachineSpec) => make({ ...spec, backend: travel.backend });

  test('is set at the first apply, kept, there again after a boot, and goes with the last ENI', async () => {
    const machine = await start({ recording: awsTwoEnis });
    expect(inGroup(machine)).toEqual([0, false]);
    await onceOk(machine);
    expect(inGroup(machine)).toEqual([28_000, true]);
    expect(machine.system.files.get(rule)!.content).toContain('ATTR{address}=="0a:75:69:92:e2:10"');
    await expectIdle(machine);
    machine.system.reboot();
    expect(groupOf(machine)).toBe(28_000);
    unlist(machine, eth1Mac);
    await onceOk(machine);
    expect(inGroup(machine)).toEqual([0, false]);
    // As long as a rule asks for it, it is there.
    const { journal } = machine.system;
    const takenBack = journal.indexOf('run ip link set dev eth0 group 0');
    expect(takenBack).toBeGreaterThan(journal.findLastIndex(line => line.startsWith('run ip -')));
    expect(journal.slice(takenBack).filter(line => line.includes('eth1'))).toEqual([]);
    await expectIdle(machine);
  });

  test('is set again where somebody has taken it away', async () => {
    const machine = await start({ recording: awsTwoEnis });
    await onceOk(machine);
    const before = machine.picture();
    machine.system.sh('ip link set dev eth0 group 0');
    await onceOk(machine);
    expect(groupOf(machine)).toBe(28_000);
    // And nothing else is touched for it.
    expect(machine.picture()).toEqual(before);
    const { journal } = machine.system;
    expect(journal.filter(line => line.startsWith('run '))).toEqual(['run ip link set dev eth0 group 28000']);
  });

  test('remove never sets it, and leaves a primary that has lost it as it is', async () => {
    const machine = await start({ recording: awsTwoEnis });
    await onceOk(machine);
    machine.system.sh('ip link set dev eth0 group 0');
    machine.system.restart();
    expect((await machine.agent('remove')).code).toBe(0);
    expect(inGroup(machine)).toEqual([0, false]);
    expect(machine.system.journal.filter(line => setsGroup.test(line))).toEqual([]);
  });

  test('plan says that it is missing, and changes nothing', async () => {
    const machine = await start({ recording: awsTwoEnis });
    await onceOk(machine);
    machine.system.sh('ip link set dev eth0 group 0');
    machine.system.restart();
    const { code, out } = await machine.agent('plan');
    expect([code, groupOf(machine)]).toEqual([2, 0]);
    expect(out).toContain('  ip link set dev eth0 group 28000\n');
  });

  test('somebody’s own group stays, and there is no rule', async () => {
    const machine = await start({ recording: awsTwoEnis });
    machine.system.sh('ip link set dev eth0 group 7');
    await onceOk(machine);
    expect(inGroup(machine)).toEqual([7, false]);
    await expectIdle(machine);
    expect((await machine.agent('remove')).code).toBe(0);
    expect(groupOf(machine)).toBe(7);
  });

  test('is taken back with a first apply that fails, and by remove', async () => {
    const machine = await start({ recording: awsTwoEnis });
    machine.system.fail(travel.bringsUp, 'no');
    machine.system.restart();
    expect((await machine.agent('once')).code).toBe(1);
    expect(inGroup(machine)).toEqual([0, false]);
    await onceOk(machine);
    expect(inGroup(machine)).toEqual([28_000, true]);
    machine.system.restart();
    expect((await machine.agent('remove')).code).toBe(0);
    expect(inGroup(machine)).toEqual([0, false]);
  });

  test('is taken back by a rollback by hand', async () => {
    const machine = await start({ recording: awsTwoEnis });
    await onceOk(machine);
    machine.system.restart();
    expect((await machine.agent('rollback')).code).toBe(0);
    expect(inGroup(machine)).toEqual([0, false]);
  });

  test('cannot be set: a warning, and the ENI works all the same', async () => {
    const machine = await start({ recording: awsTwoEnis });
    machine.system.fail(setsGroup, 'Operation not supported');
    machine.system.restart();
    const { code, err } = await machine.agent('once');
    expect([code, groupOf(machine)]).toEqual([0, 0]);
    expect(err).toContain('cannot put the primary into its link group');
    await onceOk(machine);
    expect(groupOf(machine)).toBe(28_000);
  });

  test('a state file of the first edition: the rules change their form, and the group comes', async () => {
    const machine = await start({ recording: awsTwoEnis });
    await onceOk(machine);
    const state = machine.system.files.get('/var/lib/eni-agent/state.json')!;
    const old = JSON.parse(state.content) as { applied: { rules: Record<string, unknown>[] }[] };
    for (const eni of old.applied) {
      eni.rules = [
        {
          from: '172.31.32.0/20',
          to: '172.31.16.0/20',
          localOnly: true,
          table: 28_000,
          priority: 28_000,
          suppressDefault: false,
        },
        { from: '172.31.32.0/20', localOnly: false, table: 254, priority: 28_300, suppressDefault: true },
        { from: '172.31.32.0/20', localOnly: true, table: 28_000, priority: 28_600, suppressDefault: false },
      ].map(r => ({ family: 4, ...r }));
    }
    machine.system.put('/var/lib/eni-agent/state.json', JSON.stringify(old), state.mode);
    for (const priority of [28_000, 28_300, 28_600, 33_000])
      machine.system.sh(`ip -4 rule del priority ${priority}`);
    for (const words of [
      'from 172.31.32.0/20 to 172.31.16.0/20 iif lo lookup 28000 priority 28000',
      'from 172.31.32.0/20 lookup 254 suppress_prefixlength 0 priority 28300',
      'from 172.31.32.0/20 iif lo lookup 28000 priority 28600',
    ])
      machine.system.sh(`ip -4 rule add ${words}`);
    machine.system.sh('ip link set dev eth0 group 0');
    machine.system.files.delete(rule);
    await onceOk(machine);
    const own = machine.system.kernel.rules.filter(
      r =>
        r.priority >= 27_700 && (r.priority < 28_900 || r.priority === 33_000) && r.selectors === undefined,
    );
    expect(own.map(r => [r.priority, r.to, r.oif, r.suppressPrefixLength, r.suppressGroup])).toEqual([
      [28_000, undefined, undefined, 0, undefined],
      [28_300, undefined, undefined, 0, 28_000],
      [28_600, undefined, undefined, undefined, undefined],
      [33_000, undefined, 'eth1', undefined, undefined],
    ]);
    expect(inGroup(machine)).toEqual([28_000, true]);
    await expectIdle(machine);
  });
});

test('a purge without the program takes it back', async () => {
  const machine = await make({ recording: awsTwoEnis });
  await onceOk(machine);
  const { code, out } = await machine.agent('remove', '--script');
  expect(code).toBe(0);
  expect(out).toContain(rule);
  expect(out).toMatch(/'28000 0a:75:69:92:e2:10'\) ip link set dev "\$\{link##\*\/\}" group 0 ;;$/m);
});
