// What the agent remembers belongs to one instance: the disk of another machine brings its state along (an image, a snapshot, a clone), and
// a daemon that runs may wake up as another instance.
import { describe, expect, test } from 'vitest';
import { statePath } from '../../agent/apply/state-file.ts';
import { instanceIdPath } from '../../agent/metadata/clouds/mac-tree.ts';
import type { Machine } from '../support/fake-machine.ts';
import { type Life, useDaemons } from './daemon-story.ts';
import { addressesOf, awsTwoEnis, eth1Mac, leavesBy, once, ownTraces } from './story.ts';

const start = useDaemons();
const otherId = 'i-0bbbbbbbbbbbbbbbb';
const otherMac = '0a:99:99:99:99:99';
const file = '/etc/network/interfaces.d/60-eni-eth1';

/** The disk as the other machine left it: its id, its MAC, its addresses; then the boot. */
async function cloneOfOther(machine: Machine): Promise<void> {
  await once(machine);
  const change = (path: string) =>
    machine.system.put(
      path,
      machine.system.files
        .get(path)!
        .content.replaceAll(eth1Mac, otherMac)
        .replaceAll('172.31.40.', '172.31.47.')
        .replaceAll('i-0af01c0123456789a', otherId),
    );
  change(statePath);
  change(file);
  // An ENI that was at the other machine once, in another slot.
  machine.system.put(
    statePath,
    JSON.stringify({ ...machine.state(), slots: { [otherMac]: 0, [eth1Mac]: 7 } }),
  );
  machine.reboot();
}

describe('the state of another instance is on the disk', () => {
  test('its files and addresses go, its slots do not count, ours come', async () => {
    const life = await start({ recording: awsTwoEnis, prepare: cloneOfOther });
    const { machine, daemon } = life;
    // The stanza is that of another MAC: no boot loads it.
    expect(addressesOf(machine, 'eth1')).toEqual([]);
    await daemon.runFor(1000);
    expect(addressesOf(machine, 'eth1')).toEqual(['172.31.40.10/32']);
    expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth1');
    expect(machine.state()).toMatchObject({ instanceId: 'i-0af01c0123456789a', slots: { [eth1Mac]: 0 } });
    expect(machine.system.files.get(statePath)!.content).not.toContain(otherMac);
    await expectQuiet(life);
  });

  test('the metadata does not answer at first: nothing changes before it does', async () => {
    const { machine, daemon, service } = await start({ recording: awsTwoEnis, prepare: cloneOfOther });
    const cloned = machine.picture();
    service.fault = () => ({ status: 503, body: '' });
    await daemon.runFor(40_000);
    expect(machine.picture()).toEqual(cloned);
    expect(daemon.report()).toMatchObject({ mood: 'failing', metadata: { state: 'failing' } });
    expect(daemon.report().metadata.answeredAt).toBeUndefined();
    service.fault = undefined;
    await daemon.runFor(40_000);
    expect(addressesOf(machine, 'eth1')).toEqual(['172.31.40.10/32']);
  });

  test('without any ENI here: all of the other machine’s goes', async () => {
    const { machine, daemon } = await start({
      recording: awsTwoEnis,
      prepare: async m => {
        await cloneOfOther(m);
        m.metadata.remove(`/latest/meta-data/network/interfaces/macs/${eth1Mac}/`);
        m.detach('eth1');
      },
    });
    await daemon.runFor(1000);
    expect(ownTraces(machine)).toEqual([]);
    expect(machine.system.files.has(file)).toBe(false);
  });
});

test('the instance id changes while nothing else does: nothing changes on the machine but the id in the state', async () => {
  const life = await start({ recording: awsTwoEnis });
  const { machine, daemon } = life;
  await daemon.runFor(300_000);
  const good = machine.picture();
  machine.metadata.set(instanceIdPath, otherId);
  machine.system.put('/run/eni-agent/triggers/x', '');
  await daemon.runFor(5000);
  expect(machine.picture()).toEqual(good);
  expect(machine.state()).toMatchObject({ instanceId: otherId, slots: { [eth1Mac]: 0 } });
  await expectQuiet(life);
});

test('the state file is lost while the daemon runs: made anew, nothing else', async () => {
  const { machine, daemon } = await start({ recording: awsTwoEnis });
  await daemon.runFor(300_000);
  const [good, state] = [machine.picture(), machine.state()];
  machine.system.files.delete(statePath);
  machine.system.put('/run/eni-agent/triggers/x', '');
  await daemon.runFor(0);
  expect(machine.picture()).toEqual(good);
  // What the take-over took is known by that file alone.
  expect(machine.state()).toEqual({ ...state, taken: {} });
});

test('the state file is garbage: one warning, it is put aside, and nothing changes', async () => {
  const { machine, daemon } = await start({ recording: awsTwoEnis });
  await daemon.runFor(300_000);
  const good = machine.picture();
  machine.system.put(statePath, 'oops{');
  machine.system.put('/run/eni-agent/triggers/x', '');
  await daemon.runFor(100_000);
  const aside = machine.system.files.get(`${statePath}.broken`);
  machine.system.files.delete(`${statePath}.broken`);
  expect(machine.picture()).toEqual(good);
  expect(daemon.report().error).toBeNull();
  expect(daemon.log.filter(line => /^(error|warn)/.test(line))).toEqual([
    expect.stringContaining('put aside'),
  ]);
  expect(aside?.content).toBe('oops{');
  await daemon.runFor(400_000);
  expect(daemon.report().error).toBeNull();
  expect(machine.picture()).toEqual(good);
});

async function expectQuiet({ machine, daemon }: Life): Promise<void> {
  const good = machine.picture();
  const { length } = daemon.changes;
  await daemon.runFor(700_000);
  expect(machine.picture()).toEqual(good);
  expect(daemon.changes).toHaveLength(length);
  expect(daemon.report()).toMatchObject({ mood: 'quiet', error: null, waitingFor: [] });
}
