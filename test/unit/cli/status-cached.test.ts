// `status --cached` and `--brief`: what is shown of a report, and when the exit code says that somebody should look.
import { describe, expect, test } from 'vitest';
import { briefLine } from '../../../agent/cli/status/brief.ts';
import { cachedAttention, cachedBrief, cachedJson, cachedText } from '../../../agent/cli/status/cached.ts';
import type { DaemonView } from '../../../agent/daemon/liveness.ts';
import type { Report } from '../../../agent/daemon/report.ts';
import { describeLiveOnly } from '../../../agent/model/live-only.ts';
import { describePause } from '../../../agent/pass/pause.ts';
import { ago, firstPlan, now, reportedOf, reportOf, secondPlan } from '../../support/example-look.ts';

const plain = { colour: false };
const of = (more: Partial<Report> = {}): DaemonView => ({
  report: reportOf(more),
  isAlive: true,
  mode: 'systemd',
});
const none: DaemonView = { report: undefined, isAlive: false, mode: 'systemd' };
const dead: DaemonView = { ...of({ lookedAt: ago(7200) }), isAlive: false };
const onDemand: DaemonView = { ...none, mode: 'on-demand' };

const error = { code: 'file-failed', message: 'm', hint: 'h', since: ago(1), times: 1 } as const;
const failed = reportedOf(firstPlan, { state: 'failed', text: '"ifup eth1" failed (exit 1)' });
const waiting = reportedOf(firstPlan, { state: 'waiting', reason: 'no-link', text: 'no link has it' });

describe('why somebody should look', () => {
  test.each<[string, DaemonView, readonly (string | RegExp)[]]>([
    ['all is well', of(), []],
    ['paused by hand', of({ pausedUntil: ago(-600) }), []],
    ['a NIC that the metadata does not know yet', of({ waitingFor: ['eth9: not in the metadata yet'] }), []],
    [
      'left alone on purpose',
      of({ enis: [reportedOf(firstPlan, { state: 'left-alone', text: 'ignored' })] }),
      [],
    ],
    ['an error', of({ error }), [/^error: m/]],
    ['a brake', of({ brake: { until: ago(-60), text: 'missing: a' } }), [/^brake: /]],
    ['it hangs', of({ nextLookAt: ago(600) }), [/overdue/]],
    ['a wrong configuration', of({ problems: ['no such key'] }), [/no such key/]],
    [
      'rolled back by hand',
      of({ refused: true, notAsPlanned: [firstPlan.mac] }),
      [/rolled back by hand/, 'eth1 not as planned'],
    ],
    ['failed', of({ enis: [failed] }), ['eth1 failed: "ifup eth1" failed (exit 1)']],
    ['failed is said once', of({ enis: [failed], notAsPlanned: [firstPlan.mac] }), [/^eth1 failed/]],
    ['drift', of({ notAsPlanned: [secondPlan.mac] }), ['eth2 not as planned']],
    ['left over', of({ leftOver: [firstPlan.mac] }), [/^eth1 left over/]],
    ['degraded', of({ enis: [waiting], degraded: ['eni-1: no link has it'] }), ['eni-1: no link has it']],
    ['no report', none, [/no report/]],
    ['a daemon that has exited', dead, [/no daemon: the last one checked 2h ago and has exited/]],
    ['on demand', onDemand, [/on demand.*"eni-agent status"/]],
  ])('%s', (_name, daemon, expected) => {
    const found = cachedAttention(daemon, now);
    expect(found).toEqual(expected.map(e => (typeof e === 'string' ? e : expect.stringMatching(e))));
    expect(cachedJson(daemon, now).attention).toEqual(found);
    expect(briefLine(cachedBrief(daemon, now))).toMatch(found.length === 0 ? /^OK - / : /^CRITICAL - /);
  });
});

test('the text: who says it, what the daemon does, a table of what a report has', () => {
  const text = cachedText(of({ enis: [reportedOf(firstPlan), failed] }), now, plain);
  expect(text.split('\n')).toEqual([
    'Source   the report of the daemon; the machine itself was not looked at',
    'Daemon   running since 2026-01-15 07:00:00 UTC (3h), last check 12s ago (timer)',
    '         next check in 48s: no recent changes',
    'ENIs     2 secondary: 1 working, 1 failed',
    '',
    '  ENI    LINK  STATE    SINCE  REASON OR LAST ERROR',
    '  eni-1  eth1  working  2h     -',
    '! eni-1  eth1  failed   2h     "ifup eth1" failed (exit 1)',
    '',
  ]);
});

test('where the table has no room for it, the text says below why an ENI is not as it should be', () => {
  const held = reportedOf(firstPlan, { state: 'waiting', text: 'for the end of the pause' });
  const report = of({ pausedUntil: ago(-600), notAsPlanned: [firstPlan.mac], enis: [held] });
  const lines = cachedText(report, now, { ...plain, columns: 40 }).split('\n');
  expect(lines.slice(-5)).toEqual([
    '  ENI    LINK  STATE    SINCE',
    '! eni-1  eth1  waiting  2h',
    '',
    'eth1 waiting: for the end of the pause',
    '',
  ]);
});

test('what is live only is said once', () => {
  const live = { since: ago(60), links: ['eth1'], reason: 'why', nextStep: 'restart it' };
  const text = cachedText(of({ liveOnly: live, degraded: [describeLiveOnly(live)] }), now, plain);
  expect(text.match(/live only/g)).toHaveLength(1);
});

test.each([
  ['no report', none, 'start it with "systemctl start eni-agent"'],
  ['a daemon that has exited', dead, 'the last daemon checked 2h ago and has exited'],
  ['on demand', onDemand, 'on demand: no daemon'],
])('%s: nothing is claimed, and what to do is said', (_name, daemon, expected) => {
  const text = cachedText(daemon, now, plain);
  expect(text).toContain(expected);
  expect(text).toContain('ENIs     not known; "eni-agent status" looks at the machine itself');
  expect(text).not.toContain('eni-1');
  expect(cachedJson(daemon, now).daemon).toBeNull();
});

describe('one line', () => {
  const working = reportedOf(firstPlan);
  test.each<[Partial<Report>, string]>([
    [{}, 'OK - 2 ENIs working; checked 12s ago'],
    [{ enis: [working] }, 'OK - 1 ENI working; checked 12s ago'],
    [{ enis: [] }, 'OK - no secondary ENI; checked 12s ago'],
    [
      { pausedUntil: ago(-600) },
      `OK - 2 ENIs working; ${describePause(Date.parse(ago(-600)), now)}; checked 12s ago`,
    ],
    [
      { enis: [working, failed] },
      'CRITICAL - 2 ENIs: 1 working, 1 failed; eth1 failed: "ifup eth1" failed (exit 1); checked 12s ago',
    ],
    [{ enis: [], problems: ['a|b\nc'] }, 'CRITICAL - no secondary ENI; problem: a/b c; checked 12s ago'],
  ])('%j', (more, expected) => expect(briefLine(cachedBrief(of(more), now))).toBe(expected));

  test('has an end', () => {
    const line = briefLine(cachedBrief(of({ degraded: ['x'.repeat(100), 'y'.repeat(200)] }), now));
    expect(line).toHaveLength(250);
    expect(line).toMatch(/\.\.\.$/);
  });
});
