// What the log says when the report changes: what a person has to look at, and that it is over.
import { expect, test } from 'vitest';
import type { Report, ReportedEni } from '../../../agent/daemon/report.ts';
import { tell, tellProblems } from '../../../agent/daemon/tell.ts';
import { textLine } from '../../../agent/log/text.ts';
import { logAt } from '../../../agent/log.ts';
import { parseMac } from '../../../agent/model/address.ts';
import { reportOf } from '../../support/example-look.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
const eni = (more: Partial<ReportedEni>): ReportedEni => ({
  mac: parseMac('02:00:00:00:00:02')!,
  eniId: 'eni-2',
  link: 'eth1',
  state: 'working',
  since: at(0),
  text: undefined,
  reason: undefined,
  lastError: undefined,
  ...more,
});
const report = (seconds: number, enis: readonly ReportedEni[], more: Partial<Report> = {}): Report =>
  reportOf({ lookedAt: at(seconds), enis, ...more });

function said(...reports: readonly Report[]): readonly string[] {
  const lines: string[] = [];
  const log = logAt('debug', (level, fields, message) => lines.push(`${level} ${textLine(fields, message)}`));
  let before: Report | undefined;
  for (const now of reports) {
    tell(log, before, now);
    before = now;
  }
  return lines;
}

const foreign = eni({ state: 'left-alone', reason: 'foreign-file', text: '/etc/x is not ours' });
const ignored = eni({ state: 'left-alone', reason: 'ignored', text: 'the configuration says so' });
const waiting = eni({ state: 'waiting', reason: 'no-link', text: 'no link has this MAC' });
const error = { code: 'verify-failed', message: 'missing: x', hint: '', since: at(0), times: 2 } as const;
const brake = { until: at(60), text: 'missing: x' };

test('an ENI that is left alone: a warning if it needs care, once, and the end', () => {
  expect(said(report(0, [foreign]), report(60, [foreign]), report(120, [eni({})]))).toEqual([
    'warn eth1 eni-2: left alone: /etc/x is not ours',
    'info eth1 eni-2: works, after it was left-alone',
  ]);
  expect(said(report(0, [ignored]))).toEqual(['info eth1 eni-2: left alone: the configuration says so']);
  expect(said(report(0, [ignored]), report(60, [foreign]))).toHaveLength(2);
});

test('an ENI that waits: a warning after a minute, once, and the end', () => {
  const times = [0, 1, 59, 61, 120, 180];
  expect(said(...times.map(seconds => report(seconds, [waiting])), report(181, [eni({})]))).toEqual([
    'warn eth1 eni-2: waits: no link has this MAC',
    'info eth1 eni-2: works, after it was waiting',
  ]);
  expect(said(report(0, [waiting]), report(30, [eni({})]))).toEqual([]);
});

test('work by hand is waited for without a warning', () => {
  const paused = { pausedUntil: at(600) };
  expect(said(report(0, [waiting], paused), report(300, [waiting], paused), report(601, [waiting]))).toEqual(
    [],
  );
});

test('the end of a problem and of the brake', () => {
  expect(said(report(0, [eni({})], { error }), report(60, [eni({})]))).toEqual([
    'info works again; the last problem was: missing: x [verify-failed] since=2026-01-01T00:00:00.000Z',
  ]);
  expect(said(report(0, [eni({})], { brake }), report(60, [eni({})]))).toEqual([
    'info the pause of repairs is over',
  ]);
});

test('the ears of the daemon', () => {
  const lines: string[] = [];
  const log = logAt('debug', (level, fields, message) => lines.push(`${level} ${textLine(fields, message)}`));
  tellProblems(log, [], ['a']);
  tellProblems(log, ['a'], ['a', 'b']);
  tellProblems(log, ['a', 'b'], ['b']);
  expect(lines).toEqual(['warn a', 'warn b', 'info no longer: a']);
});
