// Whether a [Match] section fits a link, and by what. Source: systemd.network(5), net_match_config() of systemd 245 to 257.
import type { HostFacts } from '../../agent/model/host.ts';
import { type LinkIdentity, namesOf } from '../../agent/model/link-identity.ts';
import { versionAtLeast } from '../formats/version-order.ts';
import { fitsMachine, machineEntries } from './match-machine.ts';
import { type Fit, fitsWords, fnmatch, type MatchWord, matchWords, parseHardware } from './match-words.ts';
import type { NetworkEntry } from './network-files.ts';

export interface LinkMatch {
  readonly fit: 'yes' | 'maybe';
  /** What of it says so most closely; undefined for a section that asks for nothing. */
  readonly entry: NetworkEntry | undefined;
  /** It would fit the primary as well, or each link of a kind: nobody has this link in mind. */
  readonly isGeneral: boolean;
}

/** Each key since the systemd that knows it; an unknown key is skipped with a warning. The closest first. */
const since: Readonly<Record<string, string>> = {
  MACAddress: '0',
  PermanentMACAddress: '245',
  Name: '0',
  Path: '0',
  Property: '243',
  Driver: '0',
  Type: '0',
  Kind: '251',
  WLANInterfaceType: '244',
  SSID: '244',
  BSSID: '244',
};

/** Undefined: it does not fit. */
export function matchNetwork(
  entries: readonly NetworkEntry[],
  link: LinkIdentity,
  facts: HostFacts,
): LinkMatch | undefined {
  const knows = (key: string) => versionAtLeast(facts.versions.systemd, since[key]!) !== false;
  const criteria = new Map(
    Object.keys(since)
      .filter(knows)
      .map(key => [key, matchWords(entries, key).filter(w => isAddressOrOther(key, w))] as const)
      .filter(([, words]) => words.length > 0),
  );
  const machine = machineEntries(entries);
  const isEmpty = criteria.size === 0 && machine.length === 0;
  // "No valid settings found in the [Match] section, ignoring file" (245 and later); before, it is for every link.
  const isIgnored = versionAtLeast(facts.versions.systemd, '245');
  if (isEmpty && isIgnored) return undefined;
  const fits = [...criteria].map(([key, words]) => fitOf(key, words, link));
  const all: readonly Fit[] = [fitsMachine(entries, facts), ...fits];
  if (all.includes('no')) return undefined;
  const [key] = criteria.keys();
  const words = key === undefined ? [] : criteria.get(key)!;
  const names = criteria.get('Name') ?? [];
  return {
    fit: all.includes('maybe') || (isEmpty && isIgnored === undefined) ? 'maybe' : 'yes',
    entry:
      (words.find(word => !word.inverted && fitOf(key!, [word], link) !== 'no') ?? words[0])?.entry ??
      machine[0],
    isGeneral:
      !['MACAddress', 'PermanentMACAddress', 'Path', 'Property'].some(k => criteria.has(k)) &&
      (names.length === 0 || isGeneralName(names, link, facts.primaryLink)),
  };
}

function isAddressOrOther(key: string, word: MatchWord): boolean {
  return !/MACAddress$|^BSSID$/.test(key) || parseHardware(word.text) !== undefined;
}

function fitOf(key: string, words: readonly MatchWord[], link: LinkIdentity): Fit {
  const yes = (fits: boolean): Fit => (fits ? 'yes' : 'no');
  switch (key) {
    case 'MACAddress':
    case 'PermanentMACAddress': {
      const mac = key === 'MACAddress' ? link.mac : link.permanentMac;
      return mac === undefined ? 'maybe' : yes(words.some(word => parseHardware(word.text) === mac));
    }
    // The whole list is asked for each name, so that `!eth1` fits an eth1 that has another name as well.
    case 'Name':
      return yes(namesOf(link).some(name => fitsWords(words, name)));
    case 'Path':
      return link.properties === undefined ? 'maybe' : yes(fitsWords(words, link.properties.ID_PATH));
    case 'Property':
      return fitsProperties(words, link);
    case 'Driver': {
      // What ethtool says, which udev writes down; the folder in sysfs may have another name.
      const drivers = [link.properties?.ID_NET_DRIVER, link.driver].filter(d => d !== undefined);
      return drivers.length === 0 ? 'maybe' : yes(drivers.some(driver => fitsWords(words, driver)));
    }
    case 'Type':
      return yes(fitsWords(words, 'ether'));
    // A physical NIC has none.
    case 'Kind':
      return yes(fitsWords(words, link.kind));
    // Those of a wireless link.
    case 'BSSID':
      return 'no';
    default:
      return yes(fitsWords(words, undefined));
  }
}

/** Each word has to hold. */
function fitsProperties(words: readonly MatchWord[], link: LinkIdentity): Fit {
  const fits = words
    .filter(word => /^[A-Za-z_]\w*=/.test(word.text))
    .map(({ text, inverted }): Fit => {
      const [key, wanted] = [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)];
      // The kernel's own, which udev does not write down.
      const own = new Map([
        ['INTERFACE', link.name],
        ['SUBSYSTEM', 'net'],
        ...Object.entries(link.properties ?? {}),
      ]);
      if (
        link.properties === undefined ||
        /^(DEVPATH|DEVTYPE|IFINDEX|TAGS|CURRENT_TAGS|USEC_INITIALIZED)$/.test(key)
      )
        return 'maybe';
      const value = own.get(key);
      const hit = value !== undefined && fnmatch(wanted, value);
      return hit === inverted ? 'no' : 'yes';
    });
  if (fits.includes('no')) return 'no';
  return fits.includes('maybe') ? 'maybe' : 'yes';
}

/**
 * A list of what it is not, or a pattern for a family of names (`en*`) or for the primary too. Names in full are for those links, also where
 * the primary is one of them.
 */
function isGeneralName(
  words: readonly MatchWord[],
  link: LinkIdentity,
  primary: string | undefined,
): boolean {
  const positive = words.filter(word => !word.inverted);
  if (positive.length === 0) return primary === undefined || fitsWords(words, primary);
  const hits = positive.filter(({ text }) => namesOf(link).some(name => fnmatch(text, name)));
  return hits.every(
    ({ text }) =>
      /^[a-z]*\*$/.test(text) || (/[*?[]/.test(text) && primary !== undefined && fnmatch(text, primary)),
  );
}
