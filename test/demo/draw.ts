// The demo as an image: `node draw.ts FILE` reads what live-demo.ts prints, passes it on, and draws what a reader of README.md should see: the
// ENI that does not work, the agent, the pings that are answered then, an address that comes, and the detached ENI. A demo that failed is not drawn.
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { terminalSvg } from './terminal-svg.ts';

/** Lines of the demo that are drawn: whole sections by their headings, and of the longest one only the end. */
export function gistOf(lines: readonly string[]): readonly string[] {
  const sections = [
    ...Map.groupBy(
      lines.map(l => l.trimEnd()),
      sectionNumbers(),
    ).values(),
  ];
  const named = (words: string) =>
    sections.find(([head = '']) => stripVTControlCharacters(head).includes(words)) ?? [];
  const pings = named('leaves by the ENI that owns');
  const from = pings.findIndex(line => line.startsWith('Pings from every address'));
  const parts = [
    named('it does not work'),
    named('. Apply'),
    [pings[0] ?? '', ...pings.slice(Math.max(1, from))],
    picked(
      named('An address comes'),
      /^\d+\. |^The cloud|\$ | (changed|wrote) |Applied |kernel events|answered/,
    ),
    picked(named('The ENI is detached'), /^\d+\. |^Its link|\$ eni-agent| removed |Applied |^ {2}ok {2}/),
  ];
  return parts.flatMap((part, index) => (index === 0 ? trimmed(part) : ['', ...trimmed(part)]));
}

/** The lines with these words; dots stand for what is left out between them. */
function picked(lines: readonly string[], words: RegExp): readonly string[] {
  const isShown = (line = '') => words.test(stripVTControlCharacters(line));
  const last = lines.findLastIndex(isShown);
  return lines.slice(0, last + 1).flatMap((line, index) => {
    if (isShown(line)) return [line];
    return isShown(lines[index - 1]) && index > 0 ? ['  ...'] : [];
  });
}

/** Numbers the sections while they are gone through; a heading is `N. TEXT`. */
function sectionNumbers(): (line: string) => number {
  let section = 0;
  return line => {
    if (/^\d+\. /.test(stripVTControlCharacters(line))) section += 1;
    return section;
  };
}

function trimmed(lines: readonly string[]): readonly string[] {
  return lines.join('\n').trim().split('\n');
}

if (import.meta.main) {
  const [, , file = ''] = process.argv;
  const lines: string[] = [];
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(line);
    lines.push(line);
  }
  if (!lines.some(line => stripVTControlCharacters(line) === 'The demo worked.')) {
    console.error(`the demo did not work: ${file} is left as it is`);
    process.exit(1);
  }
  writeFileSync(file, terminalSvg('npm run demo', gistOf(lines)));
}
