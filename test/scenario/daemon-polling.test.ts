// How often the metadata is asked while nothing is wrong: fast after a sign of change, slow when quiet, at other times than the machine
// beside it, and for no more than may have changed.
import { describe, expect, test } from 'vitest';
import { instanceIdPath, macsPath } from '../../agent/metadata/clouds/mac-tree.ts';
import type { Recording } from '../../agent/metadata/recording.ts';
import { loadRecording } from '../support/metadata-emulator-recordings.ts';
import { expectWaits, type Life, lookTimes, requestsSince, useDaemons } from './daemon-story.ts';
import {
  addressesOf,
  awsPath,
  awsTwoEnis,
  awsTwoSecondaries,
  eth1Mac,
  eth2Mac,
  setAddresses,
} from './story.ts';

const start = useDaemons();
const fifteen = loadRecording('aws', 'fifteen-enis-fifty-addresses');

test('after a change 2, 3, 5, 5, 10, 10, 15, 30 s, then the period; all of it spread', async () => {
  const { machine, daemon, reads } = await start({ recording: awsTwoEnis });
  const since = machine.system.now();
  await daemon.runFor(400_000);
  const times = lookTimes(reads, since);
  expect(times[0]).toBe(0);
  expectWaits(times.slice(1), [2, 3, 5, 5, 10, 10, 15, 30, 60, 60, 60, 60]);
  expect(daemon.report()).toMatchObject({ mood: 'quiet', waitingFor: [], error: null });
  const later = machine.system.now();
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.99');
  await daemon.runFor(75_000);
  expect(addressesOf(machine, 'eth1')).toContain('172.31.40.99/32');
  expect(daemon.report().mood).toBe('watchful');
  expect(lookTimes(reads, later).length).toBeGreaterThan(1);
});

test('a second address that is assigned right after the first works within seconds', async () => {
  const { machine, daemon } = await quiet({ recording: awsTwoEnis });
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.98');
  await daemon.runFor(70_000);
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.98', '172.31.40.99');
  await daemon.runFor(18_000);
  expect(addressesOf(machine, 'eth1')).toContain('172.31.40.99/32');
});

test('the period of the configuration counts', async () => {
  const { machine, daemon, reads } = await quiet({
    recording: awsTwoEnis,
    config: '[daemon]\nperiod = 300',
  });
  await daemon.runFor(600_000);
  const since = machine.system.now();
  await daemon.runFor(3_600_000);
  const times = lookTimes(reads, since);
  expect(times.length).toBeGreaterThanOrEqual(10);
  expect(times.length).toBeLessThanOrEqual(15);
});

test('two machines that start at one moment do not ask at one moment', async () => {
  const one = await start({ recording: awsTwoEnis });
  const other = await start({ recording: renamed(awsTwoEnis, 'i-0bbbbbbbbbbbbbbbb') });
  const since = one.machine.system.now();
  await Promise.all([one, other].map(({ daemon }) => daemon.runFor(1_800_000)));
  const [a, b] = [one, other].map(({ reads }) => lookTimes(reads, since).slice(1));
  expect(a!.filter(time => b!.includes(time))).toEqual([]);
});

test('whoever touches files or rules all the time does not put off the next look', async () => {
  const { machine, daemon, reads } = await quiet({ recording: awsTwoEnis });
  const since = machine.system.now();
  for (let i = 1; i < 30; i += 1)
    machine.system.after(i * 20_000, () => {
      machine.system.put('/etc/network/interfaces.d/20-docker', `# ${i}\n`);
      machine.system.sh(`ip rule ${i % 2 === 0 ? 'del' : 'add'} from 198.51.100.7 lookup 500 priority 501`);
    });
  await daemon.runFor(600_000);
  const times = lookTimes(reads, since);
  const waits = times.map((time, index) => time - (times[index - 1] ?? 0));
  expect(times.length).toBeGreaterThanOrEqual(8);
  expect(Math.max(...waits)).toBeLessThanOrEqual(69);
});

test('a NIC that is not the cloud’s is waited for a while, and is not worth a pass each minute for ever', async () => {
  const { machine, daemon } = await quiet({ recording: awsTwoEnis });
  machine.attach('0a:07:84:3d:6e:99', 'eth9');
  await daemon.runFor(240_000);
  const { passes } = daemon.report().counters;
  expect(daemon.report().waitingFor.join()).toContain('eth9');
  await daemon.runFor(1_800_000);
  expect(daemon.report().counters.passes - passes).toBeLessThanOrEqual(1);
});

