// Whose a link is where NetworkManager runs: profiles in both formats, and what keeps it off the link. Reads facts.files only.
import type { HostFacts } from '../../agent/model/host.ts';
import type { LinkIdentity } from '../../agent/model/link-identity.ts';
import { findIfcfgClaims, findRedHatClaims } from '../formats/ifcfg-claims.ts';
import { findUnreadClaims } from '../formats/unread-claims.ts';
import type { Claim } from '../renderer.ts';
import { findActiveClaim } from './active.ts';
import { findUnmanagedClaims, readsIfcfg } from './configuration.ts';
import { profilePath } from './ifcfg-variables.ts';
import { isKeyfileName } from './profile.ts';
import { findProfileClaims } from './profile-claims.ts';

/** Profiles, the configuration, and nothing whose name is one of ours. */
const mayConcern = (path: string): boolean => /\/NetworkManager\//.test(path) && !isKeyfileName(path);

const readers = { initscripts: false, networkmanager: true } as const;

/** Ours is a keyfile: an ifcfg file concerns the link where NetworkManager has the plugin for it. */
export function findNetworkmanagerClaims(link: LinkIdentity, facts: HostFacts): readonly Claim[] {
  const found = [
    ...findProfileClaims(link, facts),
    ...(readsIfcfg(facts) ? findIfcfgClaims(link, facts, readers, false) : []),
    ...findUnmanagedClaims(link, facts),
    ...findUnreadClaims(facts, mayConcern),
  ];
  return [...found, ...findActiveClaim(link, facts, found, isKeyfileName)];
}

/** Ours is an ifcfg file: keyfiles are read beside it. */
export function findNetworkmanagerIfcfgClaims(link: LinkIdentity, facts: HostFacts): readonly Claim[] {
  const found = [
    ...findRedHatClaims(link, facts, readers),
    ...findProfileClaims(link, facts),
    ...findUnmanagedClaims(link, facts),
    ...findUnreadClaims(facts, mayConcern),
  ];
  return [...found, ...findActiveClaim(link, facts, found, path => path === profilePath(link.name))];
}
