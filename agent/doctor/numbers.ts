// Does anything else use the numbers of the agent? Nothing breaks in silence then (a slot in use is passed over), but an ENI that has its
// slot already shares it from that day on, and only a person can say which of the two should move.
import { ownShaped } from '../apply/own-objects.ts';
import { readState } from '../apply/state-file.ts';
import { ruleKey } from '../model/kernel-state.ts';
import type { EniPlan } from '../model/network-plan.ts';
import type { Inspection } from '../pass/inspect.ts';
import type { PassContext } from '../pass/pass.ts';
import {
  bandFront,
  bandWidth,
  firstOfBound,
  isPriorityOfBand,
  isTableOfBand,
  slotCount,
} from '../plan/numbering.ts';
import { type Finding, ok } from './finding.ts';
import { routeWords, ruleWords } from './words.ts';

const shown = 3;

export async function numbers(
  inspection: Inspection,
  { settings, system }: PassContext,
): Promise<readonly Finding[]> {
  const { base } = settings.routing;
  // What is held, or left over, is ours as much as what is planned.
  const plans = [
    ...inspection.enis.map(e => e.plan),
    ...inspection.leftOver,
    ...(await readState(system)).applied,
  ];
  const foreign = [...foreignRoutes(inspection, plans, base), ...foreignRules(inspection, plans, base)];
  const band = `${base - bandFront} to ${base + bandWidth - 1}, ${firstOfBound} to ${firstOfBound + slotCount - 1}`;
  if (foreign.length === 0) return [ok('numbers', `${band}: nothing else uses them`)];
  const more = foreign.length > shown ? ` (and ${foreign.length - shown} more)` : '';
  return [
    {
      check: 'numbers',
      verdict: 'warning',
      saw: `other programs use numbers of the agent (${band}): ${foreign.slice(0, shown).join('; ')}${more}`,
      hint: 'change those numbers; or run "eni-agent remove", set [routing] base, and run "eni-agent once"',
    },
  ];
}

/**
 * Routes in a table of the band, or in one that the configuration gives to an ENI, that do not belong to that ENI's link. What the
 * kernel or the backend adds there by that link itself (`proto kernel`, a host route to the gateway) is no collision.
 */
function foreignRoutes(inspection: Inspection, plans: readonly EniPlan[], base: number): readonly string[] {
  const ownLinks = new Set(plans.map(p => `${p.table} ${p.link}`));
  const tables = new Set(plans.map(p => p.table));
  return distinct(
    inspection.kernel.routes
      .filter(r => isTableOfBand(base, r.table) || tables.has(r.table))
      .filter(r => r.opaque !== undefined || !ownLinks.has(`${r.table} ${r.link}`))
      .map(routeWords),
  );
}

/**
 * Rules with a priority of a tier that are none of an ENI's own, and rules that look up a table of the band that no ENI has: whoever
 * wrote them keeps routes of his own there. One to the table of an ENI, with a priority of its own, is meant so.
 */
function foreignRules(inspection: Inspection, plans: readonly EniPlan[], base: number): readonly string[] {
  const own = new Set(plans.flatMap(p => ownShaped(inspection.kernel, p, base)).map(o => o.key));
  const tables = new Set(plans.map(p => p.table));
  return distinct(
    inspection.kernel.rules
      .filter(
        r =>
          isPriorityOfBand(base, r.priority) ||
          (r.table !== undefined && isTableOfBand(base, r.table) && !tables.has(r.table)),
      )
      .filter(r => r.opaque !== undefined || !own.has(ruleKey(r)))
      .map(ruleWords),
  );
}

function distinct(lines: readonly string[]): readonly string[] {
  return [...new Set(lines)];
}
