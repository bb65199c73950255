// What the metadata has said and the machine could not take stays wanted, and failed, until it is applied or replaced: whatever else
// happens meanwhile, each monitor says so, and some minutes after its cause has gone it is applied without anybody's hand.
import { describe, expect, test } from 'vitest';
import { renderMetrics } from '../../agent/daemon/metrics/file.ts';
import { describeReport } from '../../agent/daemon/publish.ts';
import { retrySeconds } from '../../agent/daemon/timing/schedule.ts';
import type { FakeDaemon } from '../support/fake-daemon.ts';
import { strictPicture } from '../support/strict-picture.ts';
import { type Life, useDaemons } from './daemon-story.ts';
import { addressesOf, awsTwoEnis, eth1Mac, setAddresses, unlist } from './story.ts';
import { effectOn, type TravelCase, travels } from './travels.ts';

const start = useDaemons();
/** The longest wait between two tries, with its jitter. */
const retryMs = retrySeconds.at(-1)! * 1150;
const added = '172.31.40.12/32';

function expectFailed({ machine, daemon }: Life): void {
  const report = daemon.report();
  expect(report).toMatchObject({ mood: 'failing', enis: [{ mac: eth1Mac, state: 'failed' }] });
  expect(report.error).not.toBeNull();
  expect(describeReport(report, machine.system.now())).toMatch(/^secondary ENIs: 1 failed; [a-z-]+: /);
  expect(renderMetrics(report)).toMatch(/^eni_agent_eni_state\{.*state="failed"\} 1$/m);
}

function expectFine(daemon: FakeDaemon): void {
  expect(daemon.report()).toMatchObject({ error: null, enis: [{ state: 'working' }] });
  expect(['quiet', 'watchful']).toContain(daemon.report().mood);
}

/** A file of somebody else beside ours. */
function touch({ machine }: Life, travel: TravelCase): void {
  machine.system.put(`${travel.file.slice(0, travel.file.lastIndexOf('/'))}/99-other`, '# a note\n');
}

/** An address is assigned, and the service does not do what it is told. */
async function failed(travel: TravelCase): Promise<Life> {
  const life = await start({ recording: awsTwoEnis, backend: travel.backend });
  const { machine, daemon } = life;
  await daemon.runFor(600_000);
  const { lines } = await strictPicture(machine);
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
  machine.system.fail(travel.changes, 'the service is stopped', 1000);
  await daemon.runFor(70_000);
  expectFailed(life);
  expect((await strictPicture(machine)).lines).toEqual(lines);
  return life;
}

