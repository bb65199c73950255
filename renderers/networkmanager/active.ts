// Which profile NetworkManager has active on a link now, as nmcli told. Reads facts only.
import type { HostFacts } from '../../agent/model/host.ts';
import type { LinkIdentity } from '../../agent/model/link-identity.ts';
import { type Claim, isMarked } from '../renderer.ts';
import { isGenerated } from './profiles.ts';
import { isOurProfile } from './uuid.ts';

/**
 * False where another profile is active on the link, or none: `reapply` would take that one. Where nothing is known (before 1.12 nmcli does
 * not tell the file) ours is taken to be.
 */
export function isActive(facts: HostFacts, link: string, path: string): boolean {
  const files = facts.owners.networkmanagerProfiles;
  return files === undefined || files[link] === path;
}

/**
 * A profile of somebody that is active on the link, whatever its file says of it now: it was changed since, or lies where nobody looks.
 *
 * @param found what the files say: a catch-all of the image that is active is there to be taken over
 * @param isOurName of a file that has gone: until somebody loads that, a profile of ours stays active
 */
export function findActiveClaim(
  link: LinkIdentity,
  facts: HostFacts,
  found: readonly Claim[],
  isOurName: (path: string) => boolean,
): readonly Claim[] {
  const path = facts.owners.networkmanagerProfiles?.[link.name];
  if (path === undefined || found.some(claim => claim.path === path)) return [];
  const text = facts.files[path];
  if (text === undefined ? isOurName(path) : isMarked(text) || isOurProfile(text) || isGenerated(text))
    return [];
  return [{ path, text: `NetworkManager has this profile active on ${link.name}` }];
}

/** A profile of ours in the form of the other plugin: after an upgrade of the system its file goes, and what is loaded of it must go as well. */
export function isOursIn(facts: HostFacts, path: string): boolean {
  const text = facts.files[path] ?? '';
  return isMarked(text) || isOurProfile(text);
}
