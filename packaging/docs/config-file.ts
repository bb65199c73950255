// The configuration file of the packages: every key with what it means, switched off by a "#" without a blank behind it. To use one is to
// take that "#" away. What is explanation has a blank.
import type { Tokens } from 'marked';
import { type Document, fill, inline, type Style } from './documents.ts';
import { readSettingsDocument, type SettingsKey, type SettingsSection } from './settings.ts';

const width = 80;

/** Words that could be read as part of the sentence are quoted; paths and the like speak for themselves. */
const plain: Style = {
  text: text => text,
  code: text => (/^[A-Za-z -]+$/.test(text) ? `"${text}"` : text),
  strong: text => text,
  emphasis: text => text,
};

/** Any MAC: the section is switched off like its keys. */
const exampleMac = '02:00:00:00:00:02';

/** The text of eni-agent.conf. As it is it says nothing; with all keys switched on it is still valid. */
export async function configFile(): Promise<string> {
  const document = await readSettingsDocument();
  const head = [
    'Configuration of eni-agent. The manual page eni-agent.conf(5) has the same text, with examples. The documents named here are in /usr/share/doc/eni-agent*/docs.',
    ...paragraphs(document.introduction),
    'Each key is commented out and shows its default, or an example if it has none. To set a key, remove the "#" in front of it; for an ENI also the one in front of its section.',
  ];
  const blocks = [head.map(comment).join('\n#\n'), ...document.sections.flatMap(sectionBlocks)];
  return `${blocks.join('\n\n')}\n`;
}

function sectionBlocks({ heading, introduction, keys }: SettingsSection): readonly string[] {
  // A section of an ENI means something even when it is empty: it takes the ENI from a container network.
  const isOfEni = heading.startsWith('[eni');
  const head = isOfEni ? `#${heading.replace('MAC', exampleMac)}` : heading;
  return [[...paragraphs(introduction).map(comment), head].join('\n'), ...keys.map(keyBlock)];
}

function keyBlock(key: SettingsKey): string {
  return [
    comment(key.meaning(plain)),
    comment(`Value: ${key.value(plain)}. Default: ${key.default ?? 'none'}. Example: ${key.example}`),
    `#${key.name} = ${key.default ?? key.example}`,
  ].join('\n');
}

function paragraphs({ name, tokens }: Document): readonly string[] {
  return tokens
    .filter(token => token.type === 'paragraph')
    .map(token => inline((token as Tokens.Paragraph).tokens, plain, name));
}

function comment(text: string): string {
  return fill(text, width - 2)
    .map(line => `# ${line}`)
    .join('\n');
}
