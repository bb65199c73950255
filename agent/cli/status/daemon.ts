// What `status` says of the daemon, for people: does it run, when does it look, what does it wait for, what is wrong. Pure.
import { isLate } from '../../daemon/liveness.ts';
import type { Report } from '../../daemon/report.ts';
import { green, red, type Style, yellow } from '../describe.ts';
import { type RunMode, startCommand } from '../run-mode.ts';
import { describeAge } from './table.ts';

export interface DaemonView {
  /** Of the last daemon that wrote one; undefined if none did since the machine started. */
  readonly report: Report | undefined;
  readonly isAlive: boolean;
  readonly mode: RunMode;
}

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
    nextLook(report, now, style),
    ...troubles(report, now, style),
    ...report.problems.map(problem => yellow(style, `! problem: ${problem}`)),
  ];
}

/** True if the daemon, or something that it met, needs attention. */
export function isDaemonTroubled({ report, isAlive }: DaemonView, now: number): boolean {
  if (report === undefined || !isAlive) return false;
  return report.error !== null || report.brake !== null || isLate(report, now);
}

const moods: Readonly<Record<Report['mood'], string>> = {
  quiet: 'no recent changes',
  watchful: 'something changed recently; more may follow',
  lagging: 'something is still missing',
  failing: 'the last check or change failed',
  braked: 'repairs are paused (brake)',
};

function nextLook(report: Report, now: number, style: Style): string {
  if (isLate(report, now)) {
    const late = `! next check overdue by ${describeAge(report.nextLookAt, now)}: the daemon (process ${report.pid}) seems to hang; restart it`;
    return red(style, late);
  }
  const seconds = Math.max(0, Math.ceil((Date.parse(report.nextLookAt) - now) / 1000));
  const why =
    report.waitingFor.length === 0 ? moods[report.mood] : `waiting: ${report.waitingFor.join('; ')}`;
  return `next check in ${seconds}s: ${why}`;
}

function troubles({ metadata, error, brake }: Report, now: number, style: Style): readonly string[] {
  const lines: string[] = [];
  if (metadata.state === 'failing') {
    const last =
      metadata.answeredAt === undefined
        ? 'never answered'
        : `last answer ${describeAge(metadata.answeredAt, now)} ago`;
    lines.push(red(style, `! metadata failing: ${last}; the current configuration is kept`));
  }
  if (error !== null) {
    const often =
      error.times > 1
        ? `, ${error.times} times in ${describeAge(error.since, now)}`
        : ` ${describeAge(error.since, now)} ago`;
    lines.push(red(style, `! error: ${error.message} (${error.code}${often})`), `  ${error.hint}`);
  }
  if (brake !== null) {
    lines.push(
      red(
        style,
        `! brake: repairs are paused until ${clockTime(brake.until)}, because something keeps undoing them`,
      ),
      `  undone: ${brake.text}`,
      '  find what undoes them ("eni-agent doctor" names known programs that configure ENIs)',
    );
  }
  return lines;
}

/** To the second, in UTC. */
function clockTime(time: string): string {
  return time.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');
}
