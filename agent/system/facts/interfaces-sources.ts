// Which files ifupdown reads: /etc/network/interfaces and everything that it sources. Format: interfaces(5) of ifupdown 0.7
// and 0.8 (`source PATTERN`, `source-directory PATTERN`). Reads only; knows nothing about stanzas.

import { globRegExp } from '../../model/glob.ts';
import {
  type InterfacesSource,
  interfacesLines,
  isReadInFolder,
  sourcesOf,
} from '../../model/interfaces-text.ts';
import type { System } from '../system.ts';
import { existsQuietly, listQuietly, readQuietly } from './probes.ts';

/** Against a folder of garbage. A file that sources itself is read once, as by ifupdown. */
const maxFiles = 200;

/** Every file of the interfaces tree, path to content, in the order in which ifupdown reads them. */
export async function readInterfacesTree(system: System): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  await follow(system, '/etc/network/interfaces', files);
  return files;
}

async function follow(system: System, path: string, files: Map<string, string>): Promise<void> {
  if (files.size >= maxFiles || files.has(path)) return;
  const text = await readQuietly(system, path);
  if (text === undefined) return;
  files.set(path, text);
  for (const { kind, pattern } of parseSources(text, path)) {
    for (const match of await expandPattern(system, pattern)) {
      if (kind === 'file') await follow(system, match, files);
      else
        for (const name of (await listQuietly(system, match)).filter(isReadInFolder))
          await follow(system, `${match}/${name}`, files);
    }
  }
}

/** What the lines of one file source, in their order. */
export function parseSources(text: string, path: string): readonly InterfacesSource[] {
  return interfacesLines(text).flatMap(line => sourcesOf(line, path));
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
