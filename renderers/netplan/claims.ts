// Who else configures a link on a netplan machine: YAML of others, and files of networkd that netplan did not make. Source:
// netplan-yaml(5), and what netplan 0.106 to 1.2 makes of it for networkd. Reads facts only.
import type { HostFacts } from '../../agent/model/host.ts';
import { type LinkIdentity, namesOf } from '../../agent/model/link-identity.ts';
import { findUnreadClaims } from '../formats/unread-claims.ts';
import { type Candidate, claimsOf, networkdCandidates } from '../networkd/claims.ts';
import { parseHardware } from '../networkd/match-words.ts';
import { moreThanDhcp } from '../networkd/more-than-dhcp.ts';
import { dropInsOf, type NetworkEntry } from '../networkd/network-files.ts';
import type { Claim } from '../renderer.ts';
import { type Definition, type Definitions, readDefinitions, type YamlWord } from './definitions.ts';

/** Keys of a definition that come with DHCP, or say nothing of what the link gets. */
const modest =
  /^(match|set-name|renderer|dhcp[46](-overrides)?|dhcp-identifier|accept-ra|ra-overrides|optional(-addresses)?|link-local|ipv6-(privacy|address-generation|mtu)|mtu|critical|nameservers|wakeonlan|emit-lldp|.*-offload)$/;

/**
 * Definitions that fit the link, each as the file that netplan makes of it: networkd asks them and the files of others in the order of their
 * names. A pattern that fits the primary too, or any link of a kind (Debian 12 and 13: `en*`, `eth*`), is the catch-all of a cloud image:
 * our id sorts before it and wins, and the primary goes on using it.
 *
 * A file that is no YAML makes netplan refuse all, ours too. Who has the link is not known then, so that it is left alone.
 *
 * @param generated name of the generated file of ours
 */
export function findNetplanClaims(link: LinkIdentity, facts: HostFacts, generated: string): readonly Claim[] {
  const read = readDefinitions(facts);
  // What netplan generated is the shadow of its YAML.
  const others = networkdCandidates(facts, generated).filter(
    ({ path }) => !/^\/run\/systemd\/network\/10-netplan-/.test(path),
  );
  const isNetworkManagers = (d: Definition) => d.renderer === 'NetworkManager';
  const made = read.definitions.map(d => candidateOf(d, read, link, facts));
  const [elsewhere, here] = [true, false].map(is =>
    made.filter((_, at) => isNetworkManagers(read.definitions[at]!) === is),
  );
  return [
    ...read.refused.map(({ path, line, text }) => ({
      path,
      line,
      text: `cannot be read as YAML (${text}), so that nothing is known of it`,
      of: 'unknown' as const,
    })),
    ...claimsOf([...others, ...here!], link, facts, generated),
    // No file for networkd is made of these, so that none hides another.
    ...elsewhere!.flatMap(candidate => claimsOf([candidate], link, { ...facts, unreadFiles: [] }, '')),
    ...portClaims(link, read),
    ...findUnreadClaims(facts, path => /\/netplan\/[^/]+\.yaml$/.test(path)),
  ];
}

function candidateOf(
  definition: Definition,
  { ports }: Definitions,
  link: LinkIdentity,
  facts: HostFacts,
): Candidate {
  const { id, kind, at, keys } = definition;
  const name = `10-netplan-${encodeURIComponent(id)}.network`;
  const dropIns = dropInsOf(name, facts).flatMap(entries => entries ?? []);
  const more = [...keys].find(([key]) => !modest.test(key))?.[0];
  const port = ports.get(id);
  return {
    name,
    path: at.path,
    entries: [...matchOf(definition, link), ...dropIns],
    more:
      port !== undefined
        ? `that ${id} is a port of ${port.of}`
        : more === undefined
          ? moreThanDhcp(at.path, dropIns)
          : `${more}:`,
    words: entry => {
      if (entry?.path.endsWith('.conf')) return `[Match] ${entry.key}=${entry.value}`;
      const said = entry === undefined || entry.value === id ? '' : `, ${wordOf(entry)}`;
      return `${kind}: ${id}${said}`;
    },
  };
}

/**
 * The [Match] that netplan writes. A link that is to be renamed has its old name until the next boot, so that both count; where the MAC or
 * the driver finds it, no name is needed.
 */
function matchOf(
  { name, mac, drivers, setName, at, hasMatch }: Definition,
  { permanentMac }: LinkIdentity,
): readonly NetworkEntry[] {
  const entry = (key: string, word: YamlWord, value = word.text): NetworkEntry => ({
    path: word.path,
    line: word.line,
    section: 'Match',
    key,
    value,
  });
  const isFound = mac !== undefined || drivers.length > 0;
  const names = [name, ...(name === undefined && isFound ? [] : [setName])].filter(
    word => word !== undefined,
  );
  const isPermanent = mac !== undefined && parseHardware(mac.text) === permanentMac;
  const found = [
    // The permanent MAC as a rule; the present one before 0.103 and for NetworkManager.
    ...(mac === undefined ? [] : [entry(isPermanent ? 'PermanentMACAddress' : 'MACAddress', mac)]),
    ...names.map(word => entry('Name', word)),
    ...(drivers.length === 0 ? [] : [entry('Driver', drivers[0]!, drivers.map(d => d.text).join(' '))]),
  ];
  // `match: {}` is for every link.
  return found.length === 0 && hasMatch ? [entry('Name', at, '*')] : found;
}

function wordOf({ key, value }: NetworkEntry): string {
  return `match: ${key.endsWith('MACAddress') ? 'macaddress' : key.toLowerCase()}: ${value}`;
}

/** A port that is named by the link's own name, without a definition: netplan refuses that. */
function portClaims(link: LinkIdentity, { definitions, ports }: Definitions): readonly Claim[] {
  return namesOf(link).flatMap(name => {
    const port = ports.get(name);
    if (port === undefined || definitions.some(d => d.id === name)) return [];
    return [{ path: port.path, line: port.line, text: `${name} is a port of ${port.of}` }];
  });
}
