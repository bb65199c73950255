// What `status` says of each ENI, as data: a row for each, made of a look at the machine and, for what a look cannot know (since when,
// what went wrong), of the daemon's report. Pure; the look wins, because it is newer.

import type { EniState, Report, ReportedEni } from '../../daemon/report.ts';
import { describeShadows, type Shadow, shadowsOf } from '../../doctor/shadow.ts';
import type { Mac } from '../../model/address.ts';
import type { EniPlan, SkippedEni } from '../../model/network-plan.ts';
import { hasTrait } from '../../model/skip-reason.ts';
import type { Comparison, Inspection } from '../../pass/inspect.ts';
import { differencesOf, differenceText } from './difference.ts';

/** `not-as-planned`: kernel or files differ from the plan. `left-over`: configured here, and no ENI of ours any more. */
export type RowState = EniState | 'not-managed' | 'not-as-planned' | 'left-over';

export interface StatusRow {
  readonly mac: Mac | undefined;
  readonly eniId: string | undefined;
  readonly link: string | undefined;
  readonly addresses: readonly string[];
  readonly table: string | undefined;
  readonly state: RowState;
  /** ISO time; undefined where it is not known. */
  readonly since: string | undefined;
  readonly reason: string | undefined;
  readonly lastError: ReportedEni['lastError'];
  /** What configured it. */
  readonly owner: string | undefined;
  /** Rules of somebody that come before the ENI's and take its packets. */
  readonly shadows: readonly Shadow[];
  /** It needs attention. */
  readonly isWrong: boolean;
}

/** @param report of a daemon that lives; else undefined */
export function statusRows(found: Inspection, report: Report | undefined): readonly StatusRow[] {
  const seenOf = (mac: Mac) => report?.enis.find(e => e.mac === mac);
  const left = new Set(found.leftOver.map(plan => plan.mac));
  return [
    primaryRow(found),
    ...found.enis.map(eni => plannedRow(eni, found, seenOf(eni.plan.mac))),
    ...found.leftOver.map(plan => leftOverRow(plan, found, seenOf(plan.mac))),
    ...found.skipped.filter(s => !left.has(s.mac)).map(s => skippedRow(s, found, seenOf(s.mac))),
  ];
}

function primaryRow({ primary, primaryLink, selection, kernel }: Inspection): StatusRow {
  const owner = selection.candidates.find(c => c.backend === selection.backend && c.strength === 'owns');
  return {
    mac: primary?.mac,
    eniId: primary?.eniId,
    link: primaryLink,
    addresses: addressesOn(primaryLink, kernel),
    table: 'main',
    state: 'not-managed',
    ...{ since: undefined, reason: undefined, lastError: undefined },
    owner: owner?.backend,
    shadows: [],
    isWrong: false,
  };
}

function plannedRow(eni: Comparison, found: Inspection, seen: ReportedEni | undefined): StatusRow {
  const state = plannedState(eni, seen);
  const difference = differenceText(eni);
  const shadows = shadowsOf(found.kernel, eni.plan);
  const reasons: Partial<Record<RowState, string | undefined>> = {
    working: eni.plan.notes.length === 0 ? undefined : `note: ${eni.plan.notes.join('; ')}`,
    waiting: seen?.text ?? 'for the DHCP lease',
    'not-as-planned': difference,
    failed: seen?.text ?? difference,
    contested: seen?.text ?? difference,
  };
  const isWrong = shadows.length > 0 || (state !== 'working' && state !== 'waiting');
  return {
    ...rowOfPlan(eni.plan, found.backend),
    ...history(state, seen),
    state,
    reason: [describeShadows(shadows) ?? [], reasons[state] ?? []].flat().join('; ') || undefined,
    shadows,
    isWrong,
  };
}

function plannedState(eni: Comparison, seen: ReportedEni | undefined): RowState {
  if (seen?.state === 'contested') return 'contested';
  if (differencesOf(eni).length === 0) return eni.plan.awaiting === undefined ? 'working' : 'waiting';
  if (seen?.state === 'failed') return 'failed';
  return eni.plan.awaiting !== undefined && seen?.state === 'waiting' ? 'waiting' : 'not-as-planned';
}

function leftOverRow(plan: EniPlan, found: Inspection, seen: ReportedEni | undefined): StatusRow {
  const reason = found.skipped.find(s => s.mac === plan.mac)?.text ?? 'no longer attached';
  const state = 'left-over';
  return {
    ...rowOfPlan(plan, found.backend),
    ...history(state, seen),
    state,
    reason,
    shadows: [],
    isWrong: true,
  };
}

function skippedRow(skipped: SkippedEni, found: Inspection, seen: ReportedEni | undefined): StatusRow {
  const held = found.held.find(plan => plan.mac === skipped.mac);
  const links = found.kernel.links.filter(l => l.mac === skipped.mac);
  const link = held?.link ?? (links.find(l => l.physical) ?? links[0])?.name;
  const state: RowState = hasTrait(skipped.reason, 'waits') ? 'waiting' : 'left-alone';
  const { mac, eniId } = skipped;
  return {
    ...{ mac, eniId, link },
    addresses: held?.addresses.map(a => a.ip) ?? addressesOn(link, found.kernel),
    table: held && `${held.table}`,
    ...history(state, seen),
    state,
    reason: `${skipped.reason}: ${skipped.text}`,
    owner: ownerOf(skipped) ?? (held && found.backend),
    shadows: [],
    isWrong: skipped.degraded,
  };
}

/** The path with which the reason begins; or the name of the program, as a container network has it. */
function ownerOf({ reason, text }: SkippedEni): string | undefined {
  if (reason !== 'configured-elsewhere' && reason !== 'foreign-file') return undefined;
  const path = /^\/[^\s:]+/.exec(text)?.[0];
  return path === undefined ? text.split(' is present')[0] : `administrator: ${path}`;
}

function rowOfPlan(plan: EniPlan, backend: string | undefined) {
  const { mac, eniId, link } = plan;
  return {
    mac,
    eniId,
    link,
    addresses: plan.addresses.map(a => a.ip),
    table: `${plan.table}`,
    owner: backend,
  };
}

/** The daemon knows since when only for a state that it has seen itself. */
function history(state: RowState, seen: ReportedEni | undefined): Pick<StatusRow, 'since' | 'lastError'> {
  return { since: seen?.state === state ? seen.since : undefined, lastError: seen?.lastError };
}

function addressesOn(link: string | undefined, { addresses }: Inspection['kernel']): readonly string[] {
  const own = addresses.filter(a => a.link === link && a.scope !== 'link');
  return own.toSorted((a, b) => a.family - b.family).map(a => a.ip);
}
