// Which files ifupdown reads: /etc/network/interfaces and everything that it sources. Format: interfaces(5) of ifupdown 0.7
// and 0.8 (`source PATTERN`, `source-directory PATTERN`). Reads only; knows nothing about stanzas.

import { globRegExp } from '../../model/glob.ts';
import type { System } from '../system.ts';
import { existsQuietly, listQuietly, readQuietly } from './probes.ts';

/** Bounds against a file that sources itself, and against a folder of garbage. */
const maxDepth = 8;
const maxFiles = 200;

/** Every file of the interfaces tree, path to content, in the order in which ifupdown reads them. */
export async function readInterfacesTree(system: System): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  await follow(system, '/etc/network/interfaces', files, 0);
  return files;
}

async function follow(
  system: System,
  path: string,
  files: Map<string, string>,
  depth: number,
): Promise<void> {
  if (depth > maxDepth || files.size >= maxFiles || files.has(path)) return;
  const text = await readQuietly(system, path);
  if (text === undefined) return;
  files.set(path, text);
  for (const source of parseSources(text)) {
    // A relative pattern counts from the folder of the file that names it.
    const pattern = source.pattern.startsWith('/')
      ? source.pattern
      : `${path.slice(0, path.lastIndexOf('/'))}/${source.pattern}`;
    for (const match of await expandPattern(system, pattern)) {
      if (source.kind === 'file') await follow(system, match, files, depth + 1);
      // A name with a dot is skipped without a word: only these characters are taken from a source-directory.
      else
        for (const name of await listQuietly(system, match))
          if (/^[a-zA-Z0-9_-]+$/.test(name)) await follow(system, `${match}/${name}`, files, depth + 1);
    }
  }
}

export interface InterfacesSource {
  readonly kind: 'file' | 'folder';
  readonly pattern: string;
}

/** The `source` and `source-directory` lines of one file; a backslash at the end of a line continues it. */
export function parseSources(text: string): readonly InterfacesSource[] {
  const sources: InterfacesSource[] = [];
  for (const line of text.replace(/\\\n/g, ' ').split('\n')) {
    const match = /^\s*(source|source-directory|source-dir)\s+(\S.*?)\s*$/.exec(line);
    if (match?.[2] === undefined) continue;
    for (const pattern of match[2].split(/\s+/))
      sources.push({ kind: match[1] === 'source' ? 'file' : 'folder', pattern });
  }
  return sources;
}

/** Paths that match a pattern with `*`, `?` and `[...]` in any part; a plain path is its own match. Only those that exist, sorted. */
export async function expandPattern(system: System, pattern: string): Promise<readonly string[]> {
  let found: readonly string[] = [''];
  for (const part of pattern.split('/').filter(segment => segment !== '')) {
    if (!/[*?[]/.test(part)) {
      found = found.map(base => `${base}/${part}`);
      continue;
    }
    const name = globRegExp(part, { path: true, openBracket: true });
    const next: string[] = [];
    // As in the shell: a leading dot is matched by no wildcard.
    for (const base of found)
      for (const entry of await listQuietly(system, base === '' ? '/' : base))
        if (name.test(entry) && (!entry.startsWith('.') || part.startsWith('.')))
          next.push(`${base}/${entry}`);
    found = next.slice(0, maxFiles);
  }
  // A part behind a wildcard was only joined: `/*/c` names /d/c as well.
  const exist = await Promise.all(found.map(path => existsQuietly(system, path)));
  return found.filter((_, index) => exist[index]);
}
