// `eni-agent remove` beside what would write all of it anew: it refuses with the way out, and with --stop it is for good.
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { metricsPath } from '../../agent/daemon/metrics/file.ts';
import { daemonLockPath } from '../../agent/daemon/requests.ts';
import { reportOf } from '../support/example-look.ts';
import type { Machine } from '../support/fake-machine.ts';
import { installSystemd, type Systemd } from '../support/fake-systemd.ts';
import { awsTwoEnis, onceOk, useMachines } from './story.ts';

const start = useMachines();
const file = '/etc/network/interfaces.d/60-eni-eth1';
const groupFile = '/etc/udev/rules.d/70-eni-agent-primary.rules';
const script = '/etc/network/eni-agent-stanza';
const shipped = (name: string) => readFileSync(new URL(`../../systemd/${name}`, import.meta.url), 'utf8');

let machine: Machine;
beforeEach(async () => {
  machine = await start({ recording: awsTwoEnis });
  await onceOk(machine);
  machine.system.restart();
});

const isConfigured = () => machine.system.files.has(file);

/** `enabled` units run as well. */
function systemd(...enabled: readonly string[]): Systemd {
  const names = [
    'eni-agent.service',
    'eni-agent-once.path',
    'eni-agent-once.timer',
    'eni-agent-once.service',
  ];
  for (const name of [...names, 'eni-agent-wait-online.service'])
    machine.system.put(`/usr/lib/systemd/system/${name}`, shipped(name));
  const made = installSystemd(machine.system);
  for (const name of enabled) {
    const path = `/usr/lib/systemd/system/${name}`;
    const target = /^WantedBy=(.*)$/m.exec(shipped(name))![1]!;
    machine.system.files.set(`/etc/systemd/system/${target}.wants/${name}`, {
      content: '',
      mode: 0o777,
      target: path,
    });
    made.active.add(name);
  }
  return made;
}

const links = () =>
  [...machine.system.files].filter(([path, f]) => path.startsWith('/etc/systemd/') && f.target !== undefined);

describe('under systemd', () => {
  test.each([
    ['the daemon', ['eni-agent.service']],
    ['the on-demand mode', ['eni-agent-once.timer', 'eni-agent-once.path']],
  ])('%s: refuses and names the way out, which is for good and says how to get it back', async (_, units) => {
    const { active } = systemd(...units);
    const refused = await machine.agent('remove');
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toBe(
      `eni-agent: ${units.join(', ')} would configure the ENIs again\n` +
        '  lock-held: "eni-agent remove --stop" stops and disables that first\n',
    );
    expect(isConfigured()).toBe(true);

    machine.system.put(metricsPath, 'eni_agent_up 1\n');
    const { code, out, err } = await machine.agent('remove', '--stop');
    expect(machine.system.files.has(metricsPath)).toBe(false);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(
      `Stopped ${units.join(', ')}.\nDisabled ${units.join(', ')}.\n` +
        `Removed these files and what they configured:\n  ${script}\n  ${file}\n  ${groupFile}\n` +
        `note: to have the ENIs configured again: systemctl --no-reload enable --now ${units.join(' ')}\n`,
    );
    expect(isConfigured()).toBe(false);
    expect([...active]).toEqual([]);
    expect(links()).toEqual([]);
    // With netplan up to 1.1 each daemon-reload rewrites what networkd has loaded.
    expect(machine.system.journal.filter(line => line.includes('daemon-reload'))).toEqual([]);
  });

  test('what makes a pass at the next boot alone is disabled as well', async () => {
    systemd('eni-agent.service', 'eni-agent-wait-online.service');
    expect((await machine.agent('remove', '--stop')).code).toBe(0);
    expect(links()).toEqual([]);
  });

  test('a daemon that was stopped and is still enabled: done, with a word on the next boot', async () => {
    systemd('eni-agent.service').active.clear();
    const { code, out } = await machine.agent('remove', '--json');
    expect({ code, ...JSON.parse(out) }).toEqual({
      code: 0,
      version: 1,
      removed: [script, file, groupFile],
      stopped: [],
      disabled: [],
      notes: [
        'eni-agent.service will configure the ENIs again at the next boot; against that: systemctl disable eni-agent.service',
      ],
    });
  });

  test('a stop that fails: nothing is removed', async () => {
    systemd('eni-agent.service');
    machine.system.fail(/systemctl stop/, 'Connection timed out');
    const outcome = await machine.agent('remove', '--stop');
    expect(outcome.code).toBe(1);
    expect(outcome.err).toContain('systemctl stop eni-agent.service');
    expect(isConfigured()).toBe(true);
  });

  test('a unit that is started during the removal is no success', async () => {
    const { active } = systemd('eni-agent.service');
    machine.system.watch = () => {
      if (!isConfigured()) active.add('eni-agent.service');
    };
    const outcome = await machine.agent('remove', '--stop');
    expect(outcome.code).toBe(1);
    expect(outcome.err).toContain('eni-agent.service was started during the removal');
  });

  test('--stop cannot go with --image, whose daemon starts on each machine of the image', async () => {
    systemd('eni-agent.service');
    expect((await machine.agent('remove', '--image', '--stop')).code).toBe(64);
  });
});

