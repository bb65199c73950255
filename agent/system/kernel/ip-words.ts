// The grammar of what `ip` prints. Text and not JSON: `ip -j` came with iproute2 4.13, and CentOS 7, Debian 8/9, Ubuntu 14.04/16.04 and
// SLES 11 are older; one parser for all is easier to trust than two. The grammar is the same everywhere: a head, then words of
// which some take a value. Anything that this program does not model makes the object opaque, and opaque objects are foreign.
import { type Cidr, type Family, hostCidr, parseCidr, parseIp } from '../../model/address.ts';

/** Names of /etc/iproute2 (rt_tables, group), which `ip` prints instead of numbers. */
export type Names = ReadonlyMap<string, number>;

export const standardTables: Names = new Map([
  ['local', 255],
  ['main', 254],
  ['default', 253],
]);

/** Lines `NUMBER NAME`; comments and anything else are skipped. */
export function parseNames(text: string): Names {
  const entries = text.split('\n').flatMap(line => {
    const match = /^\s*(\d+|0x[0-9a-f]+)\s+([^\s#]+)/i.exec(line);
    return match ? [[match[2]!, Number(match[1])] as const] : [];
  });
  return new Map(entries);
}

export function readWords(
  words: readonly string[],
  withValue: ReadonlySet<string>,
  flags: ReadonlySet<string>,
) {
  const values = new Map<string, string>();
  const rest: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (withValue.has(word) && words[i + 1] !== undefined && !values.has(word)) values.set(word, words[++i]!);
    else if (!flags.has(word)) rest.push(word);
  }
  return { values, rest };
}

/** `ip` shows a network of one address as that address. */
export function parseNetwork(text: string): Cidr | undefined {
  if (text.includes('/')) return parseCidr(text);
  const ip = parseIp(text);
  return ip === undefined ? undefined : hostCidr(ip);
}

export function tableNumber(text: string, tables: Names): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : (tables.get(text) ?? standardTables.get(text));
}

export function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}

/** A link group: a number, or a name. Each iproute2 has one for 0. Undefined for a name that stands in no file. */
export function groupNumber(text: string, names: Names = new Map()): number | undefined {
  if (isNumber(text)) return Number(text);
  return names.get(text) ?? (text === 'default' ? 0 : undefined);
}

export function lines(text: string): readonly string[] {
  return text.split('\n').filter(line => line.trim() !== '');
}

/**
 * A parser of one line as a parser of listings. What it made of each line of the last listing is kept: of thousands of lines few are new in the
 * next one.
 *
 * @param parse of the line and of what else it depends on; another one of that, and nothing is kept
 */
export function lineByLine<Made, Context extends readonly unknown[]>(
  parse: (line: string, family: Family, ...context: Context) => readonly Made[],
): (text: string, family: Family, ...context: Context) => readonly Made[] {
  interface Listing {
    readonly lines: Map<string, readonly Made[]>;
    readonly context: Context;
  }
  const known = new Map<Family, Listing>();
  return (text, family, ...context) => {
    const last = known.get(family);
    const holds = last?.context.every((part, index) => part === context[index]);
    const now = new Map<string, readonly Made[]>();
    known.set(family, { lines: now, context });
    return lines(text).flatMap(line => {
      const made =
        now.get(line) ?? (holds ? last?.lines.get(line) : undefined) ?? parse(line, family, ...context);
      now.set(line, made);
      return made;
    });
  };
}

export function after(text: string, word: string): string | undefined {
  return wordAfter(text.trim().split(/\s+/), word);
}

export function wordAfter(words: readonly string[], word: string): string | undefined {
  const at = words.indexOf(word);
  return at < 0 ? undefined : words[at + 1];
}
