// What a pass says about each ENI, for a person: working, waiting, left alone; and since when. Pure.

import { eniOf } from '../../renderers/renderer.ts';
import { listed } from '../model/listed.ts';
import type { Settings } from '../model/settings.ts';
import { hasTrait } from '../model/skip-reason.ts';
import { type Drift, unclaimedLinks } from '../pass/glance.ts';
import type { PassResult } from '../pass/pass.ts';
import type { EniState, ReportedEni } from './report.ts';

/** Why the picture is not complete yet, in words; empty if it is. */
export function waitingReasons(pass: PassResult, unclaimed: readonly string[]): readonly string[] {
  const { plan } = pass.desired;
  return [
    ...plan.skipped.filter(s => hasTrait(s.reason, 'late')).map(s => `${s.eniId ?? s.mac}: ${s.text}`),
    ...plan.enis.filter(e => e.awaiting !== undefined).map(e => `${e.link}: the DHCP lease`),
    ...pass.instance.problems.map(p => `${p.subject}: ${p.text}`),
    ...unclaimed.map(link => `${link}: not in the metadata yet`),
  ];
}

/** True if it is worth looking again soon, where no daemon watches. A plan that was rolled back by hand waits for nothing. */
export function isIncomplete(pass: PassResult, settings: Settings): boolean {
  return pass.outcome !== 'refused' && waitingReasons(pass, unclaimedLinks(pass, settings)).length > 0;
}

/** Of an ENI that is not as planned, in a pass that was not to change anything. */
const held = 'for the end of the pause, which then brings it in line';

export function eniStates(
  earlier: readonly ReportedEni[],
  { desired: { plan }, outcome, changes }: PassResult,
  contest: readonly Drift[],
  now: string,
): readonly ReportedEni[] {
  const known = (mac: string) => earlier.find(e => e.mac === mac);
  const entry = (eni: Omit<ReportedEni, 'since' | 'lastError'>): ReportedEni => {
    const before = known(eni.mac);
    const since = before?.state === eni.state ? before.since : now;
    return { ...eni, since, lastError: before?.lastError };
  };
  const planned = plan.enis.map(({ mac, eniId, link, awaiting }) => {
    const text = awaiting === undefined ? undefined : 'for the DHCP lease';
    const isHeld = outcome === 'pending' && changes.some(change => eniOf(change).mac === mac);
    if (isHeld) return entry({ mac, eniId, link, state: 'waiting', text: held, reason: undefined });
    const state: EniState = text === undefined ? 'working' : 'waiting';
    return entry({ mac, eniId, link, state, text, reason: undefined });
  });
  const skipped = plan.skipped
    .filter(s => s.reason !== 'primary')
    .map(({ mac, eniId, reason, text, link }) => {
      const state: EniState =
        reason === 'failed' ? 'failed' : hasTrait(reason, 'waits') ? 'waiting' : 'left-alone';
      return entry({ mac, eniId, link: link ?? known(mac)?.link, state, text, reason });
    });
  return withContested([...planned, ...skipped], contest, now, earlier);
}

/** Those of whom something is undone again and again, also if that made a change fail; not where nothing is to be repaired any more. */
export function withContested(
  enis: readonly ReportedEni[],
  contest: readonly Drift[],
  now: string,
  earlier: readonly ReportedEni[],
): readonly ReportedEni[] {
  return enis.map(eni => {
    const lines = contest.filter(d => d.mac === eni.mac).flatMap(d => d.lines);
    const isOurs = eni.reason === undefined || eni.reason === 'contested' || eni.reason === 'failed';
    if (lines.length === 0 || !isOurs) return eni;
    const text = `something keeps undoing it: ${listed(lines, '; ')}`;
    const before = earlier.find(({ mac }) => mac === eni.mac);
    const since = before?.state === 'contested' ? before.since : now;
    return { ...eni, state: 'contested', since, text, reason: undefined, lastError: { at: now, text } };
  });
}

/** A repair does not apply what is wanted of an ENI: what failed is still that, also of an ENI that is not believed yet. */
export function withFailed(
  earlier: readonly ReportedEni[],
  now: readonly ReportedEni[],
): readonly ReportedEni[] {
  const failed = earlier.filter(eni => eni.state === 'failed');
  const of = (eni: ReportedEni) => failed.find(e => e.mac === eni.mac);
  return [
    ...now.map(eni => (eni.state === 'contested' ? eni : (of(eni) ?? eni))),
    ...failed.filter(eni => !now.some(e => e.mac === eni.mac)),
  ];
}

/** With those that a look found and nothing has told of so far, or not which link they have. */
export function withUnknown(
  earlier: readonly ReportedEni[],
  look: PassResult,
  now: string,
): readonly ReportedEni[] {
  const found = eniStates([], look, [], now);
  const isKnown = ({ mac }: ReportedEni) => earlier.some(eni => eni.mac === mac);
  const named = earlier.map(eni => {
    const { eniId, link } = found.find(({ mac }) => mac === eni.mac) ?? {};
    return { ...eni, eniId: eni.eniId ?? eniId, link: eni.link ?? link };
  });
  return [...named, ...found.filter(eni => !isKnown(eni))];
}

/** Those that a pass was about which failed, the ones that were unknown before as well. */
export function asFailed(
  enis: readonly ReportedEni[],
  failed: readonly ReportedEni['mac'][],
  message: string,
  at: string,
): readonly ReportedEni[] {
  const unknown = failed.filter(mac => !enis.some(e => e.mac === mac));
  const added = unknown.map((mac): ReportedEni => {
    const nothing = { eniId: undefined, link: undefined, text: undefined, reason: undefined };
    return { mac, ...nothing, state: 'working', since: at, lastError: undefined };
  });
  return [...enis, ...added].map(eni => {
    if (!failed.includes(eni.mac)) return eni;
    const since = eni.state === 'failed' ? eni.since : at;
    return {
      ...eni,
      state: 'failed',
      since,
      text: message,
      reason: undefined,
      lastError: { at, text: message },
    };
  });
}

/** What a pass has changed. */
export function changeLines(pass: PassResult): readonly string[] {
  const enis = pass.changes.map(c => {
    const eni = eniOf(c);
    return `${c.kind} ${eni.eniId ?? eni.mac} on ${eni.link}`;
  });
  const files = pass.files.map(f => `${f.after === undefined ? 'removed' : 'wrote'} ${f.path}`);
  return [...enis, ...files];
}
