// The .network files that networkd reads, in its order and with their drop-ins. Source: systemd.network(5), systemd.syntax(7) and the
// parser of 245 to 257. Reads facts.files only; what an entry means is asked elsewhere.
import type { HostFacts } from '../../agent/model/host.ts';
import { oncePer } from '../../agent/model/value.ts';

export interface NetworkEntry {
  readonly path: string;
  /** Where it begins, counted from 1. */
  readonly line: number;
  readonly section: string;
  readonly key: string;
  readonly value: string;
}

export interface NetworkFile {
  /** By which networkd sorts. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
  /** Its own, then those of its drop-ins. Undefined: the parser refuses one of these files, and with it the whole. */
  readonly entries: readonly NetworkEntry[] | undefined;
}

/** The first folder that has a name hides it in the others. /lib is a folder of its own on a system without merged /usr. */
const folders = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'].map(root => `${root}/systemd/network`);

/** In the order in which networkd asks whether they fit a link: by name, whatever the folder. */
export function networkFiles({ files }: Pick<HostFacts, 'files'>): readonly NetworkFile[] {
  return filesOf(files);
}

const filesOf = oncePer((files: HostFacts['files']): readonly NetworkFile[] => {
  const found = new Map<string, string>();
  for (const folder of folders)
    for (const path of Object.keys(files)) {
      const name = path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : '';
      if (/^[^/]+\.network$/.test(name) && !found.has(name)) found.set(name, path);
    }
  return (
    [...found]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, path]) => ({ name, path, text: files[path]! }))
      // An empty file, or a link to /dev/null, masks the name, its drop-ins too.
      .filter(({ text }) => text !== '')
      .map(({ name, path, text }) => {
        const parts = [parseNetworkFile(path, text), ...dropInsOf(name, { files })];
        const read = parts.filter(part => part !== undefined);
        return { name, path, text, entries: read.length < parts.length ? undefined : read.flat() };
      })
  );
});

/** Entries of `NAME.d/*.conf`, a list for each file. They are read in the order of their names over all folders. */
export function dropInsOf(
  name: string,
  { files }: Pick<HostFacts, 'files'>,
): readonly (readonly NetworkEntry[] | undefined)[] {
  const found = new Map<string, string>();
  for (const folder of folders) {
    const below = `${folder}/${name}.d/`;
    for (const path of Object.keys(files)) {
      const dropIn = path.startsWith(below) ? path.slice(below.length) : '';
      if (/^[^/]+\.conf$/.test(dropIn) && !found.has(dropIn)) found.set(dropIn, path);
    }
  }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, path]) => parseNetworkFile(path, files[path]!));
}

/**
 * Undefined for a text that networkd refuses as a whole: a `[` that is not closed on its line. Any other line that is none is skipped with a
 * warning. A line ends in CR, LF or both (before 239 in LF, with the CR cut off from the value). A comment never ends in a continuation, and
 * one between continued lines is left out.
 */
export function parseNetworkFile(path: string, text: string): readonly NetworkEntry[] | undefined {
  const entries: NetworkEntry[] = [];
  let section: string | undefined;
  let begun: { text: string; readonly line: number } | undefined;
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n\r|\n|\r/);
  for (let at = 0; at <= lines.length; at++) {
    const raw = lines[at];
    if (raw !== undefined && /^\s*[#;]/.test(raw)) continue;
    if (raw === undefined && begun === undefined) break;
    const joined: string = (begun?.text ?? '') + (raw ?? '');
    const line: number = begun?.line ?? at + 1;
    if (raw !== undefined && endsInContinuation(raw)) {
      begun = { text: `${joined.slice(0, -1)} `, line };
      continue;
    }
    begun = undefined;
    const said = joined.trim();
    if (said.startsWith('[')) {
      if (!said.endsWith(']')) return undefined;
      section = said.slice(1, -1);
      continue;
    }
    const equals = said.indexOf('=');
    if (section === undefined || equals < 1) continue;
    const [key, value] = [said.slice(0, equals).trim(), said.slice(equals + 1).trim()];
    entries.push({ path, line, section, key, value });
  }
  return entries;
}

/** Counted from the end: `\\` is a backslash, and continues nothing. What goes on ends in a blank, so that no count goes on. */
function endsInContinuation(line: string): boolean {
  let start = line.length;
  while (line[start - 1] === '\\') start -= 1;
  return (line.length - start) % 2 === 1;
}
