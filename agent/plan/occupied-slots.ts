// Whose numbers are in use, read from the kernel: which slot a link of ours had (when the state file was lost), and which slots
// somebody else occupies. Pure.
import type { Mac } from '../model/address.ts';
import type { KernelLink, KernelState } from '../model/kernel-state.ts';
import { priorityOf, slotCount, tableOf, tiers } from './numbering.ts';

/**
 * Slots that the kernel itself remembers: a table of the band whose every route leaves by one link belongs to that link's ENI. Unless the slot is
 * remembered for another: a network service that finds a new ENI under the name of a gone one gives it that one's routes.
 */
export function recoverSlots(
  kernel: KernelState,
  base: number,
  macs: ReadonlySet<Mac>,
  remembered: ReadonlyMap<Mac, number> = new Map(),
): ReadonlyMap<Mac, number> {
  const recovered = new Map<Mac, number>();
  const taken = new Set(remembered.values());
  for (let slot = 0; slot < slotCount; slot++) {
    const links = new Set(kernel.routes.filter(r => r.table === tableOf(base, slot)).map(r => r.link));
    if (links.size !== 1 || taken.has(slot)) continue;
    const mac = macOf([...links][0], kernel.links);
    if (mac !== undefined && macs.has(mac) && !recovered.has(mac)) recovered.set(mac, slot);
  }
  return recovered;
}

/**
 * Slots that nobody of ours keeps and whose table or priorities are in use all the same.
 * @param kept slots that belong to an ENI: what stands there is its own
 */
export function occupiedSlots(
  kernel: KernelState,
  base: number,
  kept: ReadonlySet<number>,
): ReadonlySet<number> {
  const occupied = new Set<number>();
  const usedTables = new Set([...kernel.routes.map(r => r.table), ...kernel.rules.map(r => r.table)]);
  const usedPriorities = new Set(kernel.rules.map(r => r.priority));
  for (let slot = 0; slot < slotCount; slot++) {
    const used =
      usedTables.has(tableOf(base, slot)) ||
      tiers.some(tier => usedPriorities.has(priorityOf(base, tier, slot)));
    if (used && !kept.has(slot)) occupied.add(slot);
  }
  return occupied;
}

function macOf(link: string | undefined, links: readonly KernelLink[]): Mac | undefined {
  return links.find(l => l.name === link)?.mac;
}
