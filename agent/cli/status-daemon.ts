// What `status` says of the daemon, for people: does it run, when does it look, what does it wait for, what is wrong. Pure.
import { isLate } from '../daemon/liveness.ts';
import type { Report } from '../daemon/report.ts';
import { green, red, type Style, yellow } from './describe.ts';
import { type RunMode, startCommand } from './run-mode.ts';
import { describeAge } from './status-table.ts';

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
        'on demand: no daemon; a pass runs when a NIC comes or goes, and by the clock',
        '"systemctl list-timers eni-agent-once.timer" shows when, "journalctl -u eni-agent-once" what it did',
      ];
    const died = report && `; the last one looked ${describeAge(report.lookedAt, now)} ago and has gone`;
    return [
      `${yellow(style, 'not running')}: nothing reacts to changes${died ?? ''}`,
      `start it with "${startCommand[mode]}", or run "eni-agent once" after each change`,
    ];
  }
  return [
    `${green(style, 'running')} since ${clockTime(report.startedAt)} (${describeAge(report.startedAt, now)}), last look ${describeAge(report.lookedAt, now)} ago (${report.lastTriggers.join(', ')})`,
    nextLook(report, now, style),
    ...troubles(report, now, style),
    ...report.problems.map(problem => yellow(style, `! problem: ${problem}`)),
  ];
}

/** True if somebody has to look at the daemon or at what it met. */
export function isDaemonTroubled({ report, isAlive }: DaemonView, now: number): boolean {
  if (report === undefined || !isAlive) return false;
  return report.error !== null || report.brake !== null || isLate(report, now);
}

const moods: Readonly<Record<Report['mood'], string>> = {
  quiet: 'all is quiet',
  watchful: 'something has changed, and more may follow',
  lagging: 'something is still to come',
  failing: 'the last look failed',
  braked: 'the brake is on',
};

function nextLook(report: Report, now: number, style: Style): string {
  if (isLate(report, now)) {
    const late = `! next look overdue for ${describeAge(report.nextLookAt, now)}: the daemon (process ${report.pid}) hangs; restart it`;
    return red(style, late);
  }
  const seconds = Math.max(0, Math.ceil((Date.parse(report.nextLookAt) - now) / 1000));
  const why =
    report.waitingFor.length === 0 ? moods[report.mood] : `waiting: ${report.waitingFor.join('; ')}`;
  return `next look in ${seconds}s: ${why}`;
}

function troubles({ metadata, error, brake }: Report, now: number, style: Style): readonly string[] {
  const lines: string[] = [];
  if (metadata.state === 'failing') {
    const last =
      metadata.answeredAt === undefined
        ? 'never answered'
        : `last answer ${describeAge(metadata.answeredAt, now)} ago`;
    lines.push(red(style, `! metadata failing: ${last}; what works stays as it is`));
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
        `! brake: nothing is repaired until ${clockTime(brake.until)}, because it is undone again and again`,
      ),
      `  undone: ${brake.text}`,
      '  find out what does it ("eni-agent doctor" names other programs that configure ENIs)',
    );
  }
  return lines;
}

/** To the second, in UTC. */
function clockTime(time: string): string {
  return time.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');
}
