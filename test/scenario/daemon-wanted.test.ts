// What the metadata has said and the machine could not take stays wanted, and failed, until it is applied or replaced: whatever else
// happens meanwhile, each monitor says so.
import { describe, expect, test } from 'vitest';
import { useDaemons } from './daemon-story.ts';
import { addressesOf, awsTwoEnis, eth1Mac, setAddresses } from './story.ts';
import { travels } from './travels.ts';

const start = useDaemons();

describe.each(travels)('$backend', travel => {
  /** An address is assigned, and the service does not do what it is told. */
  async function failed() {
    const life = await start({ recording: awsTwoEnis, backend: travel.backend });
    const { machine, daemon } = life;
    await daemon.runFor(600_000);
    setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
    machine.system.fail(travel.changes, 'the service is stopped', 1000);
    await daemon.runFor(70_000);
    expect(daemon.report().error).not.toBeNull();
    return life;
  }
  const says = { mood: 'failing', enis: [{ mac: eth1Mac, state: 'failed' }] };

  test('a file event does not make it forget', async () => {
    const { machine, daemon } = await failed();
    machine.system.put(`${travel.file.slice(0, travel.file.lastIndexOf('/'))}/99-other`, '# a note\n');
    await daemon.runFor(2000);
    expect(daemon.report()).toMatchObject(says);
    expect(daemon.report().error).not.toBeNull();
    machine.system.heal();
    await daemon.runFor(700_000);
    expect(addressesOf(machine, 'eth1')).toContain('172.31.40.12/32');
    expect(daemon.report()).toMatchObject({ error: null, enis: [{ state: 'working' }] });
  });

  test('nor does a repair', async () => {
    const { machine, daemon } = await failed();
    const [rule] = machine.system.kernel.rules.filter(r => r.priority >= 28_600 && r.priority < 28_700);
    machine.system.kernel.rules.splice(machine.system.kernel.rules.indexOf(rule!), 1);
    await daemon.runFor(2000);
    expect(daemon.report()).toMatchObject(says);
    expect(daemon.report().error).not.toBeNull();
  });

  test('the cloud takes it back: nothing is wanted any more', async () => {
    const { machine, daemon } = await failed();
    setAddresses(machine, eth1Mac, '172.31.40.10');
    machine.system.heal();
    await daemon.runFor(700_000);
    expect(daemon.report()).toMatchObject({ error: null, enis: [{ state: 'working' }] });
  });
});
