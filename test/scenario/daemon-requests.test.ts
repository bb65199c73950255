// What asks for a look at once: a file in the trigger folder (udev, cloud-init), `eni-agent refresh`, SIGHUP, an edited configuration. Each
// is answered by a reading that began after it.
import { describe, expect, test } from 'vitest';
import { daemonLockPath, requestFolder } from '../../agent/daemon/requests.ts';
import type { Response } from '../../agent/metadata/provider.ts';
import type { Outcome } from '../support/fake-machine.ts';
import { type Life, type LifeSpec, lookTimes, requestsSince, useDaemons } from './daemon-story.ts';
import { addressesOf, awsPath, awsTwoEnis, eth1Mac, leavesBy, setAddresses } from './story.ts';

const start = useDaemons();
const listPath = awsPath(eth1Mac, 'local-ipv4s');

describe('the trigger folder', () => {
  test('a file makes it look at everything at once, is taken away, and its name is told', async () => {
    const { machine, daemon, reads } = await quiet();
    setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.99');
    const since = machine.system.now();
    machine.system.put(`${requestFolder}/udev-eth1`, 'whatever');
    await daemon.runFor(0);
    expect(lookTimes(reads, since)).toEqual([0]);
    // Listings, ids and every key: not what a quiet look asks.
    expect(requestsSince(reads, since)).toBeGreaterThan(12);
    expect(addressesOf(machine, 'eth1')).toContain('172.31.40.99/32');
    expect(machine.system.files.has(`${requestFolder}/udev-eth1`)).toBe(false);
    expect(daemon.report()).toMatchObject({
      answered: ['udev-eth1'],
      lastChange: { triggers: ['request'] },
    });
  });

  test('requests that were there before the daemon are answered by its first look', async () => {
    const { daemon } = await start({
      recording: awsTwoEnis,
      prepare: m => m.system.put(`${requestFolder}/boot`, ''),
    });
    await daemon.runFor(0);
    expect(daemon.report()).toMatchObject({ answered: ['boot'], lastTriggers: ['start'] });
  });

  test('two at once are one look; a name that begins with a dot is somebody’s half-written file', async () => {
    const { machine, daemon, reads } = await quiet();
    const count = reads.length;
    for (const name of ['b', 'a', '.tmp']) machine.system.put(`${requestFolder}/${name}`, '');
    await daemon.runFor(0);
    expect(reads.length).toBe(count + 1);
    expect(daemon.report().answered).toEqual(['a', 'b']);
    expect(machine.system.files.has(`${requestFolder}/.tmp`)).toBe(true);
  });

  test('one that cannot be taken away, such as of a disk that is read-only, is answered and ends no daemon', async () => {
    const { machine, daemon } = await quiet();
    machine.system.fail(/^remove .*triggers\/x$/, 'Read-only file system', 1000);
    machine.system.put(`${requestFolder}/x`, '');
    await daemon.runFor(0);
    expect(daemon.report()).toMatchObject({ answered: ['x'], lastTriggers: ['request'] });
    await daemon.runFor(120_000);
    expect(daemon.report()).toMatchObject({ answered: ['x'], mood: 'quiet' });
  });

  test('one that comes while a read is under way is answered by a later read', async () => {
    const { machine, daemon, service, reads } = await quiet();
    const answers: (() => void)[] = [];
    service.fault = path =>
      path === listPath
        ? new Promise<Response>(resolve => answers.push(() => resolve({ status: 200, body: '172.31.40.10' })))
        : undefined;
    machine.system.put(`${requestFolder}/first`, '');
    await daemon.runFor(1000);
    // The service has this answer in hand already; then the cloud assigns an address, and its owner says so.
    setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.99');
    machine.system.put(`${requestFolder}/second`, '');
    await daemon.runFor(1000);
    const count = reads.length;
    expect(daemon.report().answered).toEqual([]);
    service.fault = undefined;
    for (const answer of answers) answer();
    await daemon.runFor(0);
    expect(reads.length).toBeGreaterThan(count);
    expect(daemon.report().answered).toEqual(['first', 'second']);
    expect(addressesOf(machine, 'eth1')).toContain('172.31.40.99/32');
  });

  test('an answer that fails is an answer', async () => {
    const { machine, daemon, service } = await quiet();
    service.fault = () => ({ status: 503, body: '' });
    machine.system.put(`${requestFolder}/x`, '');
    await daemon.runFor(0);
    expect(daemon.report()).toMatchObject({ answered: ['x'], metadata: { state: 'failing' } });
  });

  test('and the pass that it was to bring is made by the next answer that is good', async () => {
    const { machine, daemon, service } = await quiet();
    service.fault = () => ({ status: 503, body: '' });
    machine.system.put(`${requestFolder}/x`, '');
    await daemon.runFor(10_000);
    const { passes } = daemon.report().counters;
    service.fault = undefined;
    await daemon.runFor(60_000);
    expect(daemon.report().counters.passes).toBe(passes + 1);
  });

  test('thousands are taken a part at a time, and drift does not wait for them', async () => {
    const { machine, daemon, service, reads } = await quiet();
    const { system } = machine;
    const before = system.kernel.describe();
    let answer = (): void => undefined;
    // The metadata is slow as well.
    service.fault = path =>
      path === listPath
        ? new Promise<Response>(resolve => {
            answer = () => resolve({ status: 200, body: '172.31.40.10' });
          })
        : undefined;
    const left: number[] = [];
    const count = () => [...system.files.keys()].filter(path => path.startsWith(`${requestFolder}/`)).length;
    system.watch = () => {
      if (system.steps.at(-1)?.includes('rule add')) left.push(count());
    };
    for (let i = 0; i < 3000; i += 1) system.put(`${requestFolder}/${i}`, '');
    system.interfere({
      match: new RegExp(`^remove ${requestFolder}/10$`),
      when: 'after',
      act: () => void system.sh('ip rule del priority 28000'),
      times: 1,
    });
    await daemon.runFor(0);
    expect(system.kernel.describe()).toEqual(before);
    // Not behind the last one.
    expect(left[0]).toBeGreaterThan(1000);
    expect(count()).toBe(0);
    service.fault = undefined;
    answer();
    const since = reads.length;
    await daemon.runFor(1000);
    // All of them together are one question more.
    expect(reads.length - since).toBeLessThan(4);
    expect(daemon.report().answered).toHaveLength(100);
  });

  test('the report names the last hundred', async () => {
    const { machine, daemon } = await quiet();
    for (let i = 0; i < 3; i += 1) {
      for (let j = 0; j < 50; j += 1) machine.system.put(`${requestFolder}/${i}-${j}`, '');
      await daemon.runFor(0);
    }
    expect(daemon.report().answered).toHaveLength(100);
    expect(daemon.report().answered).toContain('2-49');
  });
});

