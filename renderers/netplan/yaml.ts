// YAML as netplan reads it: block style, every string that could be something else in quotes. Source: YAML 1.1 (libyaml).
// Knows no key of netplan.
import { dump, load } from 'js-yaml';
import { AgentError } from '../../agent/errors.ts';

export type YamlValue =
  | string
  | number
  | boolean
  | readonly YamlValue[]
  | { readonly [key: string]: YamlValue };

/**
 * One document with comment lines on top (without the `# `). Strings are always in double quotes: a YAML 1.1 reader takes a
 * plain `10:20:30` for a number in base 60, `no` for a boolean and `::/0` for a syntax error.
 * @throws AgentError `bug` for a string or a key that is no plain word of addresses, numbers and names
 */
export function encodeYaml(comment: readonly string[], document: YamlValue): string {
  check(document);
  for (const line of comment)
    if (/[\u0000-\u001f\u007f]/.test(line))
      throw new AgentError('bug', `${JSON.stringify(line)} is no comment`);
  const body = dump(document, { quoteStyle: 'double', forceQuotes: true, noRefs: true, lineWidth: -1 });
  return `${comment.map(line => `# ${line}\n`).join('')}${body}`;
}

/** Throws what js-yaml throws for a text that is not one document of YAML. */
export function parseYaml(text: string): unknown {
  return load(text);
}

function check(value: YamlValue): void {
  if (typeof value === 'string') {
    if (!/^[A-Za-z0-9_.:/-]*$/.test(value))
      throw new AgentError('bug', `${JSON.stringify(value)} cannot be written to a YAML file`);
  } else if (Array.isArray(value)) value.forEach(check);
  else if (typeof value === 'object')
    for (const [key, inner] of Object.entries(value)) {
      check(key);
      check(inner as YamlValue);
    }
}