describe('requests of a quiet look', () => {
  const sizes: readonly (readonly [string, Recording, (enis: number) => number])[] = [
    ['AWS, one secondary ENI', awsTwoEnis, n => 2 + 2 * n],
    ['AWS, two', awsTwoSecondaries, n => 2 + 2 * n],
    ['AWS, dual stack', loadRecording('aws', 'dual-stack'), n => 2 + 2 * n],
    ['AWS, prefixes', loadRecording('aws', 'prefixes'), n => 2 + 2 * n],
    ['AWS, 14 with 50 addresses', fifteen, n => 2 + 2 * n],
    ['Alibaba Cloud, meta-data/all', loadRecording('alibaba', 'all'), () => 1],
    ['Alibaba Cloud, the tree', loadRecording('alibaba', 'two-enis'), n => 1 + 2 + 2 * n],
  ];
  test.each(sizes)('%s', async (_name, recording, most) => {
    const { daemon, reads, machine } = await quiet({ recording });
    const since = machine.system.now();
    await daemon.runFor(590_000);
    const looks = reads.filter(r => r.at >= since);
    expect(looks.length).toBeGreaterThan(7);
    // Once in ten minutes everything is asked.
    const whole = looks.filter(r => r.paths.length > most(secondaries(daemon)));
    expect(whole.length).toBeLessThanOrEqual(1);
    for (const { paths } of looks) expect(new Set(paths).size).toBe(paths.length);
  });

  test('what an ENI keeps for life is not asked again, and each list that may change is', async () => {
    const { daemon, reads, machine } = await quiet({ recording: loadRecording('aws', 'dual-stack') });
    const since = machine.system.now();
    await daemon.runFor(290_000);
    const asked = reads.filter(r => r.at >= since && r.paths.length < 8).flatMap(r => r.paths);
    expect(asked).not.toContain(instanceIdPath);
    for (const key of ['device-number', 'interface-id', 'subnet-id', 'subnet-ipv4-cidr-block'])
      expect(asked).not.toContain(awsPath(eth1Mac, key));
    for (const path of [macsPath, ...['', 'local-ipv4s', 'ipv6s'].map(key => awsPath(eth1Mac, key))])
      expect(asked).toContain(path);
  });

  test('an ENI that comes back under the same MAC is asked in full', async () => {
    const { daemon, reads, machine } = await quiet({ recording: awsTwoSecondaries });
    machine.metadata.remove(awsPath(eth2Mac));
    machine.detach('eth2');
    await daemon.runFor(300_000);
    machine.metadata.replace(awsTwoSecondaries);
    machine.attach(eth2Mac, 'eth2');
    const since = machine.system.now();
    await daemon.runFor(1000);
    const asked = reads.filter(r => r.at >= since).flatMap(r => r.paths);
    for (const key of ['device-number', 'interface-id', 'subnet-id', 'subnet-ipv4-cidr-block', 'local-ipv4s'])
      expect(asked).toContain(awsPath(eth2Mac, key));
    expect(addressesOf(machine, 'eth2')).not.toEqual([]);
  });

  test('six quiet hours cost what the budget says', async () => {
    const { daemon, reads, machine } = await quiet({ recording: awsTwoEnis });
    const since = machine.system.now();
    await daemon.runFor(6 * 3_600_000);
    // Six hours: 360 looks of 2 + 2 N, of which 36 ask everything (14 requests without the token).
    expect(requestsSince(reads, since)).toBeLessThanOrEqual(360 * 1.1 * 4 + 37 * 15);
    expect(daemon.changes).toHaveLength(1);
    expect(daemon.log).toHaveLength(1);
  });
});

test('one token for hours', async () => {
  const { machine, daemon, reads } = await start({ recording: awsTwoEnis, overHttp: true });
  await daemon.runFor(5 * 3_600_000);
  expect(reads.length).toBeGreaterThan(250);
  expect(machine.metadata.counters().puts).toBe(1);
  await daemon.runFor(3 * 3_600_000);
  expect(machine.metadata.counters().puts).toBe(2);
  expect(machine.metadata.counters().statuses[401]).toBeUndefined();
});

async function quiet(spec: Parameters<typeof start>[0]): Promise<Life> {
  const life = await start(spec);
  await life.daemon.runFor(300_000);
  expect(life.daemon.report()).toMatchObject({ mood: 'quiet', waitingFor: [] });
  return life;
}

/** ENIs that are managed; the primary costs one request. */
function secondaries(daemon: Life['daemon']): number {
  return daemon.report().enis.length;
}

function renamed(recording: Recording, instanceId: string): Recording {
  return { ...recording, responses: { ...recording.responses, [instanceIdPath]: instanceId } };
}