describe('without systemd', () => {
  const script = '/etc/init.d/eni-agent';

  /** The init script, and what switches its links. */
  function sysv(program: 'update-rc.d' | 'chkconfig'): { runs: boolean } {
    const level = program === 'chkconfig' ? '/etc/rc.d/rc3.d' : '/etc/rc3.d';
    const state = { runs: true };
    machine.system.put(script, shipped('eni-agent.init'), 0o755);
    machine.system.put(`${level}/S89eni-agent`, '');
    if (program === 'update-rc.d') machine.system.put('/usr/sbin/update-rc.d', '');
    const said = { exitCode: 0, stdout: '', stderr: '' };
    machine.system.programs.set(script, {
      looks: args => args[0] === 'status',
      run(args, step) {
        if (args[0] === 'status') return { ...said, exitCode: state.runs ? 0 : 3 };
        step(`init ${args[0]}`);
        state.runs = false;
        return said;
      },
    });
    machine.system.programs.set(program, {
      looks: () => false,
      run(args, step) {
        step(`${program} ${args.join(' ')}`);
        machine.system.files.delete(`${level}/S89eni-agent`);
        return said;
      },
    });
    return state;
  }

  test.each([
    ['update-rc.d', 'update-rc.d eni-agent enable'],
    ['chkconfig', 'chkconfig eni-agent on'],
  ] as const)('the init script, by %s', async (program, enable) => {
    const state = sysv(program);
    const refused = await machine.agent('remove');
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain(`${script} would configure the ENIs again`);
    const { code, out } = await machine.agent('remove', '--stop');
    expect(code).toBe(0);
    expect(out).toContain(`Stopped ${script}.\nDisabled ${script}.\n`);
    expect(out).toContain(`note: to have the ENIs configured again: ${enable} && ${script} start\n`);
    expect({ ...state, configured: isConfigured() }).toEqual({ runs: false, configured: false });
  });

  test.each([[[]], [['--stop']]])(
    'a daemon that somebody started by hand is not ours to stop: %s names it',
    async more => {
      machine.system.put('/run/eni-agent/daemon/report.json', JSON.stringify(reportOf({ pid: 4711 })));
      machine.system.put('/proc/4711/cmdline', 'node\0/usr/lib/eni-agent/eni-agent.cjs\0daemon\0');
      const release = await machine.system.lock(daemonLockPath, 0);
      const outcome = await machine.agent('remove', ...more);
      expect(outcome).toMatchObject({ code: 1, out: '' });
      expect(outcome.err).toBe(
        'eni-agent: the eni-agent daemon is running and would configure the ENIs again\n' +
          '  lock-held: stop it where it was started, or with "kill 4711"; no unit of eni-agent has started it\n',
      );
      expect(isConfigured()).toBe(true);
      await release!();
      expect((await machine.agent('remove', ...more)).code).toBe(0);
    },
  );
});
