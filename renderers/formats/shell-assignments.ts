// Reads `KEY=value` files: as bash sources them (initscripts, SLES 11), or line by line (shvar.c of NetworkManager, sysconfig.c of wicked,
// which know neither `export` nor a value of several lines, and quotes like bash's). Source: those, and bash(1), QUOTING. Nothing is run:
// what only a command could tell is a value that is not known.

/** `lines`: each line is one assignment or nothing. */
export type Reading = 'shell' | 'lines';

export interface Assignment {
  readonly key: string;
  /** Undefined: only a shell could tell (`$(cmd)`, a variable of another file). */
  readonly value: string | undefined;
  /** Counted from 1: where the assignment begins. */
  readonly line: number;
}

interface Cursor {
  at: number;
  line: number;
}

/** All assignments in the order of the file. A command that one stands before (`LANG=C ls`) does not make it less of one here. */
export function readAssignments(text: string, reading: Reading): readonly Assignment[] {
  // A line end of DOS would be a part of the value, and no tool would find such a link: what was meant counts.
  const unix = text.replaceAll('\r\n', '\n');
  if (reading === 'shell') return readShell(unix.replaceAll('\\\n', '\u0000'));
  return unix.split('\n').flatMap((line, at) => {
    if (!/^\s*[A-Za-z_][A-Za-z0-9_]*=/.test(line)) return [];
    return readShell(line)
      .slice(0, 1)
      .map(one => ({ ...one, line: at + 1 }));
  });
}

function readShell(source: string): readonly Assignment[] {
  const cursor: Cursor = { at: 0, line: 1 };
  const known = new Map<string, string | undefined>();
  const found: Assignment[] = [];
  while (cursor.at < source.length) {
    skipBetweenWords(source, cursor);
    const { line } = cursor;
    const key = /^[A-Za-z_][A-Za-z0-9_]*(?==)/.exec(source.slice(cursor.at, cursor.at + 128))?.[0];
    if (key !== undefined) cursor.at += key.length + 1;
    const value = readWord(source, cursor, known);
    if (key === undefined) continue;
    known.set(key, value);
    found.push({ key, value, line });
  }
  return found;
}

/** By key, the last assignment of each. */
export function lastAssignments(text: string, reading: Reading): ReadonlyMap<string, Assignment> {
  return new Map(readAssignments(text, reading).map(one => [one.key, one]));
}

function skipBetweenWords(source: string, cursor: Cursor): void {
  for (; cursor.at < source.length; cursor.at++) {
    const char = source[cursor.at]!;
    if (char === '#') cursor.at = endOf(source, '\n', cursor.at) - 1;
    else if (char === '\n' || char === '\u0000') cursor.line++;
    else if (!/[\s;&|()<>]/.test(char)) return;
  }
}

/** Up to a blank or an operator. */
function readWord(
  source: string,
  cursor: Cursor,
  known: ReadonlyMap<string, string | undefined>,
): string | undefined {
  let out = '';
  let isKnown = true;
  const add = (part: string | undefined): void => {
    if (part === undefined) isKnown = false;
    else out += part;
  };
  while (cursor.at < source.length && !/[\s;&|()<>]/.test(source[cursor.at]!)) {
    const char = source[cursor.at]!;
    const start = cursor.at++;
    if (char === '\u0000') cursor.line++;
    else if (char === '\\') add(source[cursor.at++] ?? '');
    else if (char === "'") add(singleQuoted(source, cursor));
    else if (char === '"') add(expand(doubleQuoted(source, cursor), known));
    else if (source.startsWith("$'", start)) {
      cursor.at++;
      add(unescapeAnsi(ansiQuoted(source, cursor)));
    } else if (source.startsWith('$"', start)) {
      // A text that would be translated (bash): the quotes alone count.
    } else if (char === '$' || char === '`') add(expand(expansion(source, cursor, start), known));
    else out += char;
  }
  return isKnown ? out : undefined;
}

/** The text up to the closing quote, or to the end of the file without one; the cursor is behind it. */
function singleQuoted(source: string, cursor: Cursor): string {
  const end = endOf(source, "'", cursor.at);
  const text = source.slice(cursor.at, end);
  cursor.at = end + 1;
  cursor.line += linesIn(text);
  return text.replaceAll('\u0000', '\\\n');
}

function doubleQuoted(source: string, cursor: Cursor): string {
  const text = /^(?:[^"\\]|\\[\s\S])*/.exec(source.slice(cursor.at))![0];
  cursor.at += text.length + 1;
  cursor.line += linesIn(text);
  return text.replaceAll('\u0000', '');
}

function ansiQuoted(source: string, cursor: Cursor): string {
  const text = /^(?:[^'\\]|\\[\s\S])*/.exec(source.slice(cursor.at))![0];
  cursor.at += text.length + 1;
  cursor.line += linesIn(text);
  return text;
}

/** `$NAME`, `${...}`, `$(...)` or backticks as they stand. */
function expansion(source: string, cursor: Cursor, start: number): string {
  const rest = source.slice(start);
  const text =
    /^\$[A-Za-z0-9_]+|^\$\{[^}]*\}?|^\$\((?:[^()]|\([^()]*\))*\)?|^`[^`]*`?/.exec(rest)?.[0] ?? rest[0]!;
  cursor.at = start + text.length;
  cursor.line += linesIn(text);
  return text;
}

/** What is between double quotes, or a bare expansion: variables that this file has set itself are known. */
function expand(text: string, known: ReadonlyMap<string, string | undefined>): string | undefined {
  let isKnown = true;
  const out = text.replace(
    /\\([$`"\\])|\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)\}|(\$[({]|`)/g,
    (_all, escaped?: string, plain?: string, braced?: string) => {
      if (escaped !== undefined) return escaped;
      const value = known.get(plain ?? braced ?? '');
      if (value === undefined) isKnown = false;
      return value ?? '';
    },
  );
  return isKnown ? out : undefined;
}

const letters: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\u0007', e: '\u001b' };

/** `$'...'`: the escapes of ANSI C. */
function unescapeAnsi(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|([0-7]{1,3})|([\s\S]))/g,
    (_all, hex?: string, unicode?: string, octal?: string, char = '') => {
      if (hex !== undefined || unicode !== undefined)
        return String.fromCharCode(Number.parseInt(hex ?? unicode!, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      return letters[char] ?? char;
    },
  );
}

function endOf(source: string, char: string, from: number): number {
  const end = source.indexOf(char, from);
  return end < 0 ? source.length : end;
}

function linesIn(text: string): number {
  return text.split(/[\n\u0000]/).length - 1;
}
