// Everything by which the agent tells of what it has read: lines of the log in both forms, a terminal, the line for systemd, the metrics, the report, the
// history. Each is made by what the program makes it with.
import { describeEntry } from '../../../agent/cli/commands/history.ts';
import { cachedText } from '../../../agent/cli/status/cached.ts';
import { renderMetrics } from '../../../agent/daemon/metrics/file.ts';
import { describeReport } from '../../../agent/daemon/publish.ts';
import type { Report, ReportedEni } from '../../../agent/daemon/report.ts';
import type { AgentError } from '../../../agent/errors.ts';
import { jsonLog } from '../../../agent/log/json.ts';
import { printable, printableLines, textLine } from '../../../agent/log/text.ts';
import type { NetworkPlan } from '../../../agent/model/network-plan.ts';
import { now, reportOf } from '../../support/example-look.ts';
import { rawIn } from './marks.ts';

let json = '';
const jsonLines = await jsonLog('debug', { write: line => (json = line) }, () => now);
const style = { colour: false, columns: undefined };
const at = new Date(now).toISOString();

export interface Told {
  readonly plan?: NetworkPlan;
  readonly failure?: AgentError;
  /** In words, as `warning:` has them. */
  readonly warnings: readonly string[];
}

/** Undefined, or the first output that is not what it should be. */
export function spoiltOutput({ plan, failure, warnings }: Told): string | undefined {
  const messages = [...warnings, ...(failure === undefined ? [] : [failure.message])];
  const skipped = plan?.skipped ?? [];
  const enis: readonly ReportedEni[] = [
    ...(plan?.enis ?? []).map(({ mac, eniId, link }) => ({
      mac,
      eniId,
      link,
      state: 'working' as const,
      text: undefined,
      reason: undefined,
    })),
    ...skipped.map(({ mac, eniId, link, reason, text }) => ({
      mac,
      eniId,
      link,
      state: 'left-alone' as const,
      text,
      reason,
    })),
  ].map(eni => ({ ...eni, since: at, lastError: { at, text: messages[0] ?? '' } }));
  const error = failure && {
    code: failure.code,
    message: failure.message,
    hint: failure.hint,
    since: at,
    times: 1,
  };
  const report = reportOf({
    enis,
    error: error ?? null,
    degraded: messages,
    waitingFor: messages,
    problems: messages,
  });
  const status = statusOf(report);
  if (heightOf(status) !== heightOf(statusOf(plainly(report))))
    return `status has lines of others: ${JSON.stringify(status.slice(0, 400))}`;
  const lines: (readonly [string, string])[] = [
    ['the line for systemd', printable(describeReport(report, now))],
    ...linesOf('status', status),
    ...renderMetrics(report)
      .split('\n')
      .map(line => ['the metrics', line] as const),
    ...(failure === undefined ? [] : linesOf('standard error', `eni-agent: ${printable(failure.message)}\n`)),
  ];
  for (const text of messages) {
    lines.push(
      ['the log', textLine({ reason: text, eni: enis[0]?.eniId, link: enis[0]?.link }, text)],
      ...linesOf('a warning', `warning: ${printable(text)}`),
    );
    jsonLines.warn({ reason: text }, text);
    lines.push(['the log as JSON', json.replace(/\n$/, '')]);
    const entry = {
      at,
      since: at,
      times: 1,
      by: 'daemon' as const,
      trigger: 'metadata',
      result: 'failed' as const,
      backend: 'networkd' as const,
      error: { code: 'metadata-invalid', message: text },
      enis: [],
      files: [],
    };
    lines.push(...linesOf('history', printableLines(describeEntry(entry, style).join('\n'))));
  }
  for (const [where, line] of lines) {
    const wrong = rawIn(where, line);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** As it is printed; the number of lines is that of its own words. */
function linesOf(where: string, text: string): readonly (readonly [string, string])[] {
  return printableLines(text)
    .split('\n')
    .map(line => [where, line] as const);
}

const heightOf = (text: string) => text.split('\n').length;

function statusOf(report: Report): string {
  return printableLines(cachedText({ report, isAlive: true, mode: 'systemd' }, now, style));
}

/** The same with nothing in it that could end a line. */
function plainly(report: Report): Report {
  return JSON.parse(
    JSON.stringify(report, (_, value) => (typeof value === 'string' ? printable(value) : value)),
  );
}
