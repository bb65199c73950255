// The configuration of a running daemon is edited, well or badly, and a daemon starts with one that is wrong: then the last good one is in
// force, and everybody hears of it.
import { describe, expect, test } from 'vitest';
import { lastGoodPath } from '../../agent/config/last-good.ts';
import { describeReport } from '../../agent/daemon/publish.ts';
import { AgentError } from '../../agent/errors.ts';
import type { Machine } from '../support/fake-machine.ts';
import { type Life, noAnswerBecause, useDaemons } from './daemon-story.ts';
import { addressesOf, awsTwoEnis, eth1Mac, leavesBy, ownTraces, setAddresses } from './story.ts';

const start = useDaemons();
const config = '/etc/eni-agent/eni-agent.conf';
const dropIn = '/etc/eni-agent/eni-agent.conf.d/50-test.conf';
const wrong = '[routing]\nbase = many\n';

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
    expect(daemon.report().configProblem).toEqual({
      since: expect.any(String),
      message: expect.stringContaining(`${dropIn}:2: [routing] base = "many"`),
      hint: expect.stringContaining('eni-agent check-config'),
      lastGoodSince: expect.any(String),
    });
    expect(describeReport(daemon.report(), machine.system.now())).toMatch(
      /^secondary ENIs: 1 working; wrong configuration: .*conf:2: /,
    );
    expect(daemon.log.filter(line => line.startsWith('error'))).toHaveLength(1);
    // And it goes on in earnest.
    setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.99');
    machine.system.put('/run/eni-agent/triggers/x', '');
    await daemon.runFor(0);
    expect(addressesOf(machine, 'eth1')).toContain('172.31.40.99/32');
    machine.system.files.delete(dropIn);
    await daemon.runFor(0);
    expect(daemon.report().configProblem).toBeNull();
    expect(daemon.log).toContain('info the configuration is right again, and in force');
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
});

describe('wrong at the start', () => {
  test('the last good one is in force: drift is repaired, and it is said once', async () => {
    const { machine, daemon } = await restarted(m => m.system.put(dropIn, wrong));
    machine.system.sh('ip -4 rule del priority 28600');
    await daemon.runFor(120_000);
    expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth1');
    expect(daemon.report().configProblem).toMatchObject({
      message: expect.stringContaining(`${dropIn}:2: [routing] base = "many"`),
      lastGoodSince: expect.stringMatching(/^20..-.*Z$/),
    });
    const errors = daemon.log.filter(line => line.startsWith('error'));
    expect(errors).toEqual([
      expect.stringMatching(
        /^error the configuration is wrong: the last good one, of .* stays in force reason=.*:2: /,
      ),
    ]);
  });

  test('what the last good one leaves alone stays alone', async () => {
    const ignoring = `[eni "${eth1Mac}"]\nignore = yes\n`;
    const { machine, daemon } = await restarted(
      m => m.system.put(dropIn, `${ignoring}x = 1\n`),
      m => m.system.put(dropIn, ignoring),
    );
    await daemon.runFor(120_000);
    expect(ownTraces(machine)).toEqual([]);
    expect(daemon.report().enis).toMatchObject([{ mac: eth1Mac, state: 'left-alone' }]);
  });

  test('mended: in force at once, without a restart, and it is said', async () => {
    const { machine, daemon } = await restarted(m => m.system.put(dropIn, wrong));
    await daemon.runFor(60_000);
    machine.system.put(dropIn, `[eni "${eth1Mac}"]\nignore = yes\n`);
    await daemon.runFor(0);
    expect(ownTraces(machine)).toEqual([]);
    expect(daemon.report().configProblem).toBeNull();
    expect(daemon.log).toContain('info the configuration is right again, and in force');
  });

  test('nothing is known of a good one: the daemon ends with a clear error, and nothing is configured', async () => {
    const { machine, daemon } = await start({
      recording: awsTwoEnis,
      prepare: m => m.system.put(dropIn, wrong),
    });
    await expect(daemon.runFor(1000)).rejects.toMatchObject({ code: 'config-invalid' });
    expect(ownTraces(machine)).toEqual([]);
    expect(machine.system.files.has(lastGoodPath)).toBe(false);
  });

  test.each([
    ['garbage', '{"version": 1, "fil'],
    ['of a newer version', '{"version": 2, "configuration": "[agent]"}'],
    ['of another form', '{"version": 1, "since": "2026-01-01T00:00:00Z", "files": [{"path": 7}]}'],
    ['nothing', ''],
    ['text that this version does not take', keptText('[agent]\nfuture = yes\n')],
  ])('a record that is %s is none, and the next good configuration replaces it', async (_name, record) => {
    const { machine, daemon } = await start({
      recording: awsTwoEnis,
      prepare: m => {
        m.system.put(lastGoodPath, record);
        m.system.put(dropIn, wrong);
      },
    });
    await expect(daemon.runFor(1000)).rejects.toMatchObject({ code: 'config-invalid' });
    machine.system.files.delete(dropIn);
    await start({ recording: awsTwoEnis, machine }).then(life => life.daemon.runFor(1000));
    expect(JSON.parse(machine.system.files.get(lastGoodPath)!.content)).toMatchObject({ version: 1 });
  });

  test('a file that cannot be read is a wrong configuration as well', async () => {
    const { machine, daemon } = await restarted(({ system }) => {
      const read = system.readFile.bind(system);
      system.readFile = async path => {
        if (path === config) throw new AgentError('file-failed', `cannot read ${path}: EIO`);
        return read(path);
      };
    });
    await daemon.runFor(60_000);
    expect(daemon.report().configProblem).toMatchObject({ message: expect.stringContaining('EIO') });
    expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth1');
  });
});

