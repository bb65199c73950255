// `doctor`: the daemon against what is installed, what it reports, sections that are about no ENI, and what mends a difference.
import { describe, expect, test } from 'vitest';
import type { DaemonView } from '../../../agent/daemon/liveness.ts';
import type { Report } from '../../../agent/daemon/report.ts';
import { daemonFindings, repairHint, sections } from '../../../agent/doctor/agent-itself.ts';
import { build } from '../../../agent/model/build.ts';
import { ago, inspectionOf, now, reportOf, skippedOf } from '../../support/example-look.ts';
import { settingsFrom } from '../../support/settings-from.ts';

const found = inspectionOf();
const of = (more: Partial<Report> = {}): DaemonView => ({
  report: reportOf({ build, ...more }),
  isAlive: true,
  mode: 'systemd',
});

describe('the daemon', () => {
  test('runs, and is what is installed', () =>
    expect(daemonFindings(found, of(), now)).toEqual([
      { check: 'daemon', verdict: 'ok', saw: 'running, last check 12s ago', hint: undefined },
    ]));

  test('is the program of before an upgrade', () => {
    const [first] = daemonFindings(
      found,
      of({ build: { version: '0.0.1', commit: 'abc', date: null } }),
      now,
    );
    expect(first).toMatchObject({
      verdict: 'warning',
      saw: expect.stringMatching(/^the daemon is 0\.0\.1 .*, installed is /),
      hint: expect.stringContaining('restart'),
    });
  });

  test('has something to say: a warning each, with what to do', () => {
    const error = { code: 'file-failed', message: 'm', hint: 'h', since: ago(1), times: 1 } as const;
    const told = daemonFindings(found, of({ error, refused: true, pausedUntil: ago(-60) }), now);
    expect(told.map(f => [f.verdict, f.hint])).toEqual([
      ['warning', '"eni-agent once --force" applies it'],
      ['warning', 'h'],
    ]);
  });

  test.each<[DaemonView['mode'], string, string | undefined]>([
    ['systemd', 'warning', 'start it with "systemctl start eni-agent"'],
    ['init-script', 'warning', 'start it with "/etc/init.d/eni-agent start"'],
    ['on-demand', 'ok', undefined],
    ['by-hand', 'ok', undefined],
  ])('none runs, %s: %s', (mode, verdict, hint) => {
    for (const report of [undefined, reportOf()])
      expect(daemonFindings(found, { report, isAlive: false, mode }, now)).toMatchObject([{ verdict, hint }]);
  });
});

describe('sections', () => {
  const lines = ['[eni "00:16:3e:00:00:02"]', 'mtu = 1400', '[eni "00:16:3e:00:00:77"]', 'mtu = 1400'];

  test('one that matches no ENI', async () => {
    const settings = await settingsFrom(lines.join('\n'));
    expect(sections(inspectionOf(), { settings })).toMatchObject([
      { verdict: 'warning', saw: expect.stringContaining('00:16:3e:00:00:77') },
    ]);
    const skipped = [{ ...skippedOf('ignored', 'ignored'), mac: '00:16:3e:00:00:77' as never }];
    expect(sections(inspectionOf({ skipped }), { settings })).toEqual([]);
  });

  test('one for the primary', async () => {
    const inspection = inspectionOf();
    const settings = await settingsFrom(`[eni "${inspection.primary!.mac}"]\nmtu = 1400`);
    expect(sections(inspection, { settings })).toMatchObject([
      { verdict: 'warning', saw: expect.stringContaining('is for the primary ENI') },
    ]);
  });

  test('without an answer of the metadata nothing is known', async () => {
    const settings = await settingsFrom(lines.join('\n'));
    expect(sections(inspectionOf({ cloud: undefined }), { settings })).toEqual([]);
  });
});

test.each<[string, boolean, Partial<Report>, RegExp]>([
  ['nothing in the way', false, {}, /^"eni-agent once" repairs it/],
  [
    'the brake',
    false,
    { brake: { until: ago(-60), text: 'missing: a' } },
    /paused until 2026-01-15 10:01:00 UTC.*alone does not help/,
  ],
  ['a pause', false, { pausedUntil: ago(-60) }, /"eni-agent resume"/],
  ['rolled back', true, {}, /once --force/],
])('what mends a difference: %s', (_name, refused, more, expected) =>
  expect(repairHint(inspectionOf({ refused }), of(more))).toMatch(expected),
);
