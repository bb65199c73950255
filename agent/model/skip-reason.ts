// Why an ENI is left alone, and what follows from that. One table: a new reason does not compile before it has its line here.

export type SkipReason =
  | 'primary'
  | 'ignored'
  | 'no-ip'
  | 'no-link'
  | 'ambiguous-link'
  | 'filtered-link'
  | 'port'
  | 'incomplete-metadata'
  | 'invalid-metadata'
  | 'configured-elsewhere'
  | 'foreign-file'
  | 'no-free-slot'
  | 'reload-unsafe'
  | 'failed'
  | 'contested';

export type SkipTrait =
  /** What an earlier pass gave the ENI stays: the reason says "not now", and no data is not empty data. */
  | 'holds'
  /** Not one byte of it is written or removed: it is somebody else's, or cannot be told from it. Files of ours stay as they are on the disk. */
  | 'untouched'
  /** In a subnet that several ENIs share it keeps the rank of its slot; without a slot it comes behind those that are there. */
  | 'keeps-rank'
  /** Ends by itself: it is worth looking again soon. */
  | 'late'
  /** Something has to happen first; shown as `waiting`, all others as `left-alone`. */
  | 'waits'
  /** Needs attention: the pass ends degraded. */
  | 'degraded';

const traits: Readonly<Record<SkipReason, readonly SkipTrait[]>> = {
  primary: [],
  ignored: [],
  'no-ip': [],
  'no-link': ['holds', 'keeps-rank', 'late', 'waits', 'degraded'],
  'ambiguous-link': ['holds', 'keeps-rank', 'late', 'waits', 'degraded'],
  'filtered-link': [],
  // Of a bridge, a bond, a team or a VRF that somebody has made: taken down it would be missing there, and it may come back.
  port: ['holds', 'untouched', 'keeps-rank'],
  'incomplete-metadata': ['holds', 'keeps-rank', 'late', 'waits', 'degraded'],
  'invalid-metadata': ['holds', 'keeps-rank', 'late', 'waits', 'degraded'],
  // A claim of a file; where a container network has the ENIs that is as it should be (plan-network.ts).
  'configured-elsewhere': ['holds', 'untouched', 'degraded'],
  'foreign-file': ['holds', 'untouched', 'degraded'],
  'no-free-slot': ['holds', 'keeps-rank', 'degraded'],
  'reload-unsafe': ['holds', 'waits', 'degraded'],
  // Its apply failed and was taken back; the others are applied without it (reconcile-each.ts).
  failed: ['holds', 'untouched', 'keeps-rank', 'degraded'],
  // Somebody undoes each repair of it: it is left alone for a while, which the report has as the brake (fights.ts).
  contested: ['holds', 'untouched', 'keeps-rank'],
};

export const skipReasons = Object.keys(traits) as readonly SkipReason[];

export function hasTrait(reason: SkipReason, trait: SkipTrait): boolean {
  return traits[reason].includes(trait);
}
