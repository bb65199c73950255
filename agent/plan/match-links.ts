// Which kernel link belongs to an ENI: by MAC and nothing else (names change, `eth*` matches too much), and only a link that
// is the NIC itself. VLANs, bridges, macvlans and bond ports may carry the same MAC; they are never ours.
import type { Mac } from '../model/address.ts';
import { globMatches } from '../model/glob.ts';
import type { Eni } from '../model/instance.ts';
import type { KernelLink } from '../model/kernel-state.ts';
import type { Settings } from '../model/settings.ts';

export type LinkFilter = Pick<Settings['agent'], 'virtualLinks' | 'ignoreDrivers' | 'ignoreLinks'>;

export type LinkMatch =
  | { readonly link: KernelLink }
  | {
      readonly link: undefined;
      readonly reason: 'no-link' | 'ambiguous-link' | 'filtered-link' | 'port';
      readonly text: string;
    };

/**
 * True for a name that a file name, a shell word and a configuration key of every backend can carry. Not with a dot or a dash in
 * front (the kernel allows both): the one hides a file, the other is an option.
 */
function isPortableName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/.test(name);
}

export function matchLink(mac: Mac, links: readonly KernelLink[], filter: LinkFilter): LinkMatch {
  const sameMac = links.filter(l => l.mac === mac);
  if (sameMac.length === 0) return miss('no-link', 'no link has this MAC');
  const usable = sameMac.filter(l => objection(l, filter) === undefined);
  const [first, second] = usable;
  if (first === undefined) {
    const reasons = sameMac.map(l => `${l.name} ${objection(l, filter)}`).join(', ');
    const port = sameMac.find(
      l => l.master !== undefined && objection({ ...l, master: undefined }, filter) === undefined,
    );
    if (port !== undefined)
      return miss('port', `${port.name} is a port of ${port.master}, and waits until it is free again`);
    return miss('filtered-link', reasons);
  }
  if (second !== undefined)
    return miss('ambiguous-link', `several links have this MAC: ${usable.map(l => l.name).join(', ')}`);
  return { link: first };
}

/** The link of the ENI that the metadata calls the primary; undefined if there is none, or no link is its own. */
export function primaryLinkOf(
  enis: readonly Pick<Eni, 'mac' | 'primary'>[],
  links: readonly KernelLink[],
  filter: LinkFilter,
): string | undefined {
  const primary = enis.find(eni => eni.primary);
  return primary === undefined ? undefined : matchLink(primary.mac, links, filter).link?.name;
}

/** Why the link cannot be an ENI's own; undefined if it can. */
function objection(link: KernelLink, filter: LinkFilter): string | undefined {
  // A port of a net_failover or bond device shares the MAC of its master; the master is the one to configure.
  if (link.master !== undefined) return `is a port of ${link.master}`;
  if (filter.ignoreLinks.some(pattern => globMatches(pattern, link.name, { starOnly: true })))
    return 'is in ignore-links';
  if (link.driver !== undefined && filter.ignoreDrivers.includes(link.driver))
    return `has the ignored driver ${link.driver}`;
  const virtual = link.kind !== undefined || !link.physical;
  if (virtual && !(filter.virtualLinks && link.kind === 'veth'))
    return `is not a physical NIC (${link.kind ?? 'no device'})`;
  if (!isPortableName(link.name)) return 'has a name that cannot be written to a configuration file';
  return undefined;
}

function miss(reason: Exclude<LinkMatch, { link: KernelLink }>['reason'], text: string): LinkMatch {
  return { link: undefined, reason, text };
}
