// One moment by both clocks of a System.
import type { System } from '../../system/system.ts';

export interface Moment {
  /** Ticks: what waits are measured by. */
  readonly now: number;
  /** ISO time: what people are told. */
  readonly at: string;
}

export function momentOf(system: System): Moment {
  return { now: system.ticks(), at: new Date(system.now()).toISOString() };
}

/** The ISO time of some ticks, by the clock as it is set now. */
export function timeOf(system: System, ticks: number): string {
  return new Date(system.now() + (ticks - system.ticks())).toISOString();
}