describe('what is kept', () => {
  test('is written when it came into force, only if it is another one, with the modes of the files', async () => {
    const { machine, daemon } = await settled();
    const writes = () => machine.system.journal.filter(line => line === `write ${lastGoodPath}`).length;
    const files = () => JSON.parse(machine.system.files.get(lastGoodPath)!.content).files;
    expect(writes()).toBe(1);
    expect(files()).toEqual([{ path: config, content: machine.system.files.get(config)!.content }]);
    expect(machine.system.files.get(lastGoodPath)!.mode & 0o777).toBe(0o644);

    machine.system.put('/run/eni-agent/triggers/x', '');
    daemon.wakeups.signal('reload');
    await daemon.runFor(60_000);
    expect(writes()).toBe(1);

    machine.system.put(dropIn, '[routing]\nbase = 28000\n', 0o600);
    await daemon.runFor(1000);
    expect(writes()).toBe(2);
    expect(files()).toHaveLength(2);
    expect(machine.system.files.get(lastGoodPath)!.mode & 0o777).toBe(0o600);

    machine.system.put(dropIn, wrong);
    await daemon.runFor(1000);
    expect(writes()).toBe(2);
  });

  test('a disk that is full costs a warning and nothing else', async () => {
    const { machine, daemon } = await start({
      recording: awsTwoEnis,
      prepare: m => m.system.fail(/^write .*last-good-config/, 'ENOSPC: no space left on device'),
    });
    await daemon.runFor(60_000);
    expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth1');
    expect(daemon.log.filter(line => line.startsWith('warn'))).toEqual([
      expect.stringMatching(/^warn cannot keep the configuration for a start .*ENOSPC/),
    ]);
  });
});

function keptText(content: string): string {
  return JSON.stringify({ version: 1, since: '2026-01-01T00:00:00Z', files: [{ path: config, content }] });
}

async function settled(prepare: (machine: Machine) => void = () => undefined): Promise<Life> {
  const life = await start({ recording: awsTwoEnis, prepare });
  await life.daemon.runFor(300_000);
  return life;
}

/** A daemon has run, and another starts after `change`. */
async function restarted(
  change: (machine: Machine) => void,
  prepare?: (machine: Machine) => void,
): Promise<Life> {
  const { machine, daemon } = await settled(prepare);
  await daemon.stop();
  change(machine);
  return start({ recording: awsTwoEnis, machine });
}
