// The plan of a generated machine with the default settings, as a first pass would make it.

import { defaultSettings } from '../../agent/config/read-settings.ts';
import type { Mac } from '../../agent/model/address.ts';
import type { EniOptions } from '../../agent/model/settings.ts';
import { type PlanResult, planNetwork } from '../../agent/plan/plan-network.ts';
import type { Machine } from './arbitrary-instances.ts';
import { allWords } from './example-plans.ts';
import { plainOptions } from './plan-parts.ts';

/** @param wanted what every ENI is to have, as an administrator may want it; `true`: its connected route in main */
export function planOf(
  machine: Machine,
  keptSlots: ReadonlyMap<Mac, number> = new Map(),
  wanted: Partial<EniOptions> | boolean = false,
): PlanResult {
  const more = wanted === true ? { connectedRoute: true } : wanted || undefined;
  const options = { ...plainOptions, ...more };
  const enis = new Map(more !== undefined ? machine.instance.enis.map(e => [e.mac, options] as const) : []);
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
