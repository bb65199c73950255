// A file of the configuration as a list of its lines, each with its number. What a line means is decided by `ini`, which is given one at a
// time: given the whole file it merges repeated sections and keys, and tells no numbers.
import ini from 'ini';

export interface ConfigFile {
  readonly path: string;
  readonly content: string;
}

/**
 * `section`: a heading. `key`: a line `key = value`. `cut`: such a line of which ini takes the end for a comment. `unreadable`: neither, nor a
 * comment. `no-text`: in the place of all lines.
 */
export type ConfigLine = {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The heading that it stands under, without the brackets; undefined before the first. */
  readonly section: string | undefined;
} & (
  | { readonly kind: 'section'; readonly section: string }
  | { readonly kind: 'key'; readonly key: string; readonly value: string }
  | { readonly kind: 'cut'; readonly text: string; readonly at: string }
  | { readonly kind: 'unreadable'; readonly text: string }
  | { readonly kind: 'no-text' }
);

export function configLines({ path, content }: ConfigFile): readonly ConfigLine[] {
  const lines: ConfigLine[] = [];
  let section: string | undefined;
  // Editors of Windows begin a file with a byte order mark.
  const whole = content.replace(/^\uFEFF/, '');
  if (whole.includes('\0')) return [{ file: path, line: 1, kind: 'no-text', section }];
  for (const [index, text] of whole.split(/\r\n|\n|\r/).entries()) {
    if (/^\s*([;#]|$)/.test(text)) continue;
    const at = { file: path, line: index + 1 };
    const cut = cutOf(text);
    if (cut !== undefined) {
      lines.push({ ...at, kind: 'cut', section, text: text.trim(), at: cut });
      continue;
    }
    // A section is an object, a repeated key (`key[] = value`) a list; `true`, `false`, `null` and a key without a value are no text.
    const [name, value] = parse(text);
    if (name === undefined || name.startsWith('[')) {
      lines.push({ ...at, kind: 'unreadable', section, text: text.trim() });
    } else if (typeof value !== 'object' || value === null) {
      lines.push({ ...at, kind: 'key', section, key: name, value: String(value) });
    } else if (Array.isArray(value)) {
      lines.push({ ...at, kind: 'key', section, key: `${name}[]`, value: String(value[0]) });
    } else {
      section = name;
      lines.push({ ...at, kind: 'section', section });
    }
  }
  return lines;
}

/**
 * Of one line: the name of a section, with an object, or a key, with its value. ini drops `__proto__` where it is a name, without a word: it is
 * given another word, and the names are put right again.
 */
function parse(text: string): [string, unknown] | [] {
  let other = 'proto';
  while (text.includes(other)) other += 'o';
  const back = (word: string) => word.replaceAll(other, '__proto__');
  const parsed = ini.parse(text.replaceAll('__proto__', other));
  const [name, value] = Object.entries<unknown>(parsed)[0] ?? [];
  if (name === undefined) return [];
  if (typeof value === 'string') return [back(name), back(value)];
  if (Array.isArray(value)) return [back(name), [back(String(value[0]))]];
  return typeof value === 'object' && value !== null ? [back(nameOf(name, value)), {}] : [back(name), value];
}

/** The character that ends a value with no blank before it. In quotes it is a part of the value, behind a backslash too. */
function cutOf(text: string): string | undefined {
  if (/^[^=]*=\s*(["']).*\1\s*$/.test(text)) return undefined;
  const [before, at] = /^[^=;#]*=(?:[^;#\\]|\\.)*(?=([;#]))/.exec(text) ?? [];
  return before === undefined || /[\s=]$/.test(before) ? undefined : at;
}

/** ini takes a dot in a heading for a section within a section. */
function nameOf(name: string, content: object): string {
  const [inner] = Object.entries<unknown>({ ...content });
  return inner === undefined ? name : `${name}.${nameOf(inner[0], inner[1] as object)}`;
}
