// An ENI is attached, and the metadata lags behind the link: the daemon says what it waits for, looks again at the times of the design,
// configures nothing before it knows everything, and then all at once.
import { describe, expect, test } from 'vitest';
import type { Recording } from '../../agent/metadata/recording.ts';
import { loadRecording } from '../support/metadata-emulator-recordings.ts';
import { expectWaits, type Life, lookTimes, requestsSince, useDaemons } from './daemon-story.ts';
import { addressesOf, awsPath, eth1Mac, ownTraces } from './story.ts';

const start = useDaemons();

const [before, listed, withoutIpv6, complete] = [
  'hot-plug-0-before',
  'hot-plug-1-listed',
  'hot-plug-2-addresses',
  'hot-plug-3-complete',
].map(name => loadRecording('aws', name)) as [Recording, Recording, Recording, Recording];

const all = ['172.31.40.10/32', '172.31.40.11/32', '2600:1f16:292:100::10/128'];

describe('the times of the looks', () => {
  test('0.2, 0.5, 1, 2, 5, 10, 30 s, then the period, and few requests while nothing comes', async () => {
    const { machine, daemon, reads } = await plugged(before);
    const since = machine.system.now();
    await daemon.runFor(230_000);
    const times = lookTimes(reads, since);
    expect(times.slice(0, 8)).toEqual([0, 0.2, 0.7, 1.7, 3.7, 8.7, 18.7, 48.7]);
    expectWaits(times.slice(7), [48.7, 60, 60, 60]);
    expect(times.length).toBeLessThanOrEqual(12);
    // One ENI is known: at most two requests, and two more for it.
    expect(requestsSince(reads, since)).toBeLessThanOrEqual(times.length * 4);
    expect(daemon.report()).toMatchObject({
      mood: 'lagging',
      waitingFor: ['eth1: not in the metadata yet'],
      error: null,
      metadata: { state: 'answered' },
    });
    expectUntouched({ machine });
  });

  test('another link starts them anew', async () => {
    const { machine, daemon, reads } = await plugged(before);
    await daemon.runFor(100_000);
    const since = machine.system.now();
    machine.attach('0a:07:84:3d:6e:02', 'eth2');
    await daemon.runFor(4000);
    expect(lookTimes(reads, since)).toEqual([0, 0.2, 0.7, 1.7, 3.7]);
    expect(daemon.report().waitingFor).toHaveLength(2);
  });
});

interface Late {
  readonly name: string;
  readonly early: Recording;
  /** What the report says. */
  readonly waits: RegExp;
}

const lateThings: readonly Late[] = [
  {
    name: 'the link is there before the metadata',
    early: before,
    waits: /^eth1: not in the metadata yet/,
  },
  { name: 'the MAC is listed with half its keys', early: listed, waits: /not complete yet|answered 404/ },
  { name: 'device-number 0', early: withKey('device-number', '0'), waits: /device-number is 0 though/ },
  { name: 'ipv6s later', early: withoutIpv6, waits: /ipv6s is listed but answered 404/ },
  { name: 'no subnet yet', early: withKey('subnet-ipv4-cidr-block', undefined), waits: /subnet-ipv4-cidr/ },
  { name: 'no interface-id yet', early: withKey('interface-id', undefined), waits: /interface-id/ },
];

describe('what is late is waited for, by name', () => {
  test.each(lateThings)('$name', async ({ early, waits }) => {
    const { machine, daemon } = await plugged(early);
    machine.system.after(2500, () => machine.metadata.replace(complete));
    await daemon.runFor(2400);
    expect(daemon.report().mood).toBe('lagging');
    expect(daemon.report().waitingFor.join('\n')).toMatch(waits);
    expect(daemon.report().error).toBeNull();
    expect(daemon.changes.flatMap(c => c.changes.map(x => x.kind))).not.toContain('removed');
    // The look at 3.7 s finds it.
    await daemon.runFor(1400);
    expect(addressesOf(machine, 'eth1')).toEqual(all);
    expect(daemon.report()).toMatchObject({ mood: 'watchful', waitingFor: [], error: null });
    expect(daemon.report().enis).toMatchObject([{ mac: eth1Mac, state: 'working', link: 'eth1' }]);
    expect(daemon.log.filter(line => /^(warn|error)/.test(line))).toEqual([]);
  });

  test.each(lateThings.filter(l => l.name !== 'ipv6s later' && l.name !== 'device-number 0'))(
    '$name: nothing is configured meanwhile',
    async ({ early }) => {
      const { machine, daemon } = await plugged(early);
      await daemon.runFor(20_000);
      expectUntouched({ machine });
      expect(daemon.changes).toEqual([]);
    },
  );

  test('ipv6s is not even listed yet: IPv4 works at once, IPv6 soon', async () => {
    const { machine, daemon } = await plugged(withKey('ipv6s', undefined));
    machine.system.after(4000, () => machine.metadata.replace(complete));
    await daemon.runFor(500);
    expect(addressesOf(machine, 'eth1')).toEqual(all.slice(0, 2));
    expect(daemon.report().mood).toBe('watchful');
    await daemon.runFor(9500);
    expect(addressesOf(machine, 'eth1')).toEqual(all);
  });

  test('a device-number of 0 hinders nothing: no address depends on it', async () => {
    const { machine, daemon } = await plugged(withKey('device-number', '0'));
    await daemon.runFor(500);
    expect(addressesOf(machine, 'eth1')).toEqual(all);
    const good = machine.picture().kernel;
    machine.metadata.replace(complete);
    await daemon.runFor(5000);
    expect(machine.picture().kernel).toEqual(good);
  });

  test('one apply for each thing that came, however many looks there were', async () => {
    const { machine, daemon } = await plugged(before);
    for (const [ms, moment] of [
      [1000, listed],
      [3000, withoutIpv6],
      [12_000, complete],
    ] as const)
      machine.system.after(ms, () => machine.metadata.replace(moment));
    await daemon.runFor(120_000);
    expect(addressesOf(machine, 'eth1')).toEqual(all);
    expect(daemon.changes.length).toBeLessThanOrEqual(2);
    expect(daemon.log.filter(line => /^(warn|error)/.test(line))).toEqual([]);
  });
});

/** A quiet daemon, and a link that has just appeared; the metadata says this. */
async function plugged(moment: Recording): Promise<Life> {
  const life = await start({
    recording: complete,
    unplugged: true,
    prepare: m => m.metadata.replace(before),
  });
  await life.daemon.runFor(300_000);
  expect(life.daemon.report().mood).toBe('quiet');
  life.machine.metadata.replace(moment);
  life.machine.attach(eth1Mac, 'eth1');
  return life;
}

function withKey(key: string, value: string | undefined): Recording {
  const path = awsPath(eth1Mac, key);
  const { [path]: _, ...others } = complete.responses;
  return { ...complete, responses: value === undefined ? others : { ...others, [path]: value } };
}

function expectUntouched({ machine }: Pick<Life, 'machine'>): void {
  expect(machine.system.kernel.link('eth1').up).toBe(false);
  expect(addressesOf(machine, 'eth1')).toEqual([]);
  expect(ownTraces(machine)).toEqual([]);
}
