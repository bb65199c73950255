// The manual pages: a Markdown file with the prose, in whose `<!-- insert: ... -->` comments stands what is known elsewhere: the registry of
// the commands, the table of the configuration, a part of a document.
import type { Token } from 'marked';
import { commandSections, sharedOptions } from './command-sections.ts';
import { introduction, readDocument, section } from './documents.ts';
import { blocks, bold, definition, lines, literal, roffStyle, subsection } from './roff.ts';
import { readSettingsDocument, type SettingsKey } from './settings.ts';

/** What the first line of a page says of the release. */
export interface Release {
  readonly version: string;
  /** `2026-11-21`; empty where the build has no date. */
  readonly date: string;
}

/** The page of `packaging/docs/NAME.SECTION.md`. */
export async function manPage(name: string, manualSection: 5 | 8, release: Release): Promise<string> {
  const document = await readDocument(`packaging/docs/${name}.${manualSection}.md`);
  const parts = await Promise.all(
    document.tokens.map(token => insertOf(token) ?? blocks({ name: document.name, tokens: [token] })),
  );
  const title = [literal(name.toUpperCase()), manualSection, release.date, `eni-agent ${release.version}`];
  const head = [
    '.\\" Made by the build of eni-agent; edits are lost.',
    `.TH ${title.map(word => `"${word}"`).join(' ')} "${manualNames[manualSection]}"`,
    // No hyphens and no stretched lines: half of the words are names of files and keys.
    '.nh',
    '.ad l',
  ];
  return `${[...head, ...withoutNeedlessParagraphs(parts.flat())].join('\n')}\n`;
}

const manualNames = { 5: 'File formats', 8: 'System administration' } as const;

/** `.PP` right below a heading does nothing, and mandoc says so. */
function withoutNeedlessParagraphs(page: readonly string[]): readonly string[] {
  return page.filter((line, index) => line !== '.PP' || !/^\.S[HS] /.test(page[index - 1] ?? ''));
}

function insertOf(token: Token): Promise<readonly string[]> | undefined {
  const what = token.type === 'html' ? /^<!-- insert: (.*) -->\s*$/.exec(token.raw)?.[1] : undefined;
  return what === undefined ? undefined : inserted(what);
}

/** `commands`, `options`, `settings`; of a document what stands before its first section, or with `FILE.md#HEADING` that section. */
async function inserted(what: string): Promise<readonly string[]> {
  if (what === 'commands') return commandSections();
  if (what === 'options') return sharedOptions();
  if (what === 'settings') return settingsSections();
  const [file, heading] = what.split('#') as [string, string | undefined];
  const document = await readDocument(file);
  return blocks(heading === undefined ? introduction(document) : section(document, heading));
}

async function settingsSections(): Promise<readonly string[]> {
  const { sections } = await readSettingsDocument();
  return sections.flatMap(({ heading, introduction: intro, keys }) => [
    subsection(heading),
    ...blocks(intro),
    ...keys.flatMap(keyDefinition),
  ]);
}

function keyDefinition(key: SettingsKey): readonly string[] {
  const preset = key.default === undefined ? 'none' : bold(key.default);
  return definition(bold(key.name), [
    ...lines(key.meaning(roffStyle)),
    '.br',
    ...lines(`Value: ${key.value(roffStyle)}. Default: ${preset}. Example: ${bold(key.example)}.`),
  ]);
}
