// The machine changes without us: somebody deletes a rule, edits an owned file, sets a link down, loses the state file, or makes a
// new machine of an image of this one. The next pass takes nothing that is not ours; what it mends is in drift-mended.test.ts.
import { describe, expect, test } from 'vitest';
import type { Machine, Picture } from '../support/fake-machine.ts';
import {
  addressesOf,
  awsTwoEnis,
  awsTwoSecondaries,
  eth1Mac,
  expectIdle,
  leavesBy,
  once,
  onceOk,
  setAddresses,
  unlist,
  useMachines,
} from './story.ts';

const start = useMachines();
const file = '/etc/network/interfaces.d/60-eni-eth1';
const statePath = '/var/lib/eni-agent/state.json';

test('an owned file that lost our first line is somebody else’s now: left alone, with the ENI as it is', async () => {
  const { machine, good } = await settled();
  const text = machine.system.files.get(file)!.content.split('\n').slice(1).join('\n');
  machine.system.put(file, text);
  expect((await once(machine)).code).toBe(2);
  expect(machine.system.files.get(file)!.content).toBe(text);
  expect(machine.picture().kernel).toEqual(good.kernel);
  await expectIdle(machine, 2);
});

test('our file was deleted by hand, then the ENI is detached: the kernel is cleaned all the same', async () => {
  const machine = await start({ recording: awsTwoEnis });
  const before = machine.picture();
  await onceOk(machine);
  machine.system.files.delete(file);
  unlist(machine, eth1Mac);
  machine.detach('eth1');
  await onceOk(machine);
  expect(machine.picture().kernel).toEqual(before.kernel.filter(line => line !== 'link eth1 down mtu 1500'));
  await expectIdle(machine);
});

test('a link that is set down is shown as not as planned, and not as left over', async () => {
  const { machine } = await settled();
  machine.system.sh('ip link set dev eth1 down');
  machine.system.restart();
  const outcome = await machine.agent('status');
  expect(outcome.code).toBe(2);
  expect(outcome.out).toContain('link eth1 is down');
  expect(outcome.out).not.toContain('left over');
});

// `ifdown` then says "unknown interface" (exit 1); if that ended the removal, it would fail for ever.
test('our file was deleted by hand, then the ENI is detached with its link still there', async () => {
  const machine = await start({ recording: awsTwoEnis });
  const before = machine.picture();
  await onceOk(machine);
  machine.system.files.delete(file);
  unlist(machine, eth1Mac);
  await onceOk(machine);
  expect(machine.picture().kernel.filter(line => !before.kernel.includes(line))).toEqual([
    'link eth1 up mtu 1500',
  ]);
});

describe('the state file', () => {
  test('lost: slots come back from the kernel, files are recognised, nothing else is written', async () => {
    const machine = await start({ recording: awsTwoSecondaries });
    await onceOk(machine);
    const state = machine.state();
    const good = machine.picture();
    machine.system.files.delete(statePath);
    await onceOk(machine);
    expect(machine.system.journal).toEqual([`write ${statePath}`]);
    // What the take-over took is known by that file alone.
    expect(machine.state()).toEqual({ ...state, taken: {} });
    expect(machine.picture()).toEqual(good);
    await expectIdle(machine);
  });

  test('lost, and the ENI gone as well: its file goes, by the marker in it', async () => {
    const machine = await start({ recording: awsTwoEnis });
    await onceOk(machine);
    machine.system.files.delete(statePath);
    unlist(machine, eth1Mac);
    machine.detach('eth1');
    await onceOk(machine);
    expect(machine.system.files.has(file)).toBe(false);
    await expectIdle(machine);
  });

  test.each([
    ['no JSON', 'oops{'],
    ['empty', ''],
    ['of a later version', '{"version": 2, "applied": [], "lastGood": []}'],
    ['half of one', '{"version": 1}'],
    ['nothing at all', 'null'],
    ['of other things', '{"version": 1, "applied": [{}], "lastGood": [null]}'],
    ['without a table', '{"version": 1, "applied": [], "lastGood": [], "slots": null}'],
    [
      'with a slot of no ENI',
      '{"version": 1, "applied": [], "lastGood": [], "slots": {"__proto__": 1, "x": 2}}',
    ],
    [
      'with a slot that is none',
      `{"version": 1, "applied": [], "lastGood": [], "slots": {"${eth1Mac}": -1}}`,
    ],
  ])('%s: who only looks says so, a pass puts it aside, and nothing is lost', async (_name, content) => {
    const { machine, good } = await settled();
    machine.system.put(statePath, content);
    const look = await machine.agent('plan');
    expect(look).toMatchObject({ code: 1, out: '' });
    expect(look.err).toMatch(/^eni-agent: cannot read .*state\.json: .*\n {2}state-unreadable: .*\n$/);
    expect(machine.system.files.get(statePath)?.content).toBe(content);
    const outcome = await once(machine);
    expect(outcome, outcome.err).toMatchObject({ code: 0 });
    expect(outcome.err.match(/put aside/g)).toHaveLength(1);
    expect(machine.system.files.get(`${statePath}.broken`)?.content).toBe(content);
    machine.system.files.delete(`${statePath}.broken`);
    expect(machine.picture()).toEqual(good);
    await expectIdle(machine);
  });

  test('of another machine (this one was made from its image): its slots and addresses are not believed', async () => {
    const { machine } = await settled();
    const state = machine.state();
    const foreign = {
      ...state,
      instanceId: 'i-0bbbbbbbbbbbbbbbb',
      slots: { [eth1Mac]: 7 },
      lastGood: state.lastGood.map(e =>
        e.primary ? e : { ...e, ipv4: { ...e.ipv4, addresses: { state: 'value', value: ['10.1.1.1'] } } },
      ),
      applied: [],
    };
    machine.system.files.delete(file);
    machine.reboot();
    machine.system.put(statePath, JSON.stringify(foreign));
    await onceOk(machine);
    expect(addressesOf(machine, 'eth1')).toEqual(['172.31.40.10/32', '172.31.40.11/32']);
    expect(machine.state()).toMatchObject({ instanceId: state.instanceId, slots: { [eth1Mac]: 0 } });
    await expectIdle(machine);
  });

  test('an image of another machine brings that machine’s ENIs: their files go, ours come', async () => {
    const other = '0a:99:99:99:99:99';
    const { machine } = await settled();
    // Everything as the other machine had it: its MAC in state and file, its addresses in the file.
    const rename = (text: string) => text.replaceAll(eth1Mac, other).replaceAll('172.31.40.', '172.31.47.');
    const state = rename(machine.system.files.get(statePath)!.content).replace(
      /i-0af\w+/,
      'i-0bbbbbbbbbbbbbbbb',
    );
    machine.system.put(file, rename(machine.system.files.get(file)!.content));
    machine.system.put(statePath, state);
    machine.reboot();
    // The stanza goes by the MAC, and no link has that one.
    expect(addressesOf(machine, 'eth1')).toEqual([]);
    await onceOk(machine);
    expect(addressesOf(machine, 'eth1')).toEqual(['172.31.40.10/32', '172.31.40.11/32']);
    expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth1');
    await expectIdle(machine);
  });
});

/** A machine with one ENI of two addresses, configured and at rest. */
async function settled(): Promise<{ readonly machine: Machine; readonly good: Picture }> {
  const machine = await start({ recording: awsTwoEnis });
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.11');
  await onceOk(machine);
  return { machine, good: machine.picture() };
}
