// What a check brings that a person should know of: where the report changes, the log says so, and it says as well when a problem is over.
// Changes, failures and the brake have their lines where they happen.
import type { Log } from '../log.ts';
import { hasTrait } from '../model/skip-reason.ts';
import type { Report, ReportedEni } from './report.ts';

/** What comes late mostly comes within this time. */
const patienceMs = 60_000;

/**
 * @param before the report of the check before; undefined after the start
 * @param problems what is wrong with the daemon's own ears, then and now
 */
export function tell(log: Log, before: Report | undefined, after: Report): void {
  for (const eni of after.enis) {
    const earlier = before?.enis.find(e => e.mac === eni.mac);
    const fields = { link: eni.link, eni: eni.eniId ?? eni.mac, reason: eni.text };
    if (eni.state === 'left-alone' && (earlier?.state !== eni.state || earlier.reason !== eni.reason)) {
      const needsCare = eni.reason !== undefined && hasTrait(eni.reason, 'degraded');
      log[needsCare ? 'warn' : 'info'](fields, 'left alone');
    }
    const wasSeen = before !== undefined && before.pausedUntil === null && earlier !== undefined;
    if (wasSeen && isOverdue(eni, after) && !isOverdue(earlier, before)) log.warn(fields, 'waits');
  }
  tellEnds(log, before, after);
}

/** While the daemon is paused by hand, everything waits for that. */
function isOverdue({ state, since }: ReportedEni, { lookedAt, pausedUntil }: Report): boolean {
  return (
    pausedUntil === null && state === 'waiting' && Date.parse(lookedAt) - Date.parse(since) >= patienceMs
  );
}

function tellEnds(log: Log, before: Report | undefined, after: Report): void {
  if (before === undefined) return;
  const { error, brake, metadata, lookedAt } = before;
  for (const earlier of before.enis) {
    const now = after.enis.find(e => e.mac === earlier.mac);
    const wasOdd = earlier.state === 'left-alone' || isOverdue(earlier, before);
    if (wasOdd && now?.state === 'working')
      log.info({ link: now.link, eni: now.eniId ?? now.mac }, `works, after it was ${earlier.state}`);
  }
  // The metadata has lines of its own.
  if (error !== null && after.error === null && metadata.state !== 'failing')
    log.info({ code: error.code, since: error.since }, `works again; the last problem was: ${error.message}`);
  if (brake !== null && after.brake === null && Date.parse(after.lookedAt) >= Date.parse(lookedAt))
    log.info({}, 'the pause of repairs is over');
}

/** @param what the problems are of, for the line at their end */
export function tellProblems(log: Log, before: readonly string[], after: readonly string[]): void {
  for (const text of after) if (!before.includes(text)) log.warn({}, text);
  for (const text of before) if (!after.includes(text)) log.info({}, `no longer: ${text}`);
}
