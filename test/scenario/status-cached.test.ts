// `status --cached` on a machine: by the report alone, whoever asks, whatever else is broken.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Report, reportPath } from '../../agent/daemon/report.ts';
import { reportedOf, reportOf } from '../support/example-look.ts';
import { createMachine, type Machine } from '../support/fake-machine.ts';
import { loadRecording } from '../support/metadata-emulator-recordings.ts';

let machine: Machine;
beforeEach(async () => {
  machine = await createMachine({ recording: loadRecording('aws', 'two-enis') });
  await machine.agent('once');
});
afterEach(() => machine.close());

const requests = () => machine.metadata.counters().requests;

function running(more: Partial<Report> = {}): void {
  const [plan] = machine.state().applied;
  const now = machine.system.now();
  const report = reportOf({ enis: [reportedOf(plan!)], ...more });
  machine.system.put(
    reportPath,
    JSON.stringify({ ...report, nextLookAt: new Date(now + 1000).toISOString(), ...more }),
  );
  machine.system.put(`/proc/${report.pid}/cmdline`, 'node\0/usr/lib/eni-agent/eni-agent.cjs\0daemon\0');
}

describe('a living daemon', () => {
  test('no request, no program, no root, and not even a configuration that can be read', async () => {
    running();
    machine.system.put('/etc/eni-agent/eni-agent.conf', '[nonsense');
    const before = requests();
    machine.system.run = async argv => {
      throw new Error(`started ${argv.join(' ')}`);
    };
    expect(await machine.nobody('status', '--cached')).toMatchObject({ code: 0, err: '' });
    expect(await machine.nobody('status', '--cached', '--brief')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^OK - 1 ENI working; checked \S+ ago\n$/),
    });
    const { out } = await machine.nobody('status', '--cached', '--json');
    expect(JSON.parse(out)).toMatchObject({
      version: 1,
      source: 'report',
      attention: [],
      daemon: { pid: 812 },
    });
    expect(requests()).toBe(before);
  });

  test('what is wrong: exit code 2, and the reason', async () => {
    running({ degraded: ['eth1: no DHCP lease yet, so the subnet is unknown'] });
    const { code, out } = await machine.nobody('status', '--cached');
    expect(code).toBe(2);
    expect(out).toContain('no DHCP lease yet');
  });
});

test('no report, a report of a process that is another by now, one that cannot be understood', async () => {
  expect(await machine.nobody('status', '--cached')).toMatchObject({ code: 2 });
  running();
  machine.system.put('/proc/812/cmdline', 'sshd\0');
  const { code, out } = await machine.nobody('status', '--cached');
  expect([code, out]).toEqual([2, expect.stringContaining('not running')]);
  machine.system.put(reportPath, '{');
  expect(await machine.nobody('status', '--cached', '--brief')).toMatchObject({
    code: 2,
    out: expect.stringMatching(/^CRITICAL - no report/),
  });
});

test('a daemon of an earlier version: what its report does not have is not missed', async () => {
  running();
  const {
    refused: _,
    degraded: _d,
    notAsPlanned: _n,
    leftOver: _l,
    pausedUntil: _p,
    ...rest
  } = JSON.parse(machine.system.files.get(reportPath)!.content) as Report;
  machine.system.put(reportPath, JSON.stringify(rest));
  expect(await machine.nobody('status', '--cached')).toMatchObject({ code: 0, err: '' });
});

test('--brief looks at the machine itself without --cached', async () => {
  expect(await machine.nobody('status', '--brief')).toMatchObject({ code: 0, out: 'OK - 1 ENI working\n' });
  machine.system.sh('ip -4 rule del priority 28600');
  const { code, out } = await machine.nobody('status', '--brief');
  expect(code).toBe(2);
  expect(out).toMatch(/^CRITICAL - 1 ENI not as planned; eth1 not as planned: missing: rule 4 28600 .*\n$/);
});

test.each([
  ['--cached', '--watch'],
  ['--cached', '--verbose'],
  ['--brief', '--watch'],
  ['--brief', '--json'],
])('%s and %s are refused', async (...options) => {
  expect(await machine.nobody('status', ...options)).toMatchObject({ code: 64 });
});
