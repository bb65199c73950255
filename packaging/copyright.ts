// The copyright file: the licence of the agent, and of everything that its packages carry, with exact versions.
import { packageName, type Variant, version } from './artefacts.ts';
import type { BundledLicence } from './bundle.ts';

export interface CopyrightParts {
  readonly variant: Variant;
  /** LICENSE of the checkout. */
  readonly own: string;
  readonly node: BundledLicence;
  /** npm packages in eni-agent.cjs. */
  readonly bundled: readonly BundledLicence[];
  /** Debian source packages of the private libraries. */
  readonly libraries: readonly BundledLicence[];
}

const line = '-'.repeat(78);

export function copyrightText({ variant, own, node, bundled, libraries }: CopyrightParts): string {
  const parts = [node, ...bundled, ...libraries];
  return [
    `${packageName(variant)} ${version} is licensed under the Apache License, version 2.0, whose text follows`,
    '(Debian also has it in /usr/share/common-licenses/Apache-2.0).',
    '',
    'The package also carries:',
    '',
    `  /usr/lib/eni-agent/node           ${node.name} ${node.version}`,
    ...bundled.map(({ name, version: v }) => `  /usr/lib/eni-agent/eni-agent.cjs  ${name} ${v}`),
    ...libraries.map(({ name, version: v }) => `  /usr/lib/eni-agent/rt/*           ${name} ${v}`),
    '',
    ...(libraries.length === 0
      ? []
      : [
          'The libraries in rt/ are Debian 13\'s, unchanged. Their source is what "apt-get source" gives for these names and',
          'versions; Debian keeps all versions at https://snapshot.debian.org/.',
          '',
        ]),
    'Their licences follow that of eni-agent.',
    '',
    line,
    withoutBlankEnds(own),
    ...parts.flatMap(({ name, version: v, text }) => [line, `${name} ${v}`, line, withoutBlankEnds(text)]),
    '',
  ]
    .join('\n')
    .replaceAll('\r', '');
}

/** Without empty lines at both ends; the first line keeps its indent. */
function withoutBlankEnds(text: string): string {
  return text.replace(/^\s*\n/, '').trimEnd();
}
