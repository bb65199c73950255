// Single values out of metadata bodies, and the way a bad one is shown. Metadata is untrusted input: what comes out of here is
// a parsed value or undefined, never the text itself.
import type { Reading } from '../model/instance.ts';
import { absent, unknown, value } from '../model/instance.ts';

const longestShown = 60;

/** The text for a message: quoted, cut, and plain ASCII, so that it can neither break a log line nor steer a terminal. */
export function quote(text: string): string {
  const cut = text.length > longestShown ? `${text.slice(0, longestShown)}...` : text;
  return JSON.stringify(cut).replace(
    /[^\x20-\x7e]/g,
    c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** One line without surrounding space and quotes: JD Cloud's pages show leaves in JSON quotes, its own scripts read them bare. */
export function parseScalar(body: string): string {
  const text = body.trim();
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).trim() : text;
}

/** A cloud's id: letters, digits, `.`, `_`, `-`, at most 64. Undefined for anything else. */
export function parseIdentifier(text: string): string | undefined {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text) ? text : undefined;
}

/** A count or an index, 0 to 9999. Undefined for anything else. */
export function parseIndex(text: string): number | undefined {
  return /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}

/** A reading of the raw body, parsed as a scalar; a value that `parse` refuses becomes unknown and is named. */
export function parseReading<T>(
  key: string,
  what: string,
  raw: Reading<string>,
  parse: (text: string) => T | undefined,
): Reading<T> {
  if (raw.state !== 'value') return raw;
  const parsed = parse(parseScalar(raw.value));
  return parsed === undefined ? unknown(`${key} ${quote(raw.value)} is not ${what}`) : value(parsed);
}

/** The first reading that is not absent: for a key that has two names or two sources. */
export function firstPresent<T>(...readings: readonly Reading<T>[]): Reading<T> {
  return readings.find(r => r.state !== 'absent') ?? absent;
}
