// What a person reads: the table, the lines about the daemon, the details; and when the exit code says that somebody should look.
import { describe, expect, test } from 'vitest';
import { lookAttention } from '../../../agent/cli/status/attention.ts';
import { describeDaemon } from '../../../agent/cli/status/daemon.ts';
import { type StatusRow, statusRows } from '../../../agent/cli/status/rows.ts';
import { describeTable } from '../../../agent/cli/status/table.ts';
import { type StatusView, statusText } from '../../../agent/cli/status/text.ts';
import type { DaemonView } from '../../../agent/daemon/liveness.ts';
import type { Report } from '../../../agent/daemon/report.ts';
import { AgentError } from '../../../agent/errors.ts';
import { printableLines } from '../../../agent/log/text.ts';
import { describeLiveOnly } from '../../../agent/model/live-only.ts';
import { describeAge } from '../../../agent/model/time-text.ts';
import type { Inspection } from '../../../agent/pass/inspect.ts';
import {
  ago,
  comparisonOf,
  firstPlan,
  inspectionOf,
  now,
  reportedOf,
  reportOf,
  secondPlan,
  skippedOf,
} from '../../support/example-look.ts';

const plain = { colour: false, verbose: false };
const colours = /\u001b\[\d+m/g;

function lookOf(more: Partial<Inspection> = {}, report?: Report): StatusView {
  const found = inspectionOf(more);
  const daemon: DaemonView = { report, isAlive: report !== undefined, mode: 'systemd' };
  const rows = statusRows(found, report);
  return { found, daemon, rows, attention: lookAttention(found, daemon, rows, now), config: undefined, now };
}

/** The daemon that wrote the report has exited. */
function deadLook(report: Report): StatusView {
  const look = lookOf();
  const daemon: DaemonView = { report, isAlive: false, mode: 'systemd' };
  return { ...look, daemon, attention: lookAttention(look.found, daemon, look.rows, now) };
}

test.each([
  [ago(0), '0s'],
  [ago(59), '59s'],
  [ago(60), '1m'],
  [ago(3599), '59m'],
  [ago(3600), '1h'],
  [ago(47 * 3600), '47h'],
  [ago(48 * 3600), '2d'],
  // A clock that was set back.
  [ago(-5), '0s'],
  [undefined, '-'],
  ['yesterday', '-'],
])('the age of %s is %s', (time, age) => expect(describeAge(time, now)).toBe(age));

describe('the table', () => {
  const broken = comparisonOf(firstPlan, 'missing: rule 4 28600 from 10.0.2.0/24 iif lo lookup 28000');
  const foreign = skippedOf(
    'foreign-file',
    '/etc/network/interfaces.d/60-eni-eth9 was not written by eni-agent; move it away',
  );
  const rows = (more: Partial<Inspection>) => statusRows(inspectionOf(more), reportOf());

  test('is aligned, and has no blanks at the end', () => {
    expect(describeTable(rows({}), now, plain)).toEqual([
      '  ENI    LINK  ADDRESSES     TABLE  STATE        SINCE',
      '  eni-0  eth0  10.0.1.10     main   not managed  -',
      '  eni-1  eth1  10.0.2.10 +4  28000  working      2h',
      '  eni-2  eth2  10.0.3.20     28001  working      2h',
    ]);
  });

  test('a column that says nothing is left out: no daemon, no SINCE', () => {
    const [head] = describeTable(statusRows(inspectionOf(), undefined), now, plain);
    expect(head).toBe('  ENI    LINK  ADDRESSES     TABLE  STATE');
  });

  test('marks what is wrong; without a terminal every word is there', () => {
    const lines = describeTable(rows({ enis: [broken], skipped: [foreign] }), now, plain);
    expect(lines.map(line => line[0])).toEqual([' ', ' ', '!', '!']);
    expect(lines[3]).toMatch(
      / {2}left alone .* foreign-file: \/etc\/\S+ was not .* move it away +administrator: \/etc/,
    );
  });

  test.each([
    [300, ['ENI', 'LINK', 'ADDRESSES', 'TABLE', 'STATE', 'SINCE', 'REASON OR LAST ERROR', 'OWNER']],
    [120, ['ENI', 'LINK', 'ADDRESSES', 'TABLE', 'STATE', 'SINCE', 'OWNER']],
    [80, ['ENI', 'LINK', 'ADDRESSES', 'TABLE', 'STATE', 'SINCE']],
    [50, ['ENI', 'LINK', 'ADDRESSES', 'STATE', 'SINCE']],
    [45, ['ENI', 'LINK', 'ADDRESSES', 'STATE']],
  ])('a terminal of %i columns has room for %j', (columns, expected) => {
    const found = { enis: [broken, comparisonOf(secondPlan)], skipped: [foreign] };
    const lines = describeTable(rows(found), now, { ...plain, columns });
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    expect(lines[0]!.trim().split(/ {2,}/)).toEqual(expected);
  });

  test('long ids and an IPv6 address: the number of addresses is enough', () => {
    const [, row] = rows({});
    const long = {
      ...row!,
      eniId: '1f0e6b3a-5d3c-4a52-9d3e-0c9f7b6a1e22',
      addresses: ['2600:1f16:292:100:c187:593c:4349:136', '2600:1f16:292:100:f153:12a3:c37c:11f9'],
    };
    const lines = describeTable([long], now, { ...plain, columns: 80 });
    expect(lines).toEqual([
      '  ENI                                   LINK  ADDRESSES  STATE',
      '  1f0e6b3a-5d3c-4a52-9d3e-0c9f7b6a1e22  eth1  2          working',
    ]);
  });

  test('an error that is over is shown with its age', () => {
    const eni = { ...reportOf().enis[0]!, lastError: { at: ago(300), text: 'ifup failed' } };
    const table = describeTable(statusRows(inspectionOf(), reportOf({ enis: [eni] })), now, plain);
    expect(table[2]).toMatch(/ {2}5m ago: ifup failed$/);
  });

  test('colours add nothing but colours', () => {
    const mixed = rows({ enis: [broken, comparisonOf(secondPlan)], skipped: [foreign] });
    const painted = describeTable(mixed, now, { colour: true }).map(printableLines);
    expect(painted.map(line => line.replace(colours, ''))).toEqual(describeTable(mixed, now, plain));
    expect(painted[2]).toContain('\u001b[31mnot as planned');
    expect(painted[3]).toContain('\u001b[32mworking');
    expect(painted[1]).not.toMatch(colours);
  });
});

describe('the daemon', () => {
  const lines = (more: Partial<Report>) =>
    describeDaemon({ report: reportOf(more), isAlive: true, mode: 'systemd' }, now, plain);

  test('has nothing to do', () => {
    expect(lines({})).toEqual([
      'running since 2026-01-15 07:00:00 UTC (3h), last check 12s ago (timer)',
      'next check in 48s: no recent changes',
    ]);
  });

  test.each<[string, Partial<Report>, readonly string[]]>([
    [
      'waits',
      { mood: 'lagging', waitingFor: ['eth1: the DHCP lease'], nextLookAt: ago(-1) },
      ['next check in 1s: waiting: eth1: the DHCP lease'],
    ],
    [
      'hangs',
      { nextLookAt: ago(300) },
      ['! next check overdue by 5m: the daemon (process 812) seems to hang; restart it'],
    ],
    ['a look that takes a while', { nextLookAt: ago(30) }, ['next check in 0s: no recent changes']],
    [
      'gets no metadata',
      {
        mood: 'failing',
        metadata: { state: 'failing', answeredAt: ago(600) },
        error: {
          code: 'metadata-unreachable',
          message: 'refused',
          hint: 'check it',
          since: ago(590),
          times: 7,
        },
      },
      [
        'next check in 48s: the last check or change failed',
        '! metadata failing: last answer 10m ago; the current configuration is kept',
        '! error: refused (metadata-unreachable, 7 times in 9m)',
        '  check it',
      ],
    ],
    [
      'never had any metadata',
      { metadata: { state: 'failing', answeredAt: undefined } },
      [
        'next check in 48s: no recent changes',
        '! metadata failing: never answered; the current configuration is kept',
      ],
    ],
    [
      'has its brake on',
      { mood: 'braked', brake: { until: ago(-240), text: 'missing: rule 4 28600' } },
      [
        'next check in 48s: repairs are paused (brake)',
        '! brake: something keeps undoing the repairs; they are paused until 2026-01-15 10:04:00 UTC',
        '  undone: missing: rule 4 28600',
        expect.stringContaining('doctor'),
        expect.stringContaining('tries once more'),
      ],
    ],
    [
      'has its brake on, and knows since when',
      {
        brake: { until: ago(-240), text: 'missing: a' },
        enis: [reportedOf(firstPlan, { state: 'contested', since: ago(300), text: 'it' })],
      },
      [
        'next check in 48s: no recent changes',
        '! brake: something keeps undoing the repairs, since 2026-01-15 09:55:00 UTC (5m); they are paused until 2026-01-15 10:04:00 UTC',
        '  undone: missing: a',
        expect.stringContaining('doctor'),
        expect.stringContaining('tries once more'),
      ],
    ],
    [
      'is hard of hearing',
      { problems: ['ip monitor ended'] },
      ['next check in 48s: no recent changes', '! problem: ip monitor ended'],
    ],
  ])('%s', (_name, more, expected) => expect(lines(more).slice(1)).toEqual(expected));

  test('does not run', () => {
    const [never, advice] = describeDaemon(
      { report: undefined, isAlive: false, mode: 'systemd' },
      now,
      plain,
    );
    expect(never).toBe('not running: nothing reacts to changes');
    expect(advice).toBe(
      'start it with "systemctl start eni-agent", or run "eni-agent once" after each change',
    );
    const [died] = describeDaemon(
      { report: reportOf({ lookedAt: ago(7200) }), isAlive: false, mode: 'systemd' },
      now,
      plain,
    );
    expect(died).toBe(
      'not running: nothing reacts to changes; the last daemon checked 2h ago and has exited',
    );
  });

  test('runs on demand', () => {
    const [what, where] = describeDaemon(
      { report: undefined, isAlive: false, mode: 'on-demand' },
      now,
      plain,
    );
    expect(what).toBe('on demand: no daemon; a pass runs when a NIC appears or disappears, and on a timer');
    expect(where).toContain('eni-agent-once.timer');
  });
});

describe('the whole text', () => {
  const silent = new AgentError('metadata-unreachable', 'no answer');
  const unknown = new AgentError('backend-unknown', 'nothing owns the links');
  const broken = comparisonOf(firstPlan, 'link eth1 is down');

  test('all is well: no details', () => {
    const text = statusText(lookOf({}, reportOf()), plain);
    expect(text).toContain('\nENIs     2 secondary, all as planned\n');
    expect(text.trimEnd().split('\n').at(-1)).toMatch(/^ {2}eni-2 /);
  });

  test('--verbose has details of all', () => {
    const text = statusText(lookOf(), { ...plain, verbose: true });
    expect(text).toContain('ENI eni-1 on eth1\n  state      working\n');
    expect(text).toContain('ENI eni-2 on eth2\n');
  });

  test('details of what is wrong, and only of that', () => {
    const text = statusText(lookOf({ enis: [broken, comparisonOf(secondPlan)] }), plain);
    expect(text).toContain('\nENIs     2 secondary: 1 not as planned, 1 working\n');
    expect(text).toContain('ENI eni-1 on eth1\n  state      not as planned: link eth1 is down\n  to do ');
    expect(text).not.toContain('ENI eni-2');
  });

  test.each<[string, Partial<Inspection>, Report | undefined, string]>([
    ['no daemon', {}, undefined, '"eni-agent once" repairs it'],
    ['a daemon', {}, reportOf(), 'the daemon repairs it'],
    ['rolled back by hand', { refused: true }, reportOf(), 'once --force'],
    ['a pause', {}, reportOf({ pausedUntil: ago(-600) }), '"eni-agent resume" ends it'],
    ['no metadata', { cloud: undefined, failure: silent }, undefined, 'metadata service first'],
    ['no backend', { cloud: undefined, failure: unknown }, undefined, 'eni-agent doctor'],
  ])('what to do: %s', (_name, more, report, advice) => {
    const text = statusText(lookOf({ enis: [broken], ...more }, report), plain);
    expect(/^ {2}to do +(.*)$/m.exec(text)?.[1]).toContain(advice);
  });

  test('no ENI', () => {
    expect(statusText(lookOf({ enis: [] }), plain)).toContain('\nENIs     no secondary ENI\n');
  });
});

test('what is live only is one reason', () => {
  const live = { since: ago(60), links: ['eth1'], reason: 'why', nextStep: 'restart it' };
  const found = { liveOnly: live, degraded: [describeLiveOnly(live)] };
  expect(lookOf(found, reportOf({ liveOnly: live })).attention).toHaveLength(1);
  expect(lookOf(found).attention).toEqual([describeLiveOnly(live)]);
});

describe('exit code 2', () => {
  const error = { code: 'file-failed', message: 'm', hint: 'h', since: ago(1), times: 1 } as const;
  test.each<[string, StatusView, boolean]>([
    ['all is well', lookOf({}, reportOf()), false],
    ['no daemon', lookOf(), false],
    ['an ENI is not as planned', lookOf({ enis: [comparisonOf(firstPlan, 'a fault')] }), true],
    ['left over', lookOf({ leftOver: [firstPlan] }), true],
    ['degraded', lookOf({ degraded: ['something'] }), true],
    ['left alone on purpose', lookOf({ skipped: [skippedOf('ignored', 'ignored', false)] }), false],
    ['the daemon reports an error', lookOf({}, reportOf({ error })), true],
    ['its brake is on', lookOf({}, reportOf({ brake: { until: ago(-9), text: 't' } })), true],
    ['its configuration cannot be read', lookOf({}, reportOf({ problems: ['no key "x"'] })), true],
    ['it hangs', lookOf({}, reportOf({ nextLookAt: ago(600) })), true],
    ['a dead daemon had an error', deadLook(reportOf({ error })), false],
  ])('%s', (_name, look, expected) => expect(look.attention.length > 0).toBe(expected));
});

test('rows are all that the table needs', () => {
  const row: StatusRow = { ...statusRows(inspectionOf(), undefined)[1]!, eniId: undefined, link: undefined };
  expect(describeTable([row], now, plain)[1]).toMatch(/^ {2}00:16:3e:00:00:02 {2}10/);
});
