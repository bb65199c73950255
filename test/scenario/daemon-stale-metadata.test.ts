// The metadata falls back behind what it has said already: a 404 after success, a listing that forgets an ENI, an old answer after a detach.
import { describe, expect, test } from 'vitest';
import { answer, type Recording } from '../../agent/metadata/recording.ts';
import { loadRecording } from '../support/metadata-emulator-recordings.ts';
import { type Life, useDaemons } from './daemon-story.ts';
import { awsPath, eth1Mac, leavesBy, ownTraces, unlist } from './story.ts';

const start = useDaemons();

const [before, complete] = ['hot-plug-0-before', 'hot-plug-3-complete'].map(name =>
  loadRecording('aws', name),
) as [Recording, Recording];

describe('an answer that is older than what was known', () => {
  test('a key answers 404 once after success: nothing is taken away, and the reason is told', async () => {
    const { machine, daemon, service } = await settled();
    const good = machine.picture();
    let asked = 0;
    service.fault = path => {
      if (path !== awsPath(eth1Mac, 'local-ipv4s')) return undefined;
      asked += 1;
      return asked <= 2 ? { status: 404, body: '' } : undefined;
    };
    await daemon.runFor(70_000);
    expect(asked).toBeGreaterThan(2);
    expect(machine.picture()).toEqual(good);
    expect(daemon.report()).toMatchObject({ waitingFor: [], error: null });
    expect(daemon.changes).toHaveLength(1);
  });

  // The second reading is of the same look: what is new is read in full before anybody acts on it.
  test.each([1, 2])(
    'the listing lacks the ENI %i times, and not when that is to be confirmed',
    async times => {
      const { machine, daemon, service } = await settled();
      const good = machine.picture();
      let asked = 0;
      service.fault = path => {
        if (path !== awsPath('').slice(0, -1)) return undefined;
        asked += 1;
        return asked <= times ? answer(before, path) : undefined;
      };
      await daemon.runFor(150_000);
      expect(asked).toBeGreaterThan(times);
      expect(machine.picture()).toEqual(good);
      expect(daemon.changes).toHaveLength(1);
    },
  );

  test('and then the service fails: what is deleted meanwhile is put back at once all the same', async () => {
    const { machine, daemon, service } = await settled();
    const good = machine.picture();
    let asked = 0;
    service.fault = path => {
      if (path !== awsPath('').slice(0, -1)) return undefined;
      asked += 1;
      if (asked > 3) return { status: 503, body: '' };
      return asked <= 2 ? answer(before, path) : undefined;
    };
    await daemon.runFor(75_000);
    expect(asked).toBeGreaterThanOrEqual(3);
    service.fault = () => ({ status: 503, body: '' });
    machine.system.sh('ip -4 rule del priority 28600');
    await daemon.runFor(999);
    expect(machine.picture()).toEqual(good);
  });

  test('an old answer after the detach is not configured, and then forgotten', async () => {
    const { machine, daemon } = await settled();
    unlist(machine, eth1Mac);
    machine.detach('eth1');
    await daemon.runFor(3000);
    expect(ownTraces(machine)).toEqual([]);
    machine.metadata.replace(complete);
    await daemon.runFor(70_000);
    expect(ownTraces(machine)).toEqual([]);
    expect(daemon.report().enis).toMatchObject([{ mac: eth1Mac, state: 'waiting', reason: 'no-link' }]);
    unlist(machine, eth1Mac);
    await daemon.runFor(70_000);
    expect(daemon.report().enis).toEqual([]);
    expect(daemon.changes).toHaveLength(2);
  });
});

async function settled(): Promise<Life> {
  const life = await start({ recording: complete });
  await life.daemon.runFor(300_000);
  expect(leavesBy(life.machine.system, '172.31.40.11')).toBe('eth1');
  return life;
}
