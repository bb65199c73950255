// Which numbers an ENI gets. A slot is kept by MAC for as long as the state file lives, so that a table or a priority never
// changes its meaning because another ENI came or went.
import type { Mac } from '../model/address.ts';

export const slotCount = 256;
/** Distances of the rule tiers from the base; 300 apart, so that 256 slots fit between two of them. */
const tierOffset = {
  inside: -300,
  ownNetworks: 0,
  specificMain: 300,
  ownTable: 600,
  forwardOwn: 900,
  forwardTable: 1200,
} as const;
/**
 * Behind the kernel's own rules for main (32766) and default (32767), whatever the base is: a packet that main decides never walks that far, and
 * what is bound to a link gets there only where main has no route by that link.
 */
export const firstOfBound = 33_000;
/** How many numbers behind the base are ours. */
export const bandWidth = tierOffset.forwardTable + slotCount;
/** How many in front of it. */
export const bandFront = -tierOffset.inside;

/**
 * The metric of slot 0. Services give 0 to 3000 (systemd-networkd and the kernel's router advertisements 1024, dhcpcd 1000 and the link's
 * index, NetworkManager 100 and up), and NetworkManager adds 20000 to that of a link whose connectivity check fails. Even twice that on top of
 * what a person may have chosen stays below; and it stays below 2^31, so that no program takes it for a negative number, and below the kernel's
 * own 4294967295 of IPv6 ("unreachable default").
 */
export const firstMetric = 2_000_000_000;

/** Of a route of an ENI in main: nobody else chooses such a number. */
export function isOurMetric(metric: number | undefined): boolean {
  return metric !== undefined && metric >= firstMetric && metric < firstMetric + slotCount;
}

export type Tier = keyof typeof tierOffset | 'boundSockets';
export const tiers: readonly Tier[] = [
  ...(Object.keys(tierOffset) as (keyof typeof tierOffset)[]),
  'boundSockets',
];

export function tableOf(base: number, slot: number): number {
  return base + slot;
}

/** One of the tables of the slots; the numbers of the band behind them are rule priorities only. */
export function isTableOfBand(base: number, table: number): boolean {
  return table >= base && table < base + slotCount;
}

/** One of the priorities of the slots, in any tier; not one in the gap between two tiers. */
export function isPriorityOfBand(base: number, priority: number): boolean {
  return tiers.some(tier => {
    const first = priorityOf(base, tier, 0);
    return priority >= first && priority < first + slotCount;
  });
}

export function priorityOf(base: number, tier: Tier, slot: number): number {
  return (tier === 'boundSockets' ? firstOfBound : base + tierOffset[tier]) + slot;
}

/**
 * Gives every MAC a slot: the kept one, else the first that is neither kept by another MAC nor occupied by somebody else's
 * rules or routes. MACs that find none are missing from the result.
 *
 * @param wanted MACs in the order in which new ones choose; must not depend on the order of the metadata
 * @param kept slots of earlier passes, of ENIs that are gone too: a re-attached ENI finds its numbers again
 */
export function assignSlots(
  wanted: readonly Mac[],
  kept: ReadonlyMap<Mac, number>,
  occupied: ReadonlySet<number>,
): ReadonlyMap<Mac, number> {
  const result = new Map<Mac, number>();
  const taken = new Set<number>(kept.values());
  for (const mac of wanted) {
    const slot =
      keptSlot(mac, kept, result) ?? firstFree(taken, occupied) ?? reusable(wanted, kept, result, occupied);
    if (slot === undefined) continue;
    result.set(mac, slot);
    taken.add(slot);
  }
  return result;
}

/** The state file is data like any other: a number out of range, or one that two MACs have, is not kept. */
function keptSlot(
  mac: Mac,
  kept: ReadonlyMap<Mac, number>,
  result: ReadonlyMap<Mac, number>,
): number | undefined {
  const slot = kept.get(mac);
  if (slot === undefined || !Number.isInteger(slot) || slot < 0 || slot >= slotCount) return undefined;
  return [...result.values()].includes(slot) ? undefined : slot;
}

function firstFree(taken: ReadonlySet<number>, occupied: ReadonlySet<number>): number | undefined {
  for (let slot = 0; slot < slotCount; slot++) if (!taken.has(slot) && !occupied.has(slot)) return slot;
  return undefined;
}

/** With all 256 slots remembered, the numbers of an ENI that is no longer attached are given away. */
function reusable(
  wanted: readonly Mac[],
  kept: ReadonlyMap<Mac, number>,
  result: ReadonlyMap<Mac, number>,
  occupied: ReadonlySet<number>,
): number | undefined {
  const inUse = new Set<number>(result.values());
  for (const mac of wanted) {
    const slot = kept.get(mac);
    if (slot !== undefined) inUse.add(slot);
  }
  return firstFree(inUse, occupied);
}
