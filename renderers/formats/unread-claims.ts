// Files that a service reads and we could not: they must not count as absent. Reads facts.unreadFiles only.
import type { HostFacts } from '../../agent/model/host.ts';
import type { Claim } from '../renderer.ts';

/** A claim on any link for each unread file that may be about one. */
export function findUnreadClaims(facts: HostFacts, mayConcern: (path: string) => boolean): readonly Claim[] {
  return (facts.unreadFiles ?? []).filter(mayConcern).map(path => ({
    path,
    text: 'cannot be read (too large, binary, or one of too many), so that nothing is known of it',
    of: 'unknown',
  }));
}
