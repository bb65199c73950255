// The words of the lists in a [Match] section, and how they are compared. Source: config_parse_match_strv() and net-condition.c of systemd
// 245 to 257: what comes before an empty assignment is forgotten, and a `!` at the start of a value is for each of its words.
import { globMatches } from '../../agent/model/glob.ts';
import type { NetworkEntry } from './network-files.ts';

/** `maybe`: it depends on something that is not known. */
export type Fit = 'yes' | 'maybe' | 'no';

export interface MatchWord {
  readonly text: string;
  readonly inverted: boolean;
  readonly entry: NetworkEntry;
}

/** Of all lines of one key. `Name=` and the MACs know no quotes, in which a word of the others may stand. */
export function matchWords(entries: readonly NetworkEntry[], key: string): readonly MatchWord[] {
  const quotes = !/^(Name|MACAddress|PermanentMACAddress|BSSID)$/.test(key);
  // A hardware address has no `!`: such a word is none.
  const inverts = !/^(MACAddress|PermanentMACAddress|BSSID)$/.test(key);
  let words: MatchWord[] = [];
  for (const entry of entries.filter(e => e.section === 'Match' && e.key === key)) {
    if (entry.value === '') {
      words = [];
      continue;
    }
    const inverted = inverts && entry.value.startsWith('!');
    const value = inverted ? entry.value.slice(1) : entry.value;
    const texts = quotes ? unquoted(value) : value.split(/\s+/).filter(Boolean);
    words.push(...texts.map(text => ({ text, inverted, entry })));
  }
  return key === 'Name' ? words.filter(word => isName(word.text)) : words;
}

function unquoted(value: string): readonly string[] {
  return [...value.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replace(/["']/g, ''));
}

/** ifname_valid_full(): any other word is left out with a warning, and a list without words asks for nothing. */
function isName(text: string): boolean {
  return /^[\x21-\x7e]{1,127}$/.test(text) && !/[:/%]|^\.\.?$|^\d+$|^(all|default)$/.test(text);
}

/** One of the words that are not inverted, if there are any, and none of those that are. An absent text fits no word. */
export function fitsWords(words: readonly MatchWord[], text: string | undefined): boolean {
  const hits = (word: MatchWord) => text !== undefined && fnmatch(word.text, text);
  if (words.some(word => word.inverted && hits(word))) return false;
  const positive = words.filter(word => !word.inverted);
  return positive.length === 0 || positive.some(hits);
}

/** `[:alnum:]` and its kin, within a set; of another name there is none, and it has no members. An `!` may not come first. */
const classes: ReadonlyMap<string, string> = new Map([
  ['alnum', '0-9A-Za-z'],
  ['alpha', 'A-Za-z'],
  ['blank', ' \t'],
  ['digit', '0-9'],
  ['graph', '"-~!'],
  ['lower', 'a-z'],
  ['print', ' -~'],
  ['punct', ':-@!-/[-`{-~'],
  ['space', ' \t-\r'],
  ['upper', 'A-Z'],
  ['xdigit', '0-9A-Fa-f'],
]);

/** fnmatch(3) without flags. */
export function fnmatch(pattern: string, text: string): boolean {
  const plain = pattern
    .replace(/\[:(\w+):\]/g, (_, name: string) => classes.get(name) ?? '')
    // A bracket of one character is what is left of a quoted special one.
    .replace(/\\(.)/g, (_, char: string) => (/[*?[]/.test(char) ? `[${char}]` : char));
  return globMatches(plain, text);
}

/** A hardware address in one of the forms of systemd (`00:16:3e:0:0:2`, `00-16-3E-00-00-02`, `0016.3e00.0002`), in ours. */
export function parseHardware(word: string): string | undefined {
  const text = word.toLowerCase();
  if (/^([0-9a-f]{4}\.){2}[0-9a-f]{4}$/.test(text)) return text.replaceAll('.', '').match(/../g)!.join(':');
  if (!/^[0-9a-f]{1,2}([:-])[0-9a-f]{1,2}(\1[0-9a-f]{1,2}){4}$/.test(text)) return undefined;
  return text
    .split(/[:-]/)
    .map(part => part.padStart(2, '0'))
    .join(':');
}
