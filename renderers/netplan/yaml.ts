// YAML as netplan reads it. Written: block style, every string that could be something else in quotes. Read: with lines, the first document
// of a file only, keys that repeat, aliases, no merge keys. Source: YAML 1.1 (libyaml), parse.c of netplan 0.106 to 1.2.
// Knows no key of netplan.
import { dump, EVENT_ID, getScalarValue, parseEvents } from 'js-yaml';
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

export interface YamlNode {
  /** Counted from 1. */
  readonly line: number;
  /** Of a scalar, as it is written: netplan knows no types. */
  readonly text?: string;
  readonly items?: readonly YamlNode[];
  /** In the order of the file, repeated keys too. */
  readonly pairs?: readonly YamlPair[];
}

export type YamlPair = readonly [key: YamlNode & { readonly text: string }, value: YamlNode];

/** Undefined for a file without a document. Throws an error for a text that is no YAML, or none for netplan. */
export function readYaml(text: string): YamlNode | undefined {
  const source = firstDocument(text);
  const lineAt = lineCounter(source);
  const anchors = new Map<string, YamlNode>();
  const open: { node: { line: number; children: YamlNode[] }; isMapping: boolean; anchor: string }[] = [];
  let root: YamlNode | undefined;
  const add = (node: YamlNode, anchor: string) => {
    if (anchor !== '') anchors.set(anchor, node);
    const parent = open.at(-1);
    if (parent === undefined) root ??= node;
    else parent.node.children.push(node);
  };
  for (const event of parseEvents(source, {})) {
    if (event.type === EVENT_ID.DOCUMENT) continue;
    if (event.type === EVENT_ID.POP) {
      const done = open.pop();
      // The last one ends the document.
      if (done === undefined) continue;
      const { line, children } = done.node;
      add(done.isMapping ? { line, pairs: inPairs(children) } : { line, items: children }, done.anchor);
      continue;
    }
    const anchor = event.anchorStart < 0 ? '' : source.slice(event.anchorStart, event.anchorEnd);
    if (event.type === EVENT_ID.ALIAS) {
      const known = anchors.get(anchor);
      if (known === undefined) throw new Error(`unknown alias ${anchor}`);
      add(known, '');
    } else if (event.type === EVENT_ID.SCALAR)
      add({ line: lineAt(Math.max(event.valueStart, 0)), text: getScalarValue(source, event) }, anchor);
    else
      open.push({
        node: { line: lineAt(event.start), children: [] },
        isMapping: event.type === EVENT_ID.MAPPING,
        anchor,
      });
  }
  return root;
}

/** The pairs of a mapping, none for anything else. */
export function pairsOf(node: YamlNode | undefined): readonly YamlPair[] {
  return node?.pairs ?? [];
}

/** The values of a key that may stand there more than once. */
export function valuesOf(node: YamlNode | undefined, key: string): readonly YamlNode[] {
  return pairsOf(node).flatMap(([k, value]) => (k.text === key ? [value] : []));
}

/** A scalar or a list of them. */
export function wordsOf(node: YamlNode): readonly YamlNode[] {
  return (node.items ?? [node]).filter(item => item.text !== undefined);
}

/** What comes behind it is not looked at, whatever it is: libyaml is asked for one document. */
function firstDocument(text: string): string {
  const plain = text.replace(/^\uFEFF/, '');
  for (const { index } of plain.matchAll(/^(?:---|\.\.\.)(?=[ \t\r\n]|$)/gm)) {
    const before = plain.slice(0, index);
    // Comments and directives begin none; a `---` does, also with nothing behind it.
    if (before.split(/\r?\n/).some(line => !/^\s*(#.*)?$|^%/.test(line))) return before;
  }
  return plain;
}

function inPairs(nodes: readonly YamlNode[]): readonly YamlPair[] {
  const pairs: YamlPair[] = [];
  for (let at = 0; at + 1 < nodes.length; at += 2) {
    const { text, ...key } = nodes[at]!;
    // netplan refuses the file ("expected scalar").
    if (text === undefined) throw new Error('a key that is no scalar');
    pairs.push([{ ...key, text }, nodes[at + 1]!]);
  }
  return pairs;
}

function lineCounter(text: string): (offset: number) => number {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(match => match.index + 1)];
  return offset => {
    const after = starts.findIndex(start => start > offset);
    return after < 0 ? starts.length : after;
  };
}
