// Reads GLib's key file dialect: profiles and NetworkManager.conf. Source: g_key_file_parse_data of GLib 2.56 to 2.84. Knows no key of
// NetworkManager. What GLib refuses is read as far as it goes: of a file that nobody loads somebody still wants something.

export interface KeyfileValue {
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
}

/** `[group]` and key to value; of a key that is there twice the last one counts, and a group that is there twice is one. */
export type Keyfile = ReadonlyMap<string, ReadonlyMap<string, KeyfileValue>>;

export function readKeyfile(text: string): Keyfile {
  const groups = new Map<string, Map<string, KeyfileValue>>();
  let keys: Map<string, KeyfileValue> | undefined;
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const group = /^\[([^\]]*)\]/.exec(line)?.[1];
    if (group !== undefined) {
      keys = groups.get(group) ?? new Map<string, KeyfileValue>();
      groups.set(group, keys);
      continue;
    }
    const equals = line.indexOf('=');
    if (equals <= 0) continue;
    keys?.set(line.slice(0, equals).trim(), { text: line.slice(equals + 1).trim(), line: at + 1 });
  }
  return groups;
}

const escapes: Readonly<Record<string, string>> = { s: ' ', n: '\n', t: '\t', r: '\r', '\\': '\\' };

/** The text of a value: `\s` is a blank, `\\` a backslash. */
export function stringOf(value: KeyfileValue | undefined): string | undefined {
  return value?.text.replace(/\\(.)/g, (all, char: string) => escapes[char] ?? all);
}

/** A list: `;` ends each item, and `\;` is a semicolon. */
export function listOf(value: KeyfileValue | undefined): readonly string[] {
  return splitList(value?.text ?? '', /;/).filter(item => item !== '');
}

/**
 * nm_match_spec_split: items between `,` and `;` without the blanks around them. A backslash keeps the one or the other, and stays itself
 * where it keeps nothing.
 */
export function specsOf(text: string): readonly string[] {
  return splitList(text, /[,;]/)
    .map(item => item.trim())
    .filter(item => item !== '');
}

function splitList(text: string, separator: RegExp): readonly string[] {
  const items: string[] = [];
  let item = '';
  for (const [part] of text.matchAll(/\\[\s\S]|[^\\]|\\$/g)) {
    const escaped = part.length === 2 ? part[1]! : undefined;
    if (escaped !== undefined) item += separator.test(escaped) ? escaped : (escapes[escaped] ?? part);
    else if (separator.test(part)) {
      items.push(item);
      item = '';
    } else item += part;
  }
  return [...items, item];
}
