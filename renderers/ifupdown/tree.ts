// The interfaces(5) files of the machine as ifupdown reads them: which of the known files are part of it, and in which order. Reads
// facts.files only.
import { globRegExp } from '../../agent/model/glob.ts';
import type { HostFacts } from '../../agent/model/host.ts';
import {
  type InterfacesLine,
  type InterfacesSource,
  interfacesLines,
  isReadInFolder,
  sourcesOf,
} from '../../agent/model/interfaces-text.ts';
import { oncePer } from '../../agent/model/value.ts';

export const mainFile = '/etc/network/interfaces';
export const ownFolder = `${mainFile}.d`;

export interface TreeLine extends InterfacesLine {
  readonly path: string;
}

export interface InterfacesTree {
  /** Of all files, in the order in which they are read; the source lines stand before what they source. */
  readonly lines: readonly TreeLine[];
  readonly sources: readonly InterfacesSource[];
}

/** Nothing is known of a main file that was not probed: the default of the package has read `interfaces.d/*` since Debian 8. */
export function readTree({ files }: Pick<HostFacts, 'files'>): InterfacesTree {
  return treeOf(files);
}

const treeOf = oncePer((files: HostFacts['files']): InterfacesTree => {
  const lines: TreeLine[] = [];
  const sources: InterfacesSource[] = [];
  const seen = new Set<string>();
  const source = (one: InterfacesSource): void => {
    sources.push(one);
    const sourced = matcher(one);
    for (const path of Object.keys(files).filter(sourced).sort()) follow(path);
  };
  const follow = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const line of interfacesLines(files[path]!)) {
      lines.push({ ...line, path });
      for (const one of sourcesOf(line, path)) source(one);
    }
  };
  if (files[mainFile] === undefined) source({ kind: 'file', pattern: `${ownFolder}/*` });
  else follow(mainFile);
  return { lines, sources };
});

/** Whether a file of this path would be read. */
export function isSourced({ sources }: InterfacesTree, path: string): boolean {
  return sources.some(one => matcher(one)(path));
}

function matcher({ kind, pattern }: InterfacesSource): (path: string) => boolean {
  const parts = partsOf(pattern).map(part => ({
    hidden: part.startsWith('.'),
    rule: globRegExp(part, { path: true, openBracket: true }),
  }));
  return path => {
    const names = partsOf(path);
    const name = kind === 'folder' ? names.pop() : undefined;
    if (name !== undefined && !isReadInFolder(name)) return false;
    // As in the shell: a leading dot is matched by no wildcard.
    return (
      names.length === parts.length &&
      parts.every(({ rule, hidden }, at) => rule.test(names[at]!) && (hidden || !names[at]!.startsWith('.')))
    );
  };
}

function partsOf(path: string): string[] {
  return path.split('/').filter(part => part !== '' && part !== '.');
}
