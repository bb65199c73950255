// A daemon is started anew where the metadata asks for something that the machine cannot take. Nothing has worked under this daemon yet: it
// tells all the same of every ENI how it is, and still no default route by an ENI stays.
import { describe, expect, test } from 'vitest';
import { statePath } from '../../agent/apply/state-file.ts';
import { retrySeconds } from '../../agent/daemon/timing/schedule.ts';
import { strictPicture } from '../support/strict-picture.ts';
import { type Life, useDaemons } from './daemon-story.ts';
import { addressesOf, awsTwoSecondaries, eth1Mac, setAddresses } from './story.ts';
import { type TravelCase, travels } from './travels.ts';

const start = useDaemons();
const added = '172.31.40.12';
/** The longest wait between two tries, with its jitter. */
const retryMs = retrySeconds.at(-1)! * 1150;

describe.each(travels)('$backend', travel => {
  test('each ENI is told by its name, those that work as well', async () => {
    const { machine, daemon } = await restarted(travel);
    const failed = [
      { link: 'eth1', eniId: expect.any(String), state: 'failed' },
      { link: 'eth2', eniId: expect.any(String), state: 'working' },
    ];
    expect(daemon.report()).toMatchObject({
      error: { code: expect.any(String) },
      notAsPlanned: [eth1Mac],
      enis: failed,
    });
    await daemon.runFor(600_000);
    expect(daemon.report().enis).toMatchObject(failed);
    machine.system.heal();
    await daemon.runFor(retryMs);
    expect(addressesOf(machine, 'eth1')).toContain(`${added}/32`);
    expect(daemon.report()).toMatchObject({
      error: null,
      enis: [{ state: 'working' }, { state: 'working' }],
    });
  });

  test('a default route in main by an ENI goes at once', async () => {
    const { machine, daemon } = await restarted(travel);
    for (const link of ['eth1', 'eth2']) {
      machine.system.sh(`ip route add default via 172.31.32.1 dev ${link} onlink metric 5`);
      await daemon.runFor(1000);
      const { routes } = machine.system.kernel;
      const defaults = routes.filter(r => r.table === 254 && r.destination === '0.0.0.0/0');
      expect(defaults).toMatchObject([{ link: 'eth0' }]);
    }
  });

  test.each([
    ['as it was', undefined],
    ['garbage by then', '}{'],
  ])('one by an ENI that could not be made ours stays, with the state file %s', async (_name, state) => {
    const { machine, daemon } = await start({
      recording: awsTwoSecondaries,
      backend: travel.backend,
      unplugged: true,
    });
    machine.system.fail(travel.bringsUp, 'the service is stopped', 1000);
    machine.attach(eth1Mac, 'eth1');
    await daemon.runFor(20_000);
    expect(daemon.report().mood).toBe('failing');
    if (state !== undefined) machine.system.put(statePath, state);
    machine.system.sh('ip link set dev eth1 up');
    machine.system.sh('ip route add default via 172.31.32.1 dev eth1 onlink metric 5');
    await daemon.runFor(2000);
    const { routes } = machine.system.kernel;
    expect(routes.filter(r => r.table === 254 && r.destination === '0.0.0.0/0').map(r => r.link)).toContain(
      'eth1',
    );
  });
});

async function restarted({ backend, changes }: TravelCase): Promise<Life> {
  const spec = { recording: awsTwoSecondaries, backend };
  const { machine, daemon } = await start(spec);
  await daemon.runFor(600_000);
  await daemon.stop();
  const { lines } = await strictPicture(machine);
  setAddresses(machine, eth1Mac, '172.31.40.10', added);
  machine.system.fail(changes, 'the service is stopped', 1000);
  const life = await start({ ...spec, machine });
  await life.daemon.runFor(5000);
  expect((await strictPicture(machine)).lines).toEqual(lines);
  return life;
}
