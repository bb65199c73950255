// Why somebody should look at this machine, as `status` has found it by looking. Pure.

import type { DaemonView } from '../../daemon/liveness.ts';
import { noticesOf } from '../../daemon/notices.ts';
import { describeLiveOnly } from '../../model/live-only.ts';
import type { Inspection } from '../../pass/inspect.ts';
import type { RowState, StatusRow } from './rows.ts';
import { stateText } from './table.ts';

/** One clause for each reason; empty: all is as it should be, exit code 0. @param now milliseconds since the epoch */
export function lookAttention(
  { degraded, liveOnly }: Pick<Inspection, 'degraded' | 'liveOnly'>,
  { report, isAlive }: DaemonView,
  rows: readonly StatusRow[],
  now: number,
): readonly string[] {
  const notices = report === undefined || !isAlive ? [] : noticesOf(report, now);
  // What is left alone is said by `degraded`, in the words that the daemon's report has.
  const isSaid: ReadonlySet<RowState> = new Set(['left-alone', 'waiting']);
  // A notice of the daemon's own says it, where there is one.
  const isNoticed = report !== undefined && isAlive && report.liveOnly !== null;
  const live = isNoticed && liveOnly !== undefined ? describeLiveOnly(liveOnly) : undefined;
  const wrong = rows.filter(row => row.isWrong && !isSaid.has(row.state));
  return [
    ...notices.flatMap(notice => (notice.needsAttention ? [notice.text] : [])),
    ...wrong.map(({ link, eniId, mac, state, reason }) => {
      const name = link ?? eniId ?? mac ?? 'an ENI';
      return `${name} ${stateText(state)}${reason === undefined ? '' : `: ${reason}`}`;
    }),
    ...degraded.filter(text => text !== live),
  ];
}
