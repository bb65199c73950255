// Who else configures a link through systemd-networkd. Source: systemd.network(5): files of all folders in one order of names, the
// first whose [Match] fits wins. Reads facts only.
import type { HostFacts } from '../../agent/model/host.ts';
import type { LinkIdentity } from '../../agent/model/link-identity.ts';
import { oncePer } from '../../agent/model/value.ts';
import { findUnreadClaims } from '../formats/unread-claims.ts';
import { type Claim, isMarked } from '../renderer.ts';
import { matchNetwork } from './match-link.ts';
import { moreThanDhcp } from './more-than-dhcp.ts';
import { type NetworkEntry, type NetworkFile, networkFiles } from './network-files.ts';

/** What may fit a link: a file, or a definition out of which another program makes one. */
export interface Candidate extends Pick<NetworkFile, 'name' | 'path'> {
  readonly entries: readonly NetworkEntry[];
  /** What it says of the link beside DHCP. */
  readonly more: string | undefined;
  /** How an entry of it is named; `[Match] KEY=VALUE` unless given. */
  readonly words?: (entry: NetworkEntry | undefined) => string;
}

export function findNetworkdClaims(link: LinkIdentity, facts: HostFacts, ours: string): readonly Claim[] {
  return claimsOf(networkdCandidates(facts, ours), link, facts, ours);
}

/** The files of others that networkd does not refuse. */
export function networkdCandidates({ files }: HostFacts, ours: string): readonly Candidate[] {
  return unmarked(files).filter(({ name }) => name !== ours);
}

const unmarked = oncePer((files: HostFacts['files']): readonly Candidate[] =>
  networkFiles({ files }).flatMap(({ name, path, text, entries }) =>
    isMarked(text) || entries === undefined
      ? []
      : [{ name, path, entries, more: moreThanDhcp(path, entries) }],
  ),
);

/**
 * The first that fits decides, and what comes after it is nobody's concern; but not the first that is for every NIC: whoever has written a
 * definition of this very link meant it, and it counts as soon as the catch-all goes. One that fits perhaps (a driver that is not known)
 * leaves the others in question. A catch-all that sorts before our file takes the link from us without a word, so it is a claim whatever it says; one
 * that comes after it is what we are there to take over, as long as it says no more than DHCP.
 *
 * @param ours name of our file for this link
 */
export function claimsOf(
  candidates: readonly Candidate[],
  link: LinkIdentity,
  facts: HostFacts,
  ours: string,
): readonly Claim[] {
  const claims: Claim[] = [];
  for (const candidate of candidates.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const match = matchNetwork(candidate.entries, link, facts);
    if (match === undefined) continue;
    const { entry } = match;
    const isBefore = candidate.name < ours;
    const isCatchAll = match.isGeneral && !isBefore && candidate.more === undefined;
    const first = claims.find(claim => claim.of === 'image');
    const said = (candidate.words ?? matchSaid)(entry);
    const reasons = [
      ...(isBefore ? [`the file sorts before our ${ours}`] : []),
      ...(match.isGeneral && candidate.more !== undefined ? [`it says ${candidate.more}`] : []),
      ...(first === undefined ? [] : [`has it as soon as the catch-all in ${first.path} goes`]),
    ];
    claims.push({
      path: entry?.path ?? candidate.path,
      ...(entry === undefined ? {} : { line: entry.line }),
      text: handOver(candidate, link) ?? [`${said} fits ${link.name}`, ...reasons].join(', and '),
      ...(isCatchAll ? { of: 'image' as const } : {}),
    });
    if (match.fit === 'yes' && !isCatchAll) break;
  }
  return [...claims, ...findUnreadClaims(facts, isOfNetworkd)];
}

function matchSaid(entry: NetworkEntry | undefined): string {
  return entry === undefined ? 'no [Match]' : `[Match] ${entry.key}=${entry.value}`;
}

function isOfNetworkd(path: string): boolean {
  return /\/systemd\/network\/([^/]+\.network|[^/]+\.network\.d\/[^/]+\.conf)$/.test(path);
}

/** amazon-ec2-net-utils 2.x (Amazon Linux 2023) makes a file for each link, and again after each removal. */
function handOver({ name, path }: Candidate, link: LinkIdentity): string | undefined {
  if (name !== `70-${link.name}.network` || !path.startsWith('/run/')) return undefined;
  return `amazon-ec2-net-utils configures ${link.name}; to hand it over: systemctl disable --now refresh-policy-routes@${link.name}.timer policy-routes@${link.name}.service`;
}
