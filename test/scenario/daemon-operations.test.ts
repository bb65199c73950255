// The life of the process: its configuration is edited, it is told to stop, an apply fails, somebody else holds the lock, `ip` fails, the
// disk is full. It goes on, and says what is wrong.
import { describe, expect, test } from 'vitest';
import { type Life, type LifeSpec, noAnswerBecause, useDaemons } from './daemon-story.ts';
import { addressesOf, awsTwoEnis, eth1Mac, expectIdle, leavesBy, ownTraces, setAddresses } from './story.ts';

const start = useDaemons();
const config = '/etc/eni-agent/eni-agent.conf';
const dropIn = '/etc/eni-agent/eni-agent.conf.d/50-test.conf';

describe('the configuration is edited', () => {
  test('a good one counts at once, and so does its end', async () => {
    const { machine, daemon } = await settled();
    const good = machine.picture();
    machine.system.put(dropIn, `[eni "${eth1Mac}"]\nignore = yes\n`);
    await daemon.runFor(0);
    expect(ownTraces(machine)).toEqual([]);
    expect(daemon.report()).toMatchObject({
      lastChange: { triggers: ['config'] },
      enis: [{ mac: eth1Mac, state: 'left-alone' }],
    });
    machine.system.files.delete(dropIn);
    await daemon.runFor(0);
    expect(machine.picture().kernel).toEqual(good.kernel);
  });

  test('a wrong one changes nothing: the old one stays in force, and the report has the reason until it is mended', async () => {
    const { machine, daemon } = await settled();
    const good = machine.picture().kernel;
    machine.system.put(dropIn, '[routing]\nbase = many\n');
    await daemon.runFor(120_000);
    expect(machine.picture().kernel).toEqual(good);
    expect(daemon.report().problems).toEqual([
      expect.stringMatching(/base.*; the previous configuration stays in force$/),
    ]);
    expect(daemon.log.filter(line => line.startsWith('error'))).toHaveLength(1);
    // And it goes on in earnest.
    setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.99');
    machine.system.put('/run/eni-agent/triggers/x', '');
    await daemon.runFor(0);
    expect(addressesOf(machine, 'eth1')).toContain('172.31.40.99/32');
    machine.system.files.delete(dropIn);
    await daemon.runFor(0);
    expect(daemon.report().problems).toEqual([]);
  });

  // Found by the made-up lives: the answer that came later held nothing new, and no pass was made for the configuration.
  test.each([
    ['a good one counts by the last answer', `[eni "${eth1Mac}"]\nignore = yes\n`, undefined],
    ['and so does its end', undefined, `[eni "${eth1Mac}"]\nignore = yes\n`],
  ])('while the metadata service is down: %s', async (_name, text, before) => {
    const put = (content: string | undefined) =>
      content === undefined ? machine.system.files.delete(dropIn) : machine.system.put(dropIn, content);
    const { machine, daemon, service } = await start({
      recording: awsTwoEnis,
      prepare: m => (before === undefined ? undefined : m.system.put(dropIn, before)),
    });
    await daemon.runFor(60_000);
    service.fault = () => noAnswerBecause('connection refused');
    put(text);
    await daemon.runFor(1000);
    expect(daemon.report()).toMatchObject({
      metadata: { state: 'failing' },
      enis: [{ mac: eth1Mac, state: text === undefined ? 'working' : 'left-alone' }],
    });
  });

  test('another address of the service: asked there from then on, and the count of requests goes on', async () => {
    const { machine, daemon } = await settled();
    const { requests } = daemon.report().counters;
    const text = machine.system.files.get(config)!.content;
    machine.system.put(
      config,
      text.replace(/^timeout.*$/m, '').replace('[metadata]', '[metadata]\ntimeout = 7'),
    );
    await daemon.runFor(0);
    expect(daemon.report().counters.requests).toBeGreaterThan(requests + 10);
  });

  test('while a question is under way: it is asked of the new service, and nobody takes it for a failure', async () => {
    const { machine, daemon, service } = await settled();
    // Never answered, by the service as it was.
    service.fault = () => new Promise(() => undefined);
    machine.system.put('/run/eni-agent/triggers/x', '');
    await daemon.runFor(100);
    service.fault = undefined;
    machine.system.put(dropIn, '[metadata]\ntimeout = 14\n');
    await daemon.runFor(1000);
    expect(daemon.report()).toMatchObject({ error: null, answered: ['x'] });
    expect(daemon.log.filter(line => /^(warn|error)/.test(line))).toEqual([]);
  });

  test('one that is wrong at the start ends the daemon with a clear error', async () => {
    const { daemon } = await start({
      recording: awsTwoEnis,
      prepare: m => m.system.put(dropIn, '[routing]\nbase = many\n'),
    });
    await expect(daemon.runFor(1000)).rejects.toMatchObject({ code: 'config-invalid' });
  });
});

describe('SIGTERM', () => {
  test('at rest: the network stays as it is', async () => {
    const { machine, daemon } = await settled();
    const good = machine.picture();
    await daemon.stop();
    expect(machine.picture()).toEqual(good);
    await expectIdle(machine);
  });

  test('in the middle of an apply: the apply ends first', async () => {
    const { machine, daemon } = await start({ recording: awsTwoEnis });
    machine.system.interfere({
      match: /^run ifup --force eth1/,
      when: 'before',
      times: 1,
      act: () => daemon.wakeups.signal('stop'),
    });
    await daemon.runFor(60_000);
    expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth1');
    expect(daemon.changes).toHaveLength(1);
    machine.attach('0a:07:84:3d:6e:0f', 'eth2');
    await daemon.runFor(60_000);
    // Nobody is there any more.
    expect(daemon.changes).toHaveLength(1);
    machine.detach('eth2');
    await expectIdle(machine);
  });

  test('while the metadata is being asked: at once', async () => {
    const { machine, daemon, service, reads } = await settled();
    service.fault = () => new Promise(() => undefined);
    machine.system.put('/run/eni-agent/triggers/x', '');
    await daemon.runFor(100);
    const before = machine.system.now();
    await daemon.stop();
    expect(machine.system.now()).toBe(before);
    expect(reads.length).toBeGreaterThan(0);
  });
});

async function settled(spec: Partial<LifeSpec> = {}): Promise<Life> {
  const life = await start({ recording: awsTwoEnis, ...spec });
  await life.daemon.runFor(300_000);
  if (spec.unplugged !== true) expect(leavesBy(life.machine.system, '172.31.40.10')).toBe('eth1');
  return life;
}