describe.each(travels)('$backend', travel => {
  test.each<readonly [string, (life: Life) => void]>([
    ['nothing', () => undefined],
    ['a file event', life => touch(life, travel)],
    [
      'a repair',
      ({ machine: { system } }) => {
        system.kernel.rules = system.kernel.rules.filter(r => r.priority < 28_600 || r.priority >= 28_700);
      },
    ],
    ['SIGHUP', ({ daemon }) => daemon.wakeups.signal('reload')],
    ['a request', ({ machine }) => machine.system.put('/run/eni-agent/triggers/x', '')],
  ])('%s does not make it forget', async (_name, disturb) => {
    const life = await failed(travel);
    const { machine, daemon } = life;
    disturb(life);
    await daemon.runFor(2000);
    expectFailed(life);
    await daemon.runFor(1_500_000);
    expectFailed(life);
    machine.system.heal();
    await daemon.runFor(retryMs);
    expect(addressesOf(machine, 'eth1')).toContain(added);
    expectFine(daemon);
  });

  test('the metadata fails meanwhile: it is said and applied all the same', async () => {
    const life = await failed(travel);
    const { machine, daemon, service } = life;
    service.fault = () => ({ status: 503, body: '' });
    await daemon.runFor(600_000);
    expectFailed(life);
    service.fault = undefined;
    machine.system.put('/run/eni-agent/triggers/x', '');
    await daemon.runFor(2000);
    expectFailed(life);
    service.fault = () => ({ status: 503, body: '' });
    machine.system.heal();
    await daemon.runFor(retryMs);
    expect(addressesOf(machine, 'eth1')).toContain(added);
    expect(daemon.report()).toMatchObject({ metadata: { state: 'failing' }, enis: [{ state: 'working' }] });
  });

  test('a file that somebody mends beside ours brings the next try at once', async () => {
    const life = await failed(travel);
    await life.daemon.runFor(1_500_000);
    life.machine.system.heal();
    touch(life, travel);
    await life.daemon.runFor(3000);
    expect(addressesOf(life.machine, 'eth1')).toContain(added);
    expectFine(life.daemon);
  });

  test('a file that somebody writes again and again brings no more than one try a minute', async () => {
    const life = await failed(travel);
    await life.daemon.runFor(1_500_000);
    const { failures } = life.daemon.report().counters;
    for (let second = 0; second < 600; second += 2) {
      touch(life, travel);
      await life.daemon.runFor(2000);
    }
    const more = life.daemon.report().counters.failures - failures;
    expect(more).toBeGreaterThan(2);
    expect(more).toBeLessThanOrEqual(11);
  });

  test('the cloud takes it back: nothing is wanted any more', async () => {
    const life = await failed(travel);
    const { machine, daemon } = life;
    setAddresses(machine, eth1Mac, '172.31.40.10');
    machine.system.heal();
    await daemon.runFor(retryMs);
    expectFine(daemon);
  });

  test('`once` of a person applies it: the daemon sees that', async () => {
    const life = await failed(travel);
    const { machine, daemon } = life;
    machine.system.heal();
    expect((await machine.agent('once')).code).toBe(0);
    await daemon.runFor(2000);
    expect(addressesOf(machine, 'eth1')).toContain(added);
    expectFine(daemon);
  });

  test('an ENI that was never configured: it stays in the report', async () => {
    const life = await start({
      recording: awsTwoEnis,
      backend: travel.backend,
      unplugged: true,
      prepare: machine => unlist(machine, eth1Mac),
    });
    const { machine, daemon } = life;
    await daemon.runFor(600_000);
    machine.system.fail(travel.bringsUp, 'the service is stopped', 1000);
    machine.metadata.replace(awsTwoEnis);
    machine.attach(eth1Mac, 'eth1');
    const { lines } = await strictPicture(machine);
    await daemon.runFor(3000);
    expectFailed(life);
    expect((await strictPicture(machine)).lines).toEqual(lines);
    touch(life, travel);
    await daemon.runFor(3000);
    expectFailed(life);
    machine.system.heal();
    await daemon.runFor(retryMs);
    expectFine(daemon);
  });

  test('an address that is to go', async () => {
    const life = await start({ recording: awsTwoEnis, backend: travel.backend });
    const { machine, daemon } = life;
    setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
    await daemon.runFor(600_000);
    setAddresses(machine, eth1Mac, '172.31.40.10');
    machine.system.fail(effectOn('write', travel), 'Read-only file system', 1000);
    await daemon.runFor(75_000);
    expectFailed(life);
    touch(life, travel);
    await daemon.runFor(3000);
    expectFailed(life);
    machine.system.heal();
    await daemon.runFor(retryMs);
    expect(addressesOf(machine, 'eth1')).not.toContain(added);
    expectFine(daemon);
  });
});

test('the network service is stopped, so that no backend is recognised: the ENI counts as failed', async () => {
  const life = await start({ recording: awsTwoEnis, backend: 'networkmanager-keyfile' });
  const { machine, daemon } = life;
  await daemon.runFor(600_000);
  const systemctl = machine.system.programs.get('systemctl')!;
  machine.system.programs.set('systemctl', {
    looks: () => true,
    run: () => ({ exitCode: 0, stdout: '', stderr: '' }),
  });
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
  await daemon.runFor(200_000);
  expectFailed(life);
  expect(daemon.report().error).toMatchObject({ code: 'backend-unknown' });
  machine.system.programs.set('systemctl', systemctl);
  await daemon.runFor(retryMs);
  expect(addressesOf(machine, 'eth1')).toContain(added);
  expectFine(daemon);
});

test('what one reading has and the next has not is asked again: an address that went does not stay for an hour', async () => {
  const life = await start({ recording: awsTwoEnis });
  const { machine, daemon, reads, service } = life;
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
  await daemon.runFor(600_000);
  setAddresses(machine, eth1Mac, '172.31.40.10');
  const began = reads.length;
  // A short look and the whole one have it no more; the one that is to confirm that meets a replica that is behind.
  service.fault = path =>
    reads.length === began + 3 && path.endsWith(`${eth1Mac}/local-ipv4s`)
      ? { status: 200, body: '172.31.40.10\n172.31.40.12' }
      : undefined;
  await daemon.runFor(75_000);
  expect(reads.length).toBeGreaterThanOrEqual(began + 3);
  await daemon.runFor(150_000);
  expect(addressesOf(machine, 'eth1')).not.toContain(added);
});
