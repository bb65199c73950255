// `status --cached`: what the daemon has reported, and nothing else. For checks that run each minute on each machine: no root, no metadata,
// no program is started. Pure.

import type { DaemonView } from '../../daemon/liveness.ts';
import { attentionOf } from '../../daemon/notices.ts';
import type { Report, ReportedEni } from '../../daemon/report.ts';
import { describeLiveOnly } from '../../model/live-only.ts';
import { describeAge } from '../../model/time-text.ts';
import { describePause } from '../../pass/pause.ts';
import { type Style, yellow } from '../describe.ts';
import { asLines, fold } from '../layout.ts';
import type { Brief } from './brief.ts';
import { describeDaemon } from './daemon.ts';
import { headed, summary } from './heading.ts';
import { daemonJson } from './json.ts';
import type { RowState, StatusRow } from './rows.ts';
import { describeTable, hiddenReasons } from './table.ts';

/** The report, if it can be believed: its daemon lives. @param now milliseconds since the epoch */
function reportOf({ report, isAlive }: DaemonView): Report | undefined {
  return isAlive ? report : undefined;
}

/** As all that say it; undefined: no daemon that lives reports one. */
export function pauseOf(daemon: DaemonView, now: number): string | undefined {
  const until = reportOf(daemon)?.pausedUntil ?? null;
  return until === null ? undefined : describePause(Date.parse(until), now);
}

/** Why exit code 2; empty: exit code 0. */
export function cachedAttention(daemon: DaemonView, now: number): readonly string[] {
  const report = reportOf(daemon);
  return report === undefined ? [unknownText(daemon, now)] : attentionOf(report, now);
}

export function cachedBrief(daemon: DaemonView, now: number): Brief {
  const report = reportOf(daemon);
  return {
    states: report && rowsOf(report).map(row => row.state),
    attention: cachedAttention(daemon, now),
    pause: pauseOf(daemon, now),
    age: report && describeAge(report.lookedAt, now),
  };
}

export function cachedJson(daemon: DaemonView, now: number) {
  const report = reportOf(daemon);
  return {
    version: 1,
    source: 'report',
    attention: cachedAttention(daemon, now),
    daemon: report === undefined ? null : daemonJson(report),
  };
}

export function cachedText(daemon: DaemonView, now: number, style: Style): string {
  const report = reportOf(daemon);
  const rows = report === undefined ? [] : rowsOf(report);
  const head = [
    ...headed('Source', ['the report of the daemon; the machine itself was not looked at'], style),
    ...headed('Daemon', describeDaemon(daemon, now, style), style),
    ...headed('ENIs', [report === undefined ? notKnown : summary(rows, style)], style),
  ];
  // What is live only is said above.
  const live = report?.liveOnly && describeLiveOnly(report.liveOnly);
  const degraded = (report?.degraded ?? []).filter(text => text !== live);
  const warnings = degraded.map(text => yellow(style, `warning: ${text}`));
  const reasons = hiddenReasons(rows, now, style);
  const lines = [
    ...fold(head, style),
    ...(rows.length === 0 ? [] : ['', ...describeTable(rows, now, style)]),
    ...(reasons.length === 0 ? [] : ['', ...fold(reasons, style)]),
    ...(warnings.length === 0 ? [] : ['', ...fold(warnings, style)]),
  ];
  return `${asLines(lines).join('\n')}\n`;
}

const notKnown = 'not known; "eni-agent status" looks at the machine itself';

function unknownText({ report, mode }: DaemonView, now: number): string {
  if (mode === 'on-demand')
    return 'no report: the agent runs on demand, without a daemon; "eni-agent status" looks at the machine itself';
  if (report === undefined)
    return 'no report: no daemon has written one that can be read since this machine started';
  return `no daemon: the last one checked ${describeAge(report.lookedAt, now)} ago and has exited`;
}

const wrongStates: readonly RowState[] = ['failed', 'contested', 'left-over'];

function rowsOf(report: Report): readonly StatusRow[] {
  return report.enis.map(eni => {
    const state = stateOf(eni, report);
    const needsAttention = report.degraded.includes(`${eni.eniId ?? eni.mac}: ${eni.text}`);
    return {
      mac: eni.mac,
      eniId: eni.eniId,
      link: eni.link,
      addresses: [],
      table: undefined,
      state,
      since: eni.since,
      reason: eni.reason === undefined ? eni.text : `${eni.reason}: ${eni.text}`,
      lastError: eni.lastError,
      owner: undefined,
      shadows: [],
      isWrong: needsAttention || wrongStates.includes(state) || report.notAsPlanned.includes(eni.mac),
    };
  });
}

function stateOf({ mac, state }: ReportedEni, { notAsPlanned, leftOver }: Report): RowState {
  if (leftOver.includes(mac)) return 'left-over';
  return state === 'working' && notAsPlanned.includes(mac) ? 'not-as-planned' : state;
}
