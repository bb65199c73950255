// Who else defines a link on an ifupdown machine, and which file name its /etc/network/interfaces will read. Source:
// interfaces(5) of ifupdown 0.7 and 0.8. Reads facts.files only; decides nothing.
import { globMatches } from '../../agent/model/glob.ts';
import type { HostFacts } from '../../agent/model/host.ts';
import { type Claim, isMarked } from '../renderer.ts';

const main = '/etc/network/interfaces';
const folder = `${main}.d`;

/** How interfaces(5) reads a pattern. */
const asPath = { path: true } as const;

/** The file of cloud-ifupdown-helper for a hot-plugged link, if it is there: DHCP was started before we came. */
export function helperFile(link: string, facts: HostFacts): string | undefined {
  const path = `/run/network/interfaces.d/${link}`;
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
  const text = facts.files[main];
  // Not probed: the default of the package has read `interfaces.d/*` since Debian 8.
  if (text === undefined) return { name: plain, read: true };
  const name = [plain, `${plain}.cfg`].find(candidate => isSourced(text, candidate));
  return { name: name ?? plain, read: name !== undefined };
}

function isSourced(text: string, name: string): boolean {
  return linesOf(text).some(line => {
    const [word, ...patterns] = line.split(/\s+/);
    const absolute = patterns.map(p => (p.startsWith('/') ? p : `/etc/network/${p}`));
    if (word === 'source') return absolute.some(p => globMatches(p, `${folder}/${name}`, asPath));
    if (word !== 'source-directory' && word !== 'source-dir') return false;
    return (
      /^[a-zA-Z0-9_-]+$/.test(name) && absolute.some(p => globMatches(p.replace(/\/$/, ''), folder, asPath))
    );
  });
}

/** Stanzas, mappings and `auto` lines of others that define `link`, and a note if nothing reads our folder. */
export function findClaims(link: string, facts: HostFacts): readonly Claim[] {
  const helper = helperFile(link, facts);
  const stanzas = Object.entries(facts.files)
    .filter(([path]) => path === main || /^\/(etc|run)\/network\/interfaces\.d\//.test(path))
    // The helper's file is made anew for each hot-plugged link that nobody has defined; it goes away with our apply.
    .filter(([path, text]) => path !== helper && !isMarked(text))
    .flatMap(([path, text]) => {
      const line = linesOf(text).find(l => defines(l, link));
      return line === undefined ? [] : [{ path, text: `"${line}" configures ${link}` }];
    });
  if (fileNameFor(link, facts).read) return stanzas;
  return [
    ...stanzas,
    {
      path: main,
      text: `no line reads ${folder}, so a file for ${link} would have no effect; add the line "source ${folder}/*"`,
    },
  ];
}

/** True if this line of interfaces(5) gives `link` a configuration. `auto` and `allow-*` alone only say when. */
function defines(line: string, link: string): boolean {
  const [word = '', ...rest] = line.split(/\s+/);
  // An alias (`eth1:0`) puts addresses on the same link.
  if (word === 'iface') return rest[0] === link || rest[0]?.startsWith(`${link}:`) === true;
  if (word === 'mapping') return rest.some(pattern => globMatches(pattern, link, asPath));
  // `auto eth1=office` and, since 0.8, `auto /eth*=office` use a stanza of another name.
  if (word === 'auto' || word.startsWith('allow-')) {
    return rest.some(item => {
      const [pattern = '', logical] = item.split('=');
      return logical !== undefined && globMatches(pattern.replace(/^\/|\/\d*$/g, ''), link, asPath);
    });
  }
  return false;
}

/** Lines without comments, with continued lines joined. */
function linesOf(text: string): readonly string[] {
  return text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map(l => l.trim())
    .filter(l => l !== '' && !l.startsWith('#'));
}
