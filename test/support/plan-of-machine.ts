// The plan of a generated machine with the default settings, as a first pass would make it.

import { defaultSettings } from '../../agent/config/read-settings.ts';
import type { Mac } from '../../agent/model/address.ts';
import { type PlanResult, planNetwork } from '../../agent/plan/plan-network.ts';
import type { Machine } from './arbitrary-instances.ts';
import { allWords } from './example-plans.ts';
import { plainOptions } from './plan-parts.ts';

/** @param connected every ENI is to have its connected route in main, as an administrator may want it */
export function planOf(
  machine: Machine,
  keptSlots: ReadonlyMap<Mac, number> = new Map(),
  connected = false,
): PlanResult {
  const options = { ...plainOptions, connectedRoute: true };
  const enis = new Map(connected ? machine.instance.enis.map(e => [e.mac, options] as const) : []);
  return planNetwork({
    ...machine,
    settings: { ...defaultSettings, enis },
    keptSlots,
    occupiedSlots: new Set(),
    leases: new Map(),
    learnedSubnets: new Map(),
    words: allWords,
    claims: new Map(),
  });
}
