// Texts that nothing may repeat as they are: each has a mark by which it is found again, wherever it turns up.
import type { Random } from '../random.ts';

/** No word of ours or of a fixture, and no id: those are letters, digits, `.`, `_` and `-`. */
export const mark = 'LEAK~42';

/** What a shell, an INI file, YAML, a terminal, a log and systemd each take for their own. */
const hostileTexts: readonly string[] = [
  `\u0007${mark}\n;$(x)`,
  `${mark}`,
  `$(${mark})`,
  `\`${mark}\``,
  `"; ${mark}; "`,
  `'\n${mark}='`,
  `\n[${mark}]\nA=b`,
  `\n${mark}: {a: b}\n`,
  `\r\nup ${mark}`,
  `\u001b[31m${mark}\u001b[H\u001b[J`,
  `\nMAINPID=1\nSTATUS=${mark}`,
  `\u202e${mark}\u2028${mark}`,
  `\u009b31m${mark}`,
  `<6>${mark}`,
  `--${mark}`,
  `../../${mark}`,
  `\0${mark}`,
  `${mark}\\`,
];

/** In the place of a text, behind it, before it or in it. */
export function spoilt(text: string, random: Random): string {
  const hostile = random.of(hostileTexts);
  const at = random.number(text.length + 1);
  return random.of([hostile, text + hostile, hostile + text, text.slice(0, at) + hostile + text.slice(at)]);
}

/** Undefined, or why these bytes of ours are not all ours. @param what a file or a command */
export function leakIn(what: string, bytes: string): string | undefined {
  const at = bytes.indexOf(mark);
  if (at >= 0) return `${what} has the mark: ${JSON.stringify(bytes.slice(Math.max(0, at - 80), at + 80))}`;
  const control = /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/.exec(bytes);
  return control === null ? undefined : `${what} has the character ${JSON.stringify(control[0])}`;
}

/** Undefined, or why a line that a person reads is none: it steers a terminal, or is more than one. */
export function rawIn(where: string, line: string): string | undefined {
  const control = /[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/.exec(line);
  return control === null
    ? undefined
    : `${where} has ${JSON.stringify(control[0])}: ${JSON.stringify(line.slice(0, 200))}`;
}

/** Undefined, or where a message of ours has text of the metadata outside of quotes. */
export function unquotedIn(where: string, message: string): string | undefined {
  const own = message.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  return own.includes(mark)
    ? `${where} has it without quotes: ${JSON.stringify(message.slice(0, 300))}`
    : undefined;
}
