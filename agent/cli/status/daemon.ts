// What `status` says of the daemon, for people: does it run, when does it look, what does it wait for, what is wrong. Pure.
import { type DaemonView, isLate } from '../../daemon/liveness.ts';
import { type Notice, noticesOf } from '../../daemon/notices.ts';
import type { Report } from '../../daemon/report.ts';
import { clockTime, describeAge } from '../../model/time-text.ts';
import { startCommand } from '../../system/run-mode.ts';
import { green, red, type Style, yellow } from '../describe.ts';

/** Lines without the heading. @param now milliseconds since the epoch */
export function describeDaemon(daemon: DaemonView, now: number, style: Style): readonly string[] {
  const { report, isAlive, mode } = daemon;
  if (report === undefined || !isAlive) {
    if (mode === 'on-demand')
      return [
        'on demand: no daemon; a pass runs when a NIC appears or disappears, and on a timer',
        '"systemctl list-timers eni-agent-once.timer" shows the next one, "journalctl -u eni-agent-once" the last ones',
      ];
    const died =
      report && `; the last daemon checked ${describeAge(report.lookedAt, now)} ago and has exited`;
    return [
      `${yellow(style, 'not running')}: nothing reacts to changes${died ?? ''}`,
      `start it with "${startCommand[mode]}", or run "eni-agent once" after each change`,
    ];
  }
  return [
    `${green(style, 'running')} since ${clockTime(report.startedAt)} (${describeAge(report.startedAt, now)}), last check ${describeAge(report.lookedAt, now)} ago (${report.lastTriggers.join(', ')})`,
    ...(isLate(report, now) ? [] : [nextLook(report, now)]),
    ...noticesOf(report, now).flatMap(notice => noticeLines(notice, style)),
  ];
}

const moods: Readonly<Record<Report['mood'], string>> = {
  quiet: 'no recent changes',
  watchful: 'something changed recently; more may follow',
  lagging: 'something is still missing',
  failing: 'the last check or change failed',
  braked: 'repairs are paused (brake)',
};

function nextLook(report: Report, now: number): string {
  const seconds = Math.max(0, Math.ceil((Date.parse(report.nextLookAt) - now) / 1000));
  const why =
    report.waitingFor.length === 0 ? moods[report.mood] : `waiting: ${report.waitingFor.join('; ')}`;
  return `next check in ${seconds}s: ${why}`;
}

function noticeLines({ text, more, needsAttention }: Notice, style: Style): readonly string[] {
  return [needsAttention ? red(style, `! ${text}`) : yellow(style, text), ...more.map(line => `  ${line}`)];
}
