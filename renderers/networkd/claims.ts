// Who else configures a link through systemd-networkd. Source: systemd.network(5): files of all folders in one order of names, the
// first whose [Match] fits wins. Reads facts.files only.
import { globMatches } from '../../agent/model/glob.ts';
import type { HostFacts } from '../../agent/model/host.ts';
import { type Claim, isMarked } from '../renderer.ts';

const networkFile = /^\/(?:etc|run|usr\/lib|lib|usr\/local\/lib)\/systemd\/network\/([^/]+\.network)$/;

/**
 * A file that names the link is a claim. A pattern (`Name=en*`, as cloud images ship) is none: our file sorts before it and wins;
 * except where that file sorts before ours, since ours would then be ignored without a word.
 *
 * @param ours name of our file for this link
 */
export function networkdClaims(link: string, facts: HostFacts, ours: string): readonly Claim[] {
  return Object.entries(facts.files).flatMap(([path, text]) => {
    const name = networkFile.exec(path)?.[1];
    if (name === undefined || name === ours || isMarked(text)) return [];
    // amazon-ec2-net-utils 2.x (Amazon Linux 2023) matches by MAC; the name of its file tells the link.
    if (name === `70-${link}.network` && path.startsWith('/run/'))
      return [
        {
          path,
          text: `amazon-ec2-net-utils configures ${link}; to hand it over: systemctl disable --now refresh-policy-routes@${link}.timer policy-routes@${link}.service`,
        },
      ];
    const names = matchedNames(text);
    if (names.includes(link)) return [{ path, text: `[Match] Name=${link} configures it` }];
    const pattern = names.find(n => /[*?[]/.test(n) && globMatches(n, link));
    if (pattern === undefined || name > ours) return [];
    return [{ path, text: `[Match] Name=${pattern} matches ${link} and sorts before ${ours}` }];
  });
}

/** The words of all `Name=` lines of [Match]; an inverted list (`!eth1`) selects by what it is not, so it names nothing. */
function matchedNames(text: string): readonly string[] {
  let section = '';
  const names: string[] = [];
  for (const line of text.split('\n').map(l => l.trim())) {
    if (line.startsWith('[')) section = line;
    const value = section === '[Match]' ? /^Name\s*=\s*(.*)$/.exec(line)?.[1] : undefined;
    if (value !== undefined && !value.startsWith('!')) names.push(...value.split(/\s+/).filter(Boolean));
  }
  return names;
}
