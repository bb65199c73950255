// The init script on a machine without systemd, by the shells that such systems have as sh.
// needs: tree bookworm
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lastGoodPath } from '../../agent/config/last-good.ts';
import { first, primary } from '../matrix/enis.ts';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { type Outcome, waitFor } from './command.ts';
import { readReport } from './daemon-host.ts';
import { allPing, asPlanned, kernelText } from './daemon-steps.ts';
import { guestOk, runInGuest } from './guest-commands.ts';
import { readGuestFile, removeGuestFile, writeGuestFile } from './guest-files.ts';
import { installAgent, shippedText } from './systemd-host.ts';

const script = '/etc/init.d/eni-agent';
const pidFile = '/run/eni-agent/daemon.pid';
const logFile = '/var/log/eni-agent.log';
const brokenConfig = '/etc/eni-agent/eni-agent.conf.d/broken.conf';

describe.each(['dash', 'bash'])('%s', shell => {
  let host: AgentHost;
  const call = (verb: string): Promise<Outcome> => runInGuest(host.guest, [shell, script, verb]);
  const pid = () => Number(readGuestFile(host.guest, pidFile));

  beforeAll(async () => {
    host = await createAgentHost({ name: `init${shell}`, provider: 'aws', enis: [primary, first] });
    await installAgent(host);
    writeGuestFile(host.guest, script, shippedText('eni-agent.init'), 0o755);
  });
  afterAll(async () => destroyAgentHost(host));

  test('nothing runs', async () => {
    expect(await call('status')).toMatchObject({ exitCode: 3, stdout: 'eni-agent is not running\n' });
    expect(await call('stop')).toMatchObject({ exitCode: 0 });
    expect(await call('reload')).toMatchObject({ exitCode: 7 });
    expect(await call('try-restart')).toMatchObject({ exitCode: 0, stdout: '' });
    expect(await call('sing')).toMatchObject({ exitCode: 2 });
    const { stdout } = await runInGuest(host.guest, ['eni-agent', 'status']);
    expect(stdout).toContain('start it with "/etc/init.d/eni-agent start"');
  });

  test('start: the daemon works, without a terminal and without a parent', async () => {
    const started = await call('start');
    expect(started.stdout, started.stderr).toBe(`eni-agent started (process ${pid()})\n`);
    expect(await waitFor(() => readReport(host)?.enis[0]?.state === 'working', 10_000)).toBe(true);
    expect(readReport(host)?.pid).toBe(pid());
    await asPlanned(host);
    await allPing(host);
    const stat = await guestOk(host.guest, ['ps', '-o', 'ppid=,tty=,sess=', '-p', String(pid())]);
    expect(stat.trim().split(/\s+/)).toEqual(['1', '?', String(pid())]);
    expect(readGuestFile(host.guest, logFile)).toMatch(/"msg":"eni-agent .* started"/);
    expect(await call('status')).toMatchObject({
      exitCode: 0,
      stdout: `eni-agent is running (process ${pid()})\n`,
    });
  });

  test('start again, reload, restart', async () => {
    const before = pid();
    expect((await call('start')).stdout).toBe(`eni-agent is already running (process ${before})\n`);
    expect(await call('reload')).toMatchObject({ exitCode: 0 });
    expect(await waitFor(() => readReport(host)?.lastTriggers.includes('reload') === true, 10_000)).toBe(
      true,
    );
    const network = await kernelText(host);
    expect(await call('restart')).toMatchObject({ exitCode: 0 });
    expect(pid()).not.toBe(before);
    expect(await kernelText(host)).toBe(network);
    expect(await waitFor(() => readReport(host)?.pid === pid(), 10_000)).toBe(true);
    await agentOk(host, ['refresh']);
  });

  test('it dies: status says so, and a number that is another program by now is not taken for it', async () => {
    await guestOk(host.guest, ['kill', '-KILL', String(pid())]);
    expect(await waitFor(async () => (await call('status')).exitCode === 1, 3000)).toBe(true);
    writeGuestFile(host.guest, pidFile, '1\n');
    expect(await call('status')).toMatchObject({ exitCode: 1 });
    expect(await call('start')).toMatchObject({ exitCode: 0 });
    expect(pid()).toBeGreaterThan(1);
  });

  test('stop leaves the network as it is', async () => {
    await waitFor(() => readReport(host)?.pid === pid(), 10_000);
    const network = await kernelText(host);
    expect((await call('stop')).stdout).toBe('eni-agent stopped; the network stays as it is\n');
    expect(readGuestFile(host.guest, pidFile)).toBeUndefined();
    expect(await kernelText(host)).toBe(network);
    await allPing(host);
  });

  test('a configuration that is wrong: the last good one is gone by, and a reload fails', async () => {
    writeGuestFile(host.guest, brokenConfig, '[agent]\ncolour = blue\n');
    expect(await call('start')).toMatchObject({ exitCode: 0 });
    const reload = await call('reload');
    expect(reload.exitCode).toBe(6);
    expect(reload.stdout).toContain(`${brokenConfig}:2: [agent] has the unknown key "colour"`);
    expect(await call('stop')).toMatchObject({ exitCode: 0 });
  });

  test('where no last good one is known it is told at the start', async () => {
    removeGuestFile(host.guest, lastGoodPath);
    const { exitCode, stderr } = await call('start');
    // On a busy machine it has not read the file yet when the script looks for it.
    if (exitCode !== 0) expect(stderr).toBe(`eni-agent did not start; see ${logFile}\n`);
    expect(await waitFor(async () => (await call('status')).exitCode !== 0, 20_000)).toBe(true);
    removeGuestFile(host.guest, brokenConfig);
    expect(readGuestFile(host.guest, logFile)).toContain('colour');
  });
});
