// What the daemon has to say about the whole machine, beyond the state of each ENI: one function for each thing, and its line in `sources`.
// `status` (with `--cached` and `--brief` as well), `refresh` and `doctor` show all of them; nothing else decides which need attention. Pure.
import { describeLiveOnly, headOf } from '../model/live-only.ts';
import { clockTime, describeAge } from '../model/time-text.ts';
import { describePause } from '../pass/pause.ts';
import { isLate } from './liveness.ts';
import type { Report, ReportedEni } from './report.ts';

export interface Notice {
  /** What is so, in one clause without a full stop. */
  readonly text: string;
  /** What else there is to know, and what to do: one sentence each. */
  readonly more: readonly string[];
  /** False: worth a line, but intended. True: somebody should look, exit code 2. */
  readonly needsAttention: boolean;
}

/** @param now milliseconds since the epoch */
type Source = (report: Report, now: number) => readonly Notice[];

const sources: readonly Source[] = [
  configuration,
  paused,
  late,
  refused,
  metadata,
  error,
  brake,
  liveOnly,
  problems,
];

/** @param report of a daemon that lives */
export function noticesOf(report: Report, now: number): readonly Notice[] {
  return sources.flatMap(source => source(report, now));
}

/**
 * Why somebody should look at the machine, one clause for each reason; empty: all is as it should be, exit code 0. `status --cached`, `refresh`
 * and `doctor` ask here, and so agree.
 *
 * @param report of a daemon that lives
 * @param now milliseconds since the epoch
 */
export function attentionOf(report: Report, now: number): readonly string[] {
  const isTold = (eni: ReportedEni) => eni.state === 'failed' || eni.state === 'contested';
  const told = report.enis.filter(isTold);
  const untold = report.notAsPlanned.filter(mac => !told.some(eni => eni.mac === mac));
  // A notice of its own says it.
  const live = report.liveOnly && describeLiveOnly(report.liveOnly);
  const nameOf = (mac: string) => nameOfEni(report.enis.find(eni => eni.mac === mac)) ?? mac;
  return [
    ...noticesOf(report, now).flatMap(notice => (notice.needsAttention ? [notice.text] : [])),
    ...told.map(eni => `${nameOf(eni.mac)} ${eni.state}${eni.text === undefined ? '' : `: ${eni.text}`}`),
    ...untold.map(mac => `${nameOf(mac)} not as planned`),
    ...report.leftOver.map(mac => `${nameOf(mac)} left over: configured here, and no longer attached`),
    ...report.degraded.filter(text => text !== live),
  ];
}

function nameOfEni(eni: ReportedEni | undefined): string | undefined {
  return eni?.link ?? eni?.eniId;
}

/** Somebody has wanted it: what it holds back needs attention, the pause itself does not. */
function paused({ pausedUntil }: Report, now: number): readonly Notice[] {
  if (pausedUntil === null) return [];
  const text = describePause(Date.parse(pausedUntil), now);
  return [{ text, more: ['"eni-agent resume" ends it'], needsAttention: false }];
}

function configuration({ configProblem: found }: Report): readonly Notice[] {
  if (found === null) return [];
  const { message, hint, lastGoodSince } = found;
  const inForce = `the last good configuration, of ${clockTime(lastGoodSince)}, stays in force`;
  return [trouble(`wrong configuration: ${message}`, inForce, hint)];
}

function late(report: Report, now: number): readonly Notice[] {
  if (!isLate(report, now)) return [];
  const overdue = describeAge(report.nextLookAt, now);
  return [
    trouble(`next check overdue by ${overdue}: the daemon (process ${report.pid}) seems to hang; restart it`),
  ];
}

function refused({ refused: isRefused }: Report): readonly Notice[] {
  if (!isRefused) return [];
  return [
    trouble('the plan was rolled back by hand and is not applied', '"eni-agent once --force" applies it'),
  ];
}

function metadata({ metadata: { state, answeredAt } }: Report, now: number): readonly Notice[] {
  if (state !== 'failing') return [];
  const last =
    answeredAt === undefined ? 'never answered' : `last answer ${describeAge(answeredAt, now)} ago`;
  return [trouble(`metadata failing: ${last}; the current configuration is kept`)];
}

function error({ error: failed }: Report, now: number): readonly Notice[] {
  if (failed === null) return [];
  const { code, message, hint, times, since } = failed;
  const age = describeAge(since, now);
  const often = times > 1 ? `, ${times} times in ${age}` : ` ${age} ago`;
  return [trouble(`error: ${message} (${code}${often})`, hint)];
}

function brake({ brake: held, enis }: Report, now: number): readonly Notice[] {
  if (held === null) return [];
  const [since] = enis.flatMap(eni => (eni.state === 'contested' ? [eni.since] : [])).sort();
  const began = since === undefined ? '' : `, since ${clockTime(since)} (${describeAge(since, now)})`;
  return [
    trouble(
      `brake: something keeps undoing the repairs${began}; they are paused until ${clockTime(held.until)}`,
      `undone: ${held.text}`,
      'find what undoes them ("eni-agent doctor" names known programs that configure ENIs)',
      'when the pause is over, the daemon tries once more, and pauses for longer if that is undone as well',
    ),
  ];
}

function liveOnly({ liveOnly: live }: Report): readonly Notice[] {
  if (live === null) return [];
  const { links, reason, nextStep, since } = live;
  const why = `a reload could interrupt the primary: ${reason}`;
  return [trouble(headOf(links), `since ${clockTime(since)}; ${why}`, nextStep)];
}

function problems({ problems: found }: Report): readonly Notice[] {
  return found.map(text => ({ text: `problem: ${text}`, more: [], needsAttention: true }));
}

function trouble(text: string, ...more: readonly string[]): Notice {
  return { text, more, needsAttention: true };
}
