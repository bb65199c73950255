// Is the daemon that wrote this report still there? Its process says so; where /proc hides it, the time of its next look does.
import { describe, expect, test } from 'vitest';
import { isDaemonAlive } from '../../../agent/daemon/liveness.ts';
import { ago, reportOf } from '../../support/example-look.ts';
import { FakeSystem } from '../../support/fake-system.ts';

/** The clock of a FakeSystem begins at the time of the example report. */
function machineWith(processes: Readonly<Record<number, string>>): FakeSystem {
  const system = new FakeSystem();
  system.put('/proc/1/cmdline', '/sbin/init\0');
  for (const [pid, line] of Object.entries(processes))
    system.put(`/proc/${pid}/cmdline`, line.replaceAll(' ', '\0'));
  return system;
}

describe('by its process', () => {
  test.each([
    ['/usr/bin/node /usr/lib/eni-agent/eni-agent.cjs daemon ', true],
    ['/usr/lib/eni-agent/node /usr/lib/eni-agent/main.cjs daemon --provider aws ', true],
    ['node agent/main.ts daemon ', true],
    // The number was given to another process since.
    ['/usr/lib/eni-agent/node /usr/lib/eni-agent/eni-agent.cjs status --watch ', false],
    ['/usr/bin/some daemon ', false],
    ['daemon /var/log/eni-agent.log ', false],
    // A zombie, or a thread of the kernel.
    ['', false],
  ])('%j: %s', async (line, expected) => {
    expect(await isDaemonAlive(machineWith({ 812: line }), reportOf())).toBe(expected);
  });

  test('there is none', async () => {
    expect(await isDaemonAlive(machineWith({ 813: 'node eni-agent daemon ' }), reportOf())).toBe(false);
  });
});

describe('where processes of others are hidden', () => {
  const late = reportOf({ nextLookAt: ago(600) });

  test('hidepid=2: no process but our own', async () => {
    const system = new FakeSystem();
    expect(await isDaemonAlive(system, reportOf())).toBe(true);
    expect(await isDaemonAlive(system, late)).toBe(false);
  });

  test('hidepid=1: it is there, and cannot be read', async () => {
    const system = machineWith({ 812: '' });
    const read = system.readFile.bind(system);
    system.readFile = async path => {
      if (path === '/proc/812/cmdline') throw new Error('EPERM');
      return read(path);
    };
    expect(await isDaemonAlive(system, reportOf())).toBe(true);
    expect(await isDaemonAlive(system, late)).toBe(false);
  });
});
