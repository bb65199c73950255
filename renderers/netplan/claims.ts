// Who else configures a link on a netplan machine: YAML of others, and files of networkd that netplan did not make. Source:
// netplan-yaml(5). Reads facts.files only.
import { globMatches } from '../../agent/model/glob.ts';
import type { HostFacts } from '../../agent/model/host.ts';
import { networkdClaims } from '../networkd/claims.ts';
import { type Claim, isMarked } from '../renderer.ts';
import { parseYaml } from './yaml.ts';

const yamlFile = /^\/(?:etc|run|lib|usr\/lib)\/netplan\/[^/]+\.ya?ml$/;

/**
 * Claims are definitions that name the link: by id, by `set-name`, or by a pattern for a few links. A pattern that fits the primary
 * too, or any link of a kind (Debian 12 and 13: `en*`, `eth*`), is the catch-all of a cloud image: our id sorts before it and
 * wins, and the primary goes on using it.
 *
 * @param generated name of the generated file of ours
 */
export function findNetplanClaims(link: string, facts: HostFacts, generated: string): readonly Claim[] {
  const own = Object.entries(facts.files)
    .filter(([path, text]) => yamlFile.test(path) && !isMarked(text))
    .flatMap(([path, text]) => definitionsIn(text).flatMap(d => claimOf(d, path, link, facts)));
  // What netplan generated is the shadow of its YAML, which was looked at above.
  return [
    ...own,
    ...networkdClaims(link, facts, generated).filter(
      c => !c.path.startsWith('/run/systemd/network/10-netplan-'),
    ),
  ];
}

interface Definition {
  readonly id: string;
  readonly setName: string | undefined;
  readonly names: readonly string[] | undefined;
  readonly matches: boolean;
}

function claimOf(d: Definition, path: string, link: string, facts: HostFacts): readonly Claim[] {
  if (!d.matches && d.id === link) return [{ path, text: `ethernets: ${link} configures it` }];
  if (d.setName === link) return [{ path, text: `ethernets: ${d.id}, set-name: ${link}` }];
  const pattern = d.names?.find(name => globMatches(name, link));
  if (pattern === undefined) return [];
  const primary = facts.primaryLink;
  const catchAll =
    /^[a-z]*\*$/.test(pattern) ||
    (pattern !== link && primary !== undefined && globMatches(pattern, primary));
  return catchAll ? [] : [{ path, text: `ethernets: ${d.id}, match: name: ${pattern} fits ${link}` }];
}

/** The ethernets of one file; nothing for a file that is no YAML, since netplan itself then refuses everything. */
function definitionsIn(text: string): readonly Definition[] {
  const ethernets = mapping(mapping(mapping(parsed(text)).network).ethernets);
  return Object.entries(ethernets).map(([id, body]) => {
    const definition = mapping(body);
    const match = definition.match;
    // `match: {name: [a, b]}` is for `driver` only, but costs nothing to read.
    const name = mapping(match).name;
    const setName = definition['set-name'];
    return {
      id,
      setName: typeof setName === 'string' ? setName : undefined,
      names: name === undefined ? undefined : [name].flat().filter(n => typeof n === 'string'),
      matches: match !== undefined && match !== null,
    };
  });
}

function parsed(text: string): unknown {
  try {
    return parseYaml(text);
  } catch {
    return undefined;
  }
}

function mapping(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
