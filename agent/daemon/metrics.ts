// The report in Prometheus' text format, for the textfile collector of its node exporter: a file, because the agent listens on nothing.
// Format: https://prometheus.io/docs/instrumenting/exposition_formats/ (version 0.0.4). docs/metrics.md has a row for each.
import type { Settings } from '../model/settings.ts';
import type { System } from '../system/system.ts';
import type { EniState, Report } from './report.ts';

export const metricsPath = '/run/eni-agent/metrics.prom';

/** All of them: a state that an ENI is not in is 0, so that a graph shows when it left it. */
const states = Object.keys({
  working: true,
  waiting: true,
  'left-alone': true,
  failed: true,
  contested: true,
} satisfies Record<EniState, true>) as readonly EniState[];

/** Writes the file if the configuration wants one, and takes away one of before if not. */
export async function writeMetrics(system: System, settings: Settings, report: Report): Promise<void> {
  if (settings.daemon.metrics) await system.writeFile(metricsPath, renderMetrics(report), 0o644);
  else if (await system.exists(metricsPath)) await system.removeFile(metricsPath);
}

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** The whole file. The counters begin at 0 with each start of the daemon, which is what `rate()` expects. */
export function renderMetrics(report: Report): string {
  return metricsOf(report)
    .flatMap(({ name, type, help, samples }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(sample => `${name}${labelText(sample.labels ?? {})} ${sample.value}`),
    ])
    .map(line => `${line}\n`)
    .join('');
}

function metricsOf(report: Report): readonly Metric[] {
  const { counters, enis } = report;
  const total = (what: string, value: number, help: string): Metric => ({
    name: `eni_agent_${what}_total`,
    type: 'counter',
    help,
    samples: [{ value }],
  });
  const gauge = (what: string, samples: readonly Sample[], help: string): Metric => ({
    name: `eni_agent_${what}`,
    type: 'gauge',
    help,
    samples,
  });
  return [
    gauge(
      'build_info',
      [{ labels: buildLabels(report), value: 1 }],
      'Version, commit and its date; always 1.',
    ),
    gauge('start_time_seconds', moment(report.startedAt), 'Start of the daemon, in seconds since the epoch.'),
    total('passes', counters.passes, 'Full passes.'),
    total('quiet_looks', counters.quiet, 'Checks that found nothing new.'),
    total('changes', counters.changes, 'Passes that changed something.'),
    total('repairs', counters.repairs, 'Changes that only restored what something else had undone.'),
    total('failures', counters.failures, 'Checks and passes that failed.'),
    total('metadata_requests', counters.requests, 'HTTP requests to the metadata service.'),
    gauge(
      'last_look_time_seconds',
      moment(report.lookedAt),
      'Last check of the daemon, in seconds since the epoch.',
    ),
    gauge(
      'last_metadata_answer_time_seconds',
      moment(report.metadata.answeredAt),
      'Last usable answer of the metadata service, in seconds since the epoch; missing before the first.',
    ),
    gauge(
      'brake_on',
      [{ value: report.brake === null ? 0 : 1 }],
      '1 while repairs are paused because something keeps undoing them.',
    ),
    gauge(
      'eni_state',
      // Label sets must differ, or the whole file is refused: an id or a link may be missing, or named twice by bad metadata, a MAC not.
      enis.flatMap(({ eniId = '', mac, link = '', state }) =>
        states.map(s => ({ labels: { eni: eniId, mac, link, state: s }, value: s === state ? 1 : 0 })),
      ),
      '1 for the state that the ENI is in, 0 for the others.',
    ),
  ];
}

/** Empty where it is not known. */
function buildLabels({ build: { version, commit, date } }: Report) {
  return { version, commit: commit ?? '', date: date ?? '' };
}

function moment(time: string | undefined): readonly Sample[] {
  return time === undefined ? [] : [{ value: Date.parse(time) / 1000 }];
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** The three characters that the format escapes; ids and names of links come from elsewhere. */
function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
