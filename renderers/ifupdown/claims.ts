// Who else defines a link on an ifupdown machine, and which file name its /etc/network/interfaces will read. Source: interfaces(5), and
// config.c and main.c of ifupdown 0.7.53 to 0.8.44. Reads facts.files only; decides nothing.
import type { HostFacts } from '../../agent/model/host.ts';
import { type LinkIdentity, namesOf } from '../../agent/model/link-identity.ts';
import { type Claim, isMarked } from '../renderer.ts';
import { fitsName, fitsPattern, hasPort, touches } from './fits.ts';
import { isSourced, mainFile, ownFolder, readTree, type TreeLine } from './tree.ts';

export const helperFiles = { dir: '/run/network/interfaces.d', name: /^[a-zA-Z0-9_.-]+$/ };

/** The file of cloud-ifupdown-helper for a hot-plugged link, if it is there: DHCP was started before we came. */
export function helperFile(link: string, facts: HostFacts): string | undefined {
  const path = `${helperFiles.dir}/${link}`;
  return facts.files[path] === undefined ? undefined : path;
}

/**
 * The name of our file below /etc/network/interfaces.d, and whether interfaces(5) reads it. `*.cfg` (cloud images of Ubuntu 14.04
 * and 16.04) needs the suffix; `source-directory` skips every name with a dot, without a word.
 */
export function fileNameFor(
  link: string,
  facts: HostFacts,
): { readonly name: string; readonly read: boolean } {
  const plain = `60-eni-${link}`;
  const tree = readTree(facts);
  const name = [plain, `${plain}.cfg`].find(candidate => isSourced(tree, `${ownFolder}/${candidate}`));
  return { name: name ?? plain, read: name !== undefined };
}

const noSource = `no line reads ${ownFolder}, so a file for`;

/** Nobody has the link by this claim: interfaces(5) would not read our file. */
export function isMissingSource({ path, text }: Claim): boolean {
  return path === mainFile && text.startsWith(noSource);
}

/** Stanzas, mappings and `auto` lines of others that define `link`, and a note if nothing reads our folder. */
export function findClaims(link: LinkIdentity, facts: HostFacts): readonly Claim[] {
  // The helper's file is made anew for each hot-plugged link that nobody has defined; it goes away with our apply.
  const helper = helperFile(link.name, facts);
  const claims = new Map<string, Claim>();
  let stanza = '';
  for (const line of readTree(facts).lines) {
    const { path, words, number } = line;
    if (path === helper || isMarked(facts.files[path]!)) continue;
    // A word that begins a stanza or stands alone; any other is an option of the stanza before it, even over blank lines.
    if (/^(iface|interface|template|defaults|mapping)$/.test(words[0]!)) stanza = words[0]!;
    else if (/^(auto|allow-.+|no-auto-down|no-scripts|rename|source|source-dir.*)$/.test(words[0]!))
      stanza = words.length === 1 ? stanza : '';
    if (claims.has(path)) continue;
    const what = defines(line, link, stanza);
    if (what !== undefined) claims.set(path, { path, line: number, text: `"${line.text}" ${what}` });
  }
  const found = [...claims.values()];
  if (fileNameFor(link.name, facts).read) return found;
  return [
    ...found,
    {
      path: mainFile,
      text: `${noSource} ${link.name} would have no effect; add the line "source ${ownFolder}/*"`,
    },
  ];
}

/** What this line does to the link, in a few words; undefined: nothing. `auto` and `allow-*` alone only say when. */
function defines({ words }: TreeLine, link: LinkIdentity, stanza: string): string | undefined {
  const [word = '', ...rest] = words;
  const { name } = link;
  const configures = `configures ${name}`;
  switch (word) {
    case 'iface':
    // ifupdown-ng
    case 'interface':
      // An alias (`eth1:0`) puts addresses on the same link; a VLAN (`eth1.5`) is a link of its own on top of it.
      return namesOf(link).some(own => rest[0] === own || rest[0]?.startsWith(`${own}:`))
        ? configures
        : undefined;
    case 'mapping':
      // Whatever its script says: where it fails or says nothing, ifupdown 0.8 does not bring the link up, by no stanza.
      return rest.some(pattern => fitsName(pattern, link)) ? `decides what ${name} is` : undefined;
    case 'rename':
      return rest.some(item => renames(item, link)) ? `gives ${name} another name` : undefined;
  }
  // `auto eth1=office` and, since 0.8.20, `auto /eth*=office` or `auto mac/00:16:3e:00:00:02=office` use a stanza of another name.
  if (word === 'auto' || word.startsWith('allow-'))
    return rest.some(item => item.includes('=') && fitsPattern(item, link)) ? configures : undefined;
  if (stanza === '' || stanza === 'mapping') return undefined;
  if (hasPort(words, link)) return `makes ${name} a port`;
  return touches(words, link) ? configures : undefined;
}

/** `rename mac/00:16:3e:00:00:02=lan0` (0.8.20): at the next ifup, of whatever link. One that has its new name is renamed no more. */
function renames(item: string, link: LinkIdentity): boolean {
  const to = item.slice(item.indexOf('=') + 1);
  return item.includes('=') && to !== link.name && fitsPattern(item, link);
}
