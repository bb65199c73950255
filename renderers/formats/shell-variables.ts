// `KEY=value` files that a shell sources (initscripts, SLES 11) or that a program reads as if it were one (NetworkManager's
// shvar, wicked's sysconfig reader). Source: what all of those read alike. Knows no key.
import { AgentError } from '../../agent/errors.ts';
import { marker } from '../renderer.ts';

export type Variable = readonly [key: string, value: string | number];

/** `needed`: double quotes around values with a space (Red Hat style). `always`: single quotes (SUSE style). */
export type Quoting = 'needed' | 'always';

/**
 * The whole file, marker first. No value may need an escape: the same file is sourced by one program and parsed by another that
 * knows no expansion, so only characters that mean themselves in both get through.
 * @throws AgentError `bug` for a key or a value with any other character
 */
export function renderVariables(variables: readonly Variable[], quoting: Quoting): string {
  const lines = variables.map(([key, value]) => {
    const text = String(value);
    if (!/^[A-Z][A-Z0-9_]*$/.test(key) || !/^[a-zA-Z0-9_.:/ -]*$/.test(text))
      throw new AgentError('bug', `${key}=${JSON.stringify(text)} cannot be written to a variables file`);
    if (quoting === 'always') return `${key}='${text}'`;
    return text.includes(' ') ? `${key}="${text}"` : `${key}=${text}`;
  });
  return `# ${marker}\n${lines.join('\n')}\n`;
}

/** An assignment in a foreign file. */
export interface Assignment {
  readonly key: string;
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

/** Values of a foreign variables file; the last assignment wins. */
export function parseVariables(text: string): ReadonlyMap<string, string> {
  return new Map(assignmentsIn(text).map(({ key, value }) => [key, value]));
}

/**
 * Assignments of a foreign variables file as bash reads a single one in front of nothing: `KEY=word`, with what quotes and escapes of all kinds
 * make of the word (`"eth1"`, `$'eth1'`, `e'th'1`). No expansion, no commands: good enough to look for names.
 */
export function assignmentsIn(text: string): readonly Assignment[] {
  return text.split('\n').flatMap((line, at) => {
    const match = /^\s*(?:export\s+|declare\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line.replace(/\r$/, ''));
    return match === null ? [] : [{ key: match[1]!, value: wordOf(match[2]!), line: at + 1 }];
  });
}

/** The first word of a shell command, without its quotes. A quote that is never closed ends with the line. */
function wordOf(text: string): string {
  let word = '';
  for (let at = 0; at < text.length; ) {
    const quoted = /^(?:\$?"((?:[^"\\]|\\.)*)"?|'([^']*)'?|\$'((?:[^'\\]|\\.)*)'?|\\(.))/.exec(
      text.slice(at),
    );
    if (quoted !== null) {
      word += (quoted[1] ?? quoted[3])?.replace(/\\(.)/g, '$1') ?? quoted[2] ?? quoted[4] ?? '';
      at += quoted[0].length;
    } else if (/[\s;&|]/.test(text[at]!)) break;
    else word += text[at++]!;
  }
  return word;
}