test('SIGHUP is a look at everything', async () => {
  const { machine, daemon, reads } = await quiet();
  const since = machine.system.now();
  daemon.wakeups.signal('reload');
  await daemon.runFor(0);
  expect(requestsSince(reads, since)).toBeGreaterThan(12);
  expect(daemon.report().lastTriggers).toEqual(['reload']);
});

describe('eni-agent refresh', () => {
  test('with a daemon: what is new is there when it returns', async () => {
    const { machine, daemon } = await quiet();
    setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.99');
    const outcome = await refreshBeside(machine, daemon);
    expect(outcome, outcome.err).toMatchObject({ code: 0, err: '' });
    expect(outcome.out).toContain('Applied and verified.');
    expect(outcome.out).toContain('changed eni-013cdce36ded5e79f on eth1');
    expect(addressesOf(machine, 'eth1')).toContain('172.31.40.99/32');
    expect(daemon.changes).toHaveLength(2);
  });

  test('several at one moment, who are in each other’s way: all are answered', async () => {
    const { machine, daemon } = await quiet();
    machine.system.fail(/^write .*triggers\/refresh-/, 'no such file or directory', 5);
    const outcome = await refreshBeside(machine, daemon);
    expect(outcome, outcome.err).toMatchObject({ code: 0, err: '' });
    expect(machine.system.isFailing).toBe(false);
  });

  test('with a daemon, and nothing new', async () => {
    const { machine, daemon } = await quiet();
    const outcome = await refreshBeside(machine, daemon, '--json');
    expect(outcome.code).toBe(0);
    expect(JSON.parse(outcome.out)).toMatchObject({ version: 1, changed: false, error: null, lines: [] });
  });

  test('with a daemon whose metadata fails: it says so', async () => {
    const { machine, daemon, service } = await quiet();
    service.fault = () => ({ status: 503, body: '' });
    const outcome = await refreshBeside(machine, daemon);
    expect(outcome.code).toBe(2);
    expect(outcome.out).toMatch(/error: .*503 \(metadata-invalid/);
  });

  test('without a daemon it makes the pass itself', async () => {
    const { machine, daemon } = await quiet();
    await daemon.stop();
    setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.99');
    const outcome = await machine.agent('refresh');
    expect(outcome, outcome.err).toMatchObject({ code: 0 });
    expect(outcome.out).toMatch(/^No daemon is running.*\n/);
    expect(addressesOf(machine, 'eth1')).toContain('172.31.40.99/32');
  });

  test('with a daemon that does not answer: an error after 90 s, and no request is left behind', async () => {
    const { machine, daemon } = await quiet();
    await daemon.stop();
    const release = await machine.system.lock(daemonLockPath, 0);
    const began = machine.system.now();
    const outcome = await machine.agent('refresh');
    await release?.();
    expect(outcome).toMatchObject({ code: 1, out: '' });
    expect(outcome.err).toContain('the daemon has not answered within 90 s');
    expect(machine.system.now() - began).toBeLessThan(91_000);
    expect([...machine.system.files.keys()].filter(p => p.startsWith(requestFolder))).toEqual([]);
  });
});

async function quiet(spec: Partial<LifeSpec> = {}): Promise<Life> {
  const life = await start({ recording: awsTwoEnis, ...spec });
  await life.daemon.runFor(300_000);
  expect(leavesBy(life.machine.system, '172.31.40.10')).toBe('eth1');
  return life;
}

/** The command in a process of its own: the daemon holds its lock, and lives while the command waits. */
async function refreshBeside(
  machine: Life['machine'],
  daemon: Life['daemon'],
  ...options: readonly string[]
): Promise<Outcome> {
  const release = await machine.system.lock(daemonLockPath, 0);
  let ended = false;
  const outcome = machine.agent('refresh', ...options).finally(() => {
    ended = true;
  });
  while (!ended) await daemon.runFor(0);
  await release?.();
  return outcome;
}
