// Every metric, with its type, its help and its labels, made of the report. docs/metrics.md has a row for each one.
import type { EniState, Report } from '../report.ts';

export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** All of them: a state that an ENI is not in is 0, so that a graph shows when it left it. */
export const eniStateNames = Object.keys({
  working: true,
  waiting: true,
  'left-alone': true,
  failed: true,
  contested: true,
} satisfies Record<EniState, true>) as readonly EniState[];

export function metricsOf(report: Report): readonly Metric[] {
  return [...process(report), ...counters(report), ...times(report), ...troubles(report), eniState(report)];
}

function process({ startedAt, build: { version, commit, date } }: Report): readonly Metric[] {
  // Empty where it is not known.
  const labels = { version, commit: commit ?? '', date: date ?? '' };
  return [
    gauge('build_info', [{ labels, value: 1 }], 'Version, commit and its date; always 1.'),
    gauge('start_time_seconds', moment(startedAt), 'Start of the daemon, in seconds since the epoch.'),
  ];
}

function counters({ counters: since }: Report): readonly Metric[] {
  return [
    total('passes', since.passes, 'Full passes.'),
    total('quiet_looks', since.quiet, 'Checks that found nothing new.'),
    total('changes', since.changes, 'Passes that changed something.'),
    total('repairs', since.repairs, 'Changes that only restored what something else had undone.'),
    total('failures', since.failures, 'Checks and passes that failed.'),
    total('metadata_requests', since.requests, 'HTTP requests to the metadata service.'),
  ];
}

function times({ lookedAt, lastGoodLookAt, metadata }: Report): readonly Metric[] {
  return [
    gauge(
      'last_look_time_seconds',
      moment(lookedAt),
      'Last check of the daemon, in seconds since the epoch.',
    ),
    gauge(
      'last_good_look_time_seconds',
      moment(lastGoodLookAt),
      'Last check that ended without an error and with every ENI as planned, in seconds since the epoch; missing before the first.',
    ),
    gauge(
      'last_metadata_answer_time_seconds',
      moment(metadata.answeredAt),
      'Last usable answer of the metadata service, in seconds since the epoch; missing before the first.',
    ),
  ];
}

/** What is wrong as a whole. Each is always there, so that an alert never waits for a series to appear. */
function troubles(report: Report): readonly Metric[] {
  return [
    flag('failing', report.error !== null, '1 while the last check or change has failed.'),
    flag(
      'brake_on',
      report.brake !== null,
      '1 while repairs are paused because something keeps undoing them.',
    ),
    flag('paused', report.pausedUntil !== null, '1 while changes are paused by hand (eni-agent pause).'),
    flag('config_problem', report.configProblem !== null, '1 while the configuration file cannot be used.'),
    count(
      'enis_live_only',
      report.liveOnly?.links ?? [],
      'ENIs that work, and that the network service has not loaded, because a reload could interrupt the primary.',
    ),
    flag('live_only', report.liveOnly !== null, '1 while the network service has not loaded files of ours.'),
    count(
      'enis_not_as_planned',
      report.notAsPlanned,
      'ENIs whose kernel state or files differ from the plan.',
    ),
    count('enis_left_over', report.leftOver, 'ENIs that are gone in the cloud and still configured here.'),
    count('degraded_reasons', report.degraded, 'Reasons for which the last pass needs attention.'),
  ];
}

function eniState({ enis }: Report): Metric {
  return gauge(
    'eni_state',
    // Label sets must differ, or the whole file is refused: an id or a link may be missing, or named twice by bad metadata, a MAC not.
    enis.flatMap(({ eniId = '', mac, link = '', state }) =>
      eniStateNames.map(s => ({ labels: { eni: eniId, mac, link, state: s }, value: s === state ? 1 : 0 })),
    ),
    '1 for the state that the ENI is in, 0 for the others.',
  );
}

function total(what: string, value: number, help: string): Metric {
  return { name: `eni_agent_${what}_total`, type: 'counter', help, samples: [{ value }] };
}

function gauge(what: string, samples: readonly Sample[], help: string): Metric {
  return { name: `eni_agent_${what}`, type: 'gauge', help, samples };
}

function flag(what: string, isSet: boolean, help: string): Metric {
  return gauge(what, [{ value: isSet ? 1 : 0 }], help);
}

function count(what: string, items: readonly unknown[], help: string): Metric {
  return gauge(what, [{ value: items.length }], help);
}

function moment(time: string | null | undefined): readonly Sample[] {
  return time === undefined || time === null ? [] : [{ value: Date.parse(time) / 1000 }];
}
