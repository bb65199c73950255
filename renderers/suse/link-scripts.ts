// The two small scripts that carry what a SUSE backend cannot say in its own files: one for after the link is up, one for
// before it goes down. Plain POSIX sh with fixed lines, no arguments read, each safe to run twice. Knows no path.
import { families } from '../../agent/model/address.ts';
import {
  type EniPlan,
  mainTable,
  type PlannedRoute,
  type PlannedRule,
} from '../../agent/model/network-plan.ts';
import {
  addRuleOnceLine,
  deleteRouteLine,
  deleteRuleLine,
  flushTableLine,
  linkWord,
  replaceRouteLine,
} from '../formats/ip-commands.ts';
import { marker } from '../renderer.ts';

/** What a script is to carry of an ENI: all of it, or the part that the backend cannot say. */
export interface ScriptPart {
  readonly routes: readonly PlannedRoute[];
  readonly rules: readonly PlannedRule[];
  /** The backend leaves what a lease brings of routes in main, and marks it `proto dhcp`. */
  readonly leasedRoutes?: boolean;
}

/** Content of the script for after the link is up. */
export function renderUpScript(eni: EniPlan, part: ScriptPart): string {
  return script([
    ...(part.leasedRoutes === true
      ? [`ip -4 route flush table 254 dev ${linkWord(eni.link)} proto dhcp 2>/dev/null || true`]
      : []),
    ...(eni.addressing === 'dhcp' && !eni.connectedRoute ? dropConnectedRoutes(eni) : []),
    ...part.routes.map(route => replaceRouteLine(route, eni.link)),
    ...part.rules.map(addRuleOnceLine),
  ]);
}

/** Content of the script for before the link goes down. Routes go with the link; the table of a link that stays up is emptied. */
export function renderDownScript(eni: EniPlan, part: ScriptPart): string {
  const isInMain = (route: PlannedRoute) => route.table === mainTable;
  const routed = families.filter(family => part.routes.some(r => r.family === family && !isInMain(r)));
  return script([
    ...part.rules.toReversed().map(deleteRuleLine),
    ...part.routes.filter(isInMain).map(route => deleteRouteLine(route, eni.link)),
    ...routed.map(family => flushTableLine(eni, family)),
  ]);
}

/**
 * The connected route of a leased address: in main it would take the primary's answers to that subnet, and neither wicked nor
 * SLES 11 can leave it out. The ENI's own table has the subnet.
 */
function dropConnectedRoutes(eni: EniPlan): readonly string[] {
  return eni.routes
    .filter(r => r.family === 4 && r.gateway === undefined && r.table === eni.table)
    .map(
      r =>
        `ip -4 route del ${r.destination} dev ${linkWord(eni.link)} proto kernel table 254 2>/dev/null || true`,
    );
}

export function needsConnectedRouteDropped(eni: EniPlan): boolean {
  return eni.addressing === 'dhcp' && !eni.connectedRoute && dropConnectedRoutes(eni).length > 0;
}

// The kernel wants the interpreter on line 1, so the marker is on line 2. PATH: the callers do not promise one with sbin.
function script(lines: readonly string[]): string {
  return ['#!/bin/sh', `# ${marker}`, 'PATH=/sbin:/usr/sbin:/bin:/usr/bin', ...lines, 'exit 0', ''].join(
    '\n',
  );
}
