// `status` for people: what this machine is, what the daemon does, one table, and below it what there is to know of each ENI that is not
// as it should be. Pure.
import { explainSelection } from '../../../renderers/detect/select.ts';
import type { ConfigTrouble } from '../../config/source.ts';
import type { DaemonView } from '../../daemon/liveness.ts';
import { describeLiveOnly } from '../../model/live-only.ts';
import { clockTime } from '../../model/time-text.ts';
import { describeCloud, type Inspection, isMetadataFailure } from '../../pass/inspect.ts';
import { bold, describeEni, describeNotRead, describeWarnings, type Style, yellow } from '../describe.ts';
import { asLines, fold } from '../layout.ts';
import { besideConfig, describeConfig } from './config.ts';
import { describeDaemon } from './daemon.ts';
import { differenceLines } from './difference.ts';
import { headed, summary } from './heading.ts';
import { describePrimary } from './primary.ts';
import type { StatusRow } from './rows.ts';
import { describeTable, paintState, stateText } from './table.ts';

/** Everything that one `status` shows. */
export interface StatusView {
  readonly found: Inspection;
  readonly daemon: DaemonView;
  readonly rows: readonly StatusRow[];
  /** Why somebody should look: exit code 2 if there is anything. */
  readonly attention: readonly string[];
  /** The files of the configuration are wrong, and everything goes by another. */
  readonly config: ConfigTrouble | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface StatusStyle extends Style {
  /** Details of all ENIs. */
  readonly verbose: boolean;
}

export function statusText(view: StatusView, style: StatusStyle): string {
  const { config, daemon, found, rows, now } = view;
  const head = [
    ...(config === undefined ? [] : headed('Config', describeConfig(config, daemon, style), style)),
    ...headed('Cloud', [describeCloud(found)], style),
    ...headed('Backend', [explainSelection(found.selection)], style),
    ...headed('Primary', describePrimary(found), style),
    ...headed('Daemon', describeDaemon(besideConfig(config, daemon), now, style), style),
    ...headed('ENIs', [summary(rows, style)], style),
  ];
  const details = [
    ...rows.flatMap(row => detailsOf(row, view, style)),
    ...leftAlone(view, style),
    ...describeWarnings(degradedBeside(view), found.skipped, style),
  ];
  const lines = [
    ...fold(head, style),
    '',
    ...describeTable(rows, now, style),
    ...fold(details, style),
    ...describeNotRead(found.notRead),
  ];
  return `${asLines(lines).join('\n')}\n`;
}

/** What the daemon's own lines have not said above. */
function degradedBeside({ found, daemon: { report, isAlive } }: StatusView): readonly string[] {
  const isSaid = isAlive && report !== undefined && report.liveOnly !== null;
  const live = isSaid && found.liveOnly !== undefined ? describeLiveOnly(found.liveOnly) : undefined;
  return found.degraded.filter(text => text !== live);
}

/** Of an ENI that has a plan: what is wrong, what to do, and then all of the plan. */
function detailsOf(row: StatusRow, view: StatusView, style: StatusStyle): readonly string[] {
  const { found } = view;
  const comparison = found.enis.find(eni => eni.plan.mac === row.mac);
  const plan = comparison?.plan ?? found.leftOver.find(eni => eni.mac === row.mac);
  const isFine = row.state === 'working' && row.shadows.length === 0;
  if (plan === undefined || (isFine && !style.verbose)) return [];
  const [head = '', ...planned] = describeEni(plan, style);
  const isSaidBelow = isFine || row.state === 'not-as-planned';
  const reason = isSaidBelow ? '' : (row.reason ?? '');
  const differences = comparison === undefined ? [] : differenceLines(comparison, style.verbose);
  const [first, ...more] = [reason, ...differences.filter(d => !reason.includes(d))].filter(l => l !== '');
  const todo = whatToDo(row, view);
  const error = row.lastError && `${row.lastError.at}: ${row.lastError.text}`;
  return [
    '',
    head,
    `  state      ${paintState(row, stateText(row.state), style)}${first === undefined ? '' : `: ${first}`}`,
    ...more.map(line => `             ${line}`),
    ...(todo === undefined ? [] : [`  ${yellow(style, 'to do')}      ${todo}`]),
    ...(error === undefined || error.endsWith(first ?? '-') ? [] : [`  last error ${error}`]),
    ...(comparison === undefined ? [] : planned),
  ];
}

function whatToDo({ state }: StatusRow, { found, daemon }: StatusView): string | undefined {
  const isPaused = daemon.isAlive && daemon.report !== undefined && daemon.report.pausedUntil !== null;
  if (found.cloud === undefined && state === 'not-as-planned')
    return isMetadataFailure(found.failure)
      ? 'restore access to the metadata service first'
      : 'mend what the warning below says first; "eni-agent doctor" helps';
  switch (state) {
    case 'not-as-planned':
      if (found.refused) return 'this plan was rolled back by hand; "eni-agent once --force" applies it';
      if (isPaused) return 'nothing is repaired during the pause; "eni-agent resume" ends it';
      return daemon.isAlive
        ? 'the daemon repairs it at its next check; "eni-agent plan" shows how'
        : '"eni-agent once" repairs it; "eni-agent plan" shows how';
    case 'left-over':
      if (isPaused) return 'nothing is removed during the pause; "eni-agent resume" ends it';
      return daemon.isAlive
        ? 'the daemon removes its configuration at its next check'
        : '"eni-agent once" removes its configuration';
    case 'failed':
      return 'its last change was rolled back; fix the cause, then "eni-agent once" tries again';
    case 'contested':
      return `find what undoes it; "eni-agent doctor" names known programs that configure ENIs${pauseText(daemon)}`;
    case 'waiting':
      return daemon.isAlive ? undefined : 'run "eni-agent once" again when that is available';
    default:
      return undefined;
  }
}

/** The whole reason, which the table may cut, and its word in the documents. */
function leftAlone({ found, rows }: StatusView, style: Style): readonly string[] {
  const alone = found.skipped.filter(s => rows.some(r => r.mac === s.mac && r.state !== 'left-over'));
  if (alone.length === 0) return [];
  return ['', bold(style, 'Left alone'), ...alone.map(s => `  ${s.eniId ?? s.mac}  ${s.reason}: ${s.text}`)];
}

function pauseText({ report }: DaemonView): string {
  return report?.brake ? `; repairs are paused until ${clockTime(report.brake.until)}` : '';
}
