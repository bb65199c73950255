// What the agent says against what is, in the middle of a made-up life: a report that all is well is believed by every monitor, and so is
// "removed".
import { isMarked } from '../../renderers/renderer.ts';
import type { Life } from './life-ledger.ts';
import { restFaults } from './life-rest.ts';

/**
 * What is wrong after a time in which nothing happened and the metadata said the truth.
 *
 * @param wasFailing at its beginning something was still to fail
 */
export async function calmFaults(life: Life, wasFailing: boolean): Promise<readonly string[]> {
  const { machine, config, claims } = life;
  const report = machine.daemon!.report();
  // What others claim, and what a configuration that is wrong would say, the truth of the cloud does not tell.
  if (!machine.cloud.isHonest() || config.broken || claims.size > 0) return [];
  const isWaiting = report.waitingFor.length > 0 || report.brake !== null;
  if (report.error !== null)
    return wasFailing || isWaiting
      ? []
      : [`nothing fails any more, and this is not applied: ${report.error.message}`];
  const isFine = !isWaiting && report.enis.every(eni => eni.state === 'working');
  return isFine ? restFaults(life) : [];
}

/** What is there of ours although it was removed; empty if it was not. */
export function removedFaults({ machine: { system }, ledger, isRemoved }: Life): readonly string[] {
  if (!isRemoved) return [];
  const files = [...system.files].filter(
    ([path, { content }]) => path.startsWith('/etc/') && isMarked(content),
  );
  const rules = system.kernel.rules.filter(
    rule => rule.table >= 28_000 && rule.table < 28_256 && !ledger.foreign.rules.includes(rule),
  );
  return [...files.map(([path]) => `file ${path}`), ...rules.map(rule => `rule ${JSON.stringify(rule)}`)];
}
