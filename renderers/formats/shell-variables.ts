// `KEY=value` files that a shell sources (initscripts, SLES 11) or that a program reads as if it were one (NetworkManager's
// shvar, wicked's sysconfig reader): how ours are written. Source: what all of those read alike. Knows no key.
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
