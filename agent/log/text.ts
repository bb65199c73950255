// The log for people: one line, `eth1 eni-1: added: +10.0.1.12, 2 routes (metadata)`. Whatever a value holds, it stays one line of plain text.
import type { LogFields } from '../log.ts';

/** What started a pass, in words; names that are not here are words already. */
export const triggerWords: Readonly<Record<string, string>> = {
  kernel: 'change in the kernel',
  config: 'edited configuration',
  files: 'edited file',
  pause: 'end of the pause',
  once: 'eni-agent once',
  'once-force': 'eni-agent once --force',
  remove: 'eni-agent remove',
  rollback: 'eni-agent rollback',
};

/** Fields whose content the message says as well, or that only programs want. */
const inMessage: ReadonlySet<string> = new Set(['table', 'added', 'removed', 'drift', 'pid', 'until']);
const atTheirPlace: ReadonlySet<string> = new Set(['link', 'eni', 'reason', 'code', 'trigger']);

/** So many of a list, and so many characters of a line: the rest is in the log for programs. */
const mostNamed = 5;
const mostCharacters = 2000;

export function textLine(fields: LogFields, message: string): string {
  const { link, eni, reason, code, trigger } = fields;
  const subject = [link, eni].filter(word => word !== undefined).join(' ');
  const others = Object.entries(fields).flatMap(([name, value]) =>
    inMessage.has(name) || atTheirPlace.has(name) || value === undefined ? [] : [`${name}=${quoted(value)}`],
  );
  const line = [
    subject === '' ? message : `${subject}: ${message}`,
    ...(reason === undefined ? [] : [`: ${String(reason)}`]),
    ...(code === undefined ? [] : [` [${String(code)}]`]),
    ...others.map(other => ` ${other}`),
    ...(trigger === undefined ? [] : [` (${triggersInWords(String(trigger))})`]),
  ].join('');
  const plain = printable(line);
  return cut(plain);
}

/** Of a text that somebody made too long, the beginning. */
export function cut(text: string, most = mostCharacters): string {
  return text.length > most ? `${text.slice(0, most)} ...` : text;
}

/** The first of a list, and how many more there are. */
export function fewOf(items: readonly string[], separator: string, most = mostNamed): string {
  const rest = items.length - most;
  // "and 1 more" would be no shorter than the one.
  if (rest <= 1) return items.join(separator);
  return `${items.slice(0, most).join(separator)}${separator}and ${rest} more`;
}

/** `kernel files` as a person says it. */
export function triggersInWords(trigger: string): string {
  return trigger
    .split(' ')
    .map(name => (Object.hasOwn(triggerWords, name) ? triggerWords[name] : name))
    .join(', ');
}

function quoted(value: NonNullable<LogFields[string]>): string {
  if (typeof value === 'object') return fewOf(value.map(quoted), ',');
  const text = String(value);
  return /^[\w./:@+-]+$/.test(text) ? text : JSON.stringify(text);
}

/** Control and format characters, which could colour, reorder or end the line, as JSON would write them. */
export function printable(text: string): string {
  return text.replace(unprintable, c => (c < ' ' ? JSON.stringify(c).slice(1, -1) : escaped(c)));
}

/**
 * A JSON text with the same value, whose characters can all be printed: JSON.stringify leaves many as they are, at some of which readers of
 * logs end a line, and which a terminal obeys. What it writes between values stays.
 */
export function printableJson(json: string): string {
  return json.replace(unprintable, c => (c === '\n' ? c : escaped(c)));
}

const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Some have two code units. */
function escaped(char: string): string {
  return Array.from({ length: char.length }, (_, at) => {
    return `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }).join('');
}

/** What nothing from outside can know: our own sequences begin with it. Groups of four digits, as programs that measure a line expect them. */
let seal: string | undefined;

/** A text of our own whose sequences (colours, an empty screen) a terminal is to obey. */
export function sealed(text: string): string {
  // Not before somebody needs it: Node loads all of its WebCrypto for it.
  seal ??= [...crypto.getRandomValues(new Uint16Array(4))].map(n => 1000 + (n % 9000)).join(';');
  return text.replaceAll('\u001b[', `\u001b[${seal};`);
}

function ownSequences(): RegExp {
  // As long as none is sealed nothing is our own.
  return seal === undefined ? /(?!)/ : new RegExp(`\\u001b\\[${seal};([0-9;]*[mHJ])`);
}

/** Lines for a terminal: whatever they quote, nothing of it ends a line or steers the terminal. A tab stays. */
export function printableLines(text: string): string {
  const own = ownSequences();
  const plain = (part: string) => part.split('\t').map(printable).join('\t');
  const line = (one: string) =>
    one
      .split(own)
      .map((part, index) => (index % 2 === 1 ? `\u001b[${part}` : plain(part)))
      .join('');
  return text.split('\n').map(line).join('\n');
}
