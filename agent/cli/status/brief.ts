// `status --brief`: one line as the plugins of monitoring systems print it: a word for the exit code, how many ENIs are in which state, and
// what is wrong. Pure.
import type { RowState } from './rows.ts';
import { stateText } from './table.ts';

/** Characters: what pagers and text messages show. */
const longest = 250;

export interface Brief {
  /** Of the secondary ENIs; undefined: not known. */
  readonly states: readonly RowState[] | undefined;
  /** Why somebody should look; empty: all is well. */
  readonly attention: readonly string[];
  /** Somebody has wanted that nothing is changed; undefined: no pause. */
  readonly pause: string | undefined;
  /** How old that is; undefined: it was looked at now. */
  readonly age: string | undefined;
}

export function briefLine({ states, attention, pause, age }: Brief): string {
  // Exit code 2 is CRITICAL to Nagios and all that run its plugins; a word that says otherwise would be a riddle.
  const word = attention.length === 0 ? 'OK' : 'CRITICAL';
  const counts = states === undefined ? [] : [countText(states)];
  const checked = age === undefined ? [] : [`checked ${age} ago`];
  const paused = pause === undefined ? [] : [pause];
  const text = `${word} - ${[...counts, ...attention, ...paused, ...checked].join('; ')}`;
  // There is no second line, and performance data would begin behind a bar.
  const plain = text.replace(/\s+/g, ' ').replaceAll('|', '/');
  return plain.length <= longest ? plain : `${plain.slice(0, longest - 3).trimEnd()}...`;
}

/** `3 ENIs: 2 working, 1 failed` */
function countText(states: readonly RowState[]): string {
  if (states.length === 0) return 'no secondary ENI';
  const enis = states.length === 1 ? '1 ENI' : `${states.length} ENIs`;
  const kinds = [...new Set(states)];
  return kinds.length === 1 ? `${enis} ${stateText(kinds[0]!)}` : `${enis}: ${countStates(states)}`;
}

/** `2 working, 1 failed` */
export function countStates(states: readonly RowState[]): string {
  const kinds = [...new Set(states)];
  return kinds.map(kind => `${states.filter(state => state === kind).length} ${stateText(kind)}`).join(', ');
}
