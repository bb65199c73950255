// The lines of one file against the sections and keys that there are. Everything that is wrong with it is found at once. Pure.
import * as v from 'valibot';
import { type Mac, parseMac } from '../model/address.ts';
import type { ConfigLine } from './ini-lines.ts';
import { type ConfigProblem, problemAt } from './problem.ts';
import { eniSection, isSectionName, type SectionName, schemas } from './sections.ts';
import { suggest } from './suggest.ts';

/** A line `key = value` that is right, and what it belongs to. */
export interface GoodLine {
  readonly of: SectionName | Mac;
  readonly key: string;
  readonly value: string;
  readonly line: ConfigLine;
}

export interface CheckedLines {
  readonly good: readonly GoodLine[];
  /** ENIs that have a section, also an empty one. */
  readonly enis: readonly Mac[];
  readonly problems: readonly ConfigProblem[];
}

export function checkLines(lines: readonly ConfigLine[]): CheckedLines {
  const good: GoodLine[] = [];
  const enis: Mac[] = [];
  const problems: ConfigProblem[] = [];
  for (const line of lines) {
    const of = line.section === undefined ? undefined : ownerOf(line.section);
    if (line.kind === 'no-text')
      problems.push(problemAt(line, 'the file is no text in UTF-8; it may have been saved as UTF-16'));
    else if (line.kind === 'unreadable') problems.push(unreadable(line, line.text));
    else if (line.kind === 'cut') problems.push(cutValue(line, line.text, line.at));
    else if (line.kind === 'section') {
      if (of === undefined) problems.push(unknownSection(line, line.section));
      else if (!isSectionName(of)) enis.push(of);
    } else if (line.section === undefined)
      problems.push(
        problemAt(line, `the key ${JSON.stringify(line.key)} is outside of any section`, homeOf(line.key)),
      );
    // What stands in an unknown section is not judged: one problem, not ten.
    else if (of !== undefined) {
      const problem = checkKey(line, of);
      if (problem === undefined) good.push({ of, key: line.key, value: line.value, line });
      else problems.push(problem);
    }
  }
  return { good, enis, problems };
}

const eniHeading = /^eni\s+"?([^"]*)"?$/;

/** Undefined: there is no such section. */
function ownerOf(section: string): SectionName | Mac | undefined {
  if (isSectionName(section)) return section;
  const mac = eniHeading.exec(section)?.[1];
  return mac === undefined ? undefined : parseMac(mac);
}

function unreadable(line: ConfigLine, text: string): ConfigProblem {
  const why = text.startsWith('[')
    ? 'a section has a line of its own, from "[" to "]", without a comment'
    : 'it is no section, no "key = value" and no comment';
  return problemAt(line, `the line ${JSON.stringify(text)} cannot be read: ${why}`);
}

/** `addresses = 10.0.2.10;10.0.2.11`: the second one would be lost without a word. */
function cutValue(line: ConfigLine, text: string, at: string): ConfigProblem {
  return problemAt(
    line,
    `the line ${JSON.stringify(text)}: what is behind "${at}" would be taken for a comment; separate values with a comma, and put a blank before a comment`,
  );
}

function unknownSection(line: ConfigLine, section: string): ConfigProblem {
  if (eniHeading.test(section))
    return problemAt(
      line,
      `[${section}] does not name a MAC address; write the one that "ip link" shows, as in [eni "02:00:00:00:00:01"]`,
    );
  if (/^eni\b/i.test(section))
    return problemAt(line, `unknown section [${section}]: the section of an ENI is [eni "MAC"]`);
  const meant = suggest(section, Object.keys(schemas));
  return problemAt(line, `unknown section [${section}]`, meant && `[${meant}]`);
}

type KeyLine = ConfigLine & { readonly kind: 'key' };

function checkKey(line: KeyLine, of: SectionName | Mac): ConfigProblem | undefined {
  const { entries }: { entries: Record<string, v.GenericSchema> } = isSectionName(of)
    ? schemas[of]
    : eniSection;
  const { section, key, value } = line;
  if (!Object.hasOwn(entries, key)) {
    const meant = suggest(key, Object.keys(entries));
    return problemAt(line, `[${section}] has the unknown key ${JSON.stringify(key)}`, meant ?? homeOf(key));
  }
  const issue = v.safeParse(entries[key]!, value).issues?.[0];
  return (
    issue &&
    problemAt(
      line,
      `[${section}] ${key} = ${JSON.stringify(value)}: ${issue.message}`,
      suggest(value, wordsOf(entries[key]!)),
    )
  );
}

/** Where a key that is in the wrong place belongs. */
function homeOf(key: string): string | undefined {
  const sections: [string, { readonly entries: object }][] = [
    ...Object.entries(schemas),
    ['eni "MAC"', eniSection],
  ];
  const homes = sections.filter(([, { entries }]) => Object.hasOwn(entries, key));
  return homes.length === 1 ? `${key} in [${homes[0]![0]}]` : undefined;
}

/** The words of a key that takes one of a list. */
function wordsOf(schema: v.GenericSchema): readonly string[] {
  const { wrapped, pipe, options } = schema as {
    readonly wrapped?: v.GenericSchema;
    readonly pipe?: readonly v.GenericSchema[];
    readonly options?: readonly string[];
  };
  return options ?? (wrapped === undefined ? (pipe ?? []) : [wrapped]).flatMap(wordsOf);
}
