// Definitions of netplan, as its parser puts them together out of all files. Source: netplan-yaml(5), parse.c of 0.106 to 1.2. More is taken
// than netplan takes: it refuses everything for one mistake, and until that is mended nobody knows whose link it is.
import type { HostFacts } from '../../agent/model/host.ts';
import { oncePer } from '../../agent/model/value.ts';
import { isMarked } from '../renderer.ts';
import { pairsOf, readYaml, valuesOf, wordsOf, type YamlNode, type YamlPair } from './yaml.ts';

/** A place in a file, and what stands there. */
export interface YamlWord {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

export interface Definition {
  readonly id: string;
  /** `ethernets`, `bonds`, ... */
  readonly kind: string;
  /** Where it is begun: the last one, which may only add to it. */
  at: YamlWord;
  hasMatch: boolean;
  /** Of `match`, or the id where there was none. */
  name?: YamlWord;
  mac?: YamlWord;
  drivers: readonly YamlWord[];
  setName?: YamlWord;
  renderer?: string;
  /** Every key that it has anywhere. */
  readonly keys: Map<string, YamlWord>;
}

export interface Definitions {
  readonly definitions: readonly Definition[];
  /** Links and ids that are ports of a bond, a bridge or a VRF. */
  readonly ports: ReadonlyMap<string, YamlWord & { readonly of: string }>;
  /** Files that are no YAML for us, and why. */
  readonly refused: readonly YamlWord[];
}

const yamlFile = /^\/(lib|etc|run)\/netplan\/([^./][^/]*\.yaml)$/;

/** What another program makes interfaces of by these; a name or an id is that of the new link. */
const physical = new Set(['ethernets', 'wifis', 'modems', 'nm-devices']);

export function readDefinitions({ files }: Pick<HostFacts, 'files'>): Definitions {
  return definitionsIn(files);
}

const definitionsIn = oncePer((files: HostFacts['files']): Definitions => {
  const all = new Map<string, Definition>();
  const ports = new Map<string, YamlWord & { of: string }>();
  const refused: YamlWord[] = [];
  for (const path of yamlPaths(files)) {
    const text = files[path]!;
    if (isMarked(text)) continue;
    try {
      const root = readYaml(text);
      if (root !== undefined && root.pairs === undefined) throw new Error('not a mapping');
      for (const network of valuesOf(root, 'network'))
        for (const [kind, group] of pairsOf(network))
          for (const [id, body] of pairsOf(group)) define(all, ports, path, kind.text, [id, body]);
    } catch (error) {
      refused.push({ path, line: 1, text: (error as Error).message.split('\n')[0]! });
    }
  }
  return { definitions: [...all.values()], ports, refused };
});

/** In the order of their names; a file in /run hides one of that name in /etc, and that one in /lib. */
function yamlPaths(files: HostFacts['files']): readonly string[] {
  const byName = new Map<string, string>();
  for (const folder of ['lib', 'etc', 'run'])
    for (const path of Object.keys(files)) {
      const match = yamlFile.exec(path);
      if (match?.[1] === folder) byName.set(match[2]!, path);
    }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}

function define(
  all: Map<string, Definition>,
  ports: Map<string, YamlWord & { of: string }>,
  path: string,
  kind: string,
  [idNode, body]: YamlPair,
): void {
  const id = idNode.text;
  // `ethernets: {renderer: NetworkManager}` is for the definitions behind it.
  if (id === '' || (id === 'renderer' && body.pairs === undefined)) return;
  const word = (node: YamlNode): YamlWord => ({ path, line: node.line, text: textOf(node) });
  const known = all.get(id);
  const definition: Definition = known ?? {
    id,
    kind,
    at: word(idNode),
    hasMatch: false,
    drivers: [],
    keys: new Map(),
  };
  definition.at = word(idNode);
  all.set(id, definition);
  for (const [key, value] of pairsOf(body)) {
    definition.keys.set(key.text, word(key));
    if (key.text === 'match') {
      // A `match:` with nothing behind it is refused by netplan. It is read as none, and so as a definition of the link by its id.
      if (value.text !== '') definition.hasMatch = true;
      for (const name of valuesOf(value, 'name')) definition.name = word(name);
      for (const mac of valuesOf(value, 'macaddress')) definition.mac = word(mac);
      for (const driver of valuesOf(value, 'driver')) definition.drivers = wordsOf(driver).map(d => word(d));
    } else if (key.text === 'set-name') {
      // Without a word it takes nothing from the name that there is.
      if (textOf(value) !== '') definition.setName = word(value);
    } else if (key.text === 'renderer') definition.renderer = textOf(value);
    else if (key.text === 'interfaces')
      for (const port of wordsOf(value)) ports.set(port.text!, { ...word(port), of: id });
  }
  // Where no `match` has been seen so far the id is the name, and stays it where a later file adds a `match` without one.
  if (!definition.hasMatch || !physical.has(kind)) definition.name ??= word(idNode);
}

/** A list where netplan asks for one word, which it refuses, is read as the list that the words of a .network file may be. */
function textOf(node: YamlNode): string {
  return wordsOf(node)
    .map(word => word.text)
    .join(' ');
}
