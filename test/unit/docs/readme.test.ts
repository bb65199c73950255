// README.md: what is proven is what the rows of the distributions say, what it costs is what docs/performance.md says, and its commands are what the CI runs first.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { backendNames } from '../../../agent/model/host.ts';
import { type Row, rows } from './distribution-rows.ts';
import { expectParagraph, fences, readDocument, root, section, tableRows } from './documents.ts';

/** The strongest claim first; what the documents call `matrix` is the agent's own run. */
const levels = { matrix: 'run', life: 'life', recorded: 'recorded', reasoned: 'reasoned' } as const;
type Level = keyof typeof levels;

function strongest(row: Row): Level {
  const found = (Object.keys(levels) as Level[]).find(level => row.claims.some(c => c.level === level));
  if (found === undefined) throw new Error(`${row.system} claims nothing that is known`);
  return found;
}

/** "Debian 8, 9; Ubuntu 16.04": no release words, and neighbours that differ in their number alone share the rest. */
function namesOf(systems: readonly Row[]): string {
  const groups: { name: string; rest: string; numbers: string[] }[] = [];
  for (const { system } of systems) {
    const title = system.replace(/ `[^`]+`/g, '').trim();
    const [, name = title, number, rest = ''] =
      /^(\D+ )([\d.]+)((?: with| without|, ).*)?$/.exec(title) ?? [];
    const last = groups.at(-1);
    if (number !== undefined && last?.name === name && last.rest === rest) last.numbers.push(number);
    else groups.push({ name, rest, numbers: number === undefined ? [] : [number] });
  }
  return groups.map(({ name, rest, numbers }) => name + numbers.join(', ') + rest).join('; ');
}

test('names are shortened by their numbers alone', () => {
  const named = (...systems: string[]) => namesOf(systems.map(system => ({ ...rows[0]!, system })));
  expect(named('Debian 8 `debian-8`', 'Debian 9', 'Ubuntu 16.04')).toBe('Debian 8, 9; Ubuntu 16.04');
  expect(named('Debian 11 with networkd', 'Debian 12 with NetworkManager')).toBe(
    'Debian 11 with networkd; Debian 12 with NetworkManager',
  );
  expect(named('RHEL 10, Alibaba Cloud Linux 4 `rhel-10` `alinux-4`')).toBe('RHEL 10, Alibaba Cloud Linux 4');
});

test('the systems, by what was run of each', () => {
  const cell = (level: Level, all: readonly Row[]) => {
    return namesOf(all.filter(row => strongest(row) === level)) || '-';
  };
  const lines = backendNames.map(backend => {
    const all = rows.filter(row => row.backend === backend);
    const cells = (Object.keys(levels) as Level[]).map(level => cell(level, all));
    return `| ${backend} | ${cells.join(' | ')} |`;
  });
  const head = `| backend | ${Object.values(levels).join(' | ')} |`;
  expectParagraph('README.md', 'proven', [head, '|---|---|---|---|---|', ...lines].join('\n'));
});

describe('the costs', () => {
  const measured = tableRows(section(readDocument('docs/performance.md'), 'The table'));
  const sizes = tableRows(section(readDocument('packaging/README.md'), 'Size'));
  /** The cell "measured", or "ratio", of a row, without the range. */
  const figure = (bench: string, size: string, what: string, column = 3) => {
    const found = measured.filter(row => row[0] === bench && row[1] === size && row[2] === what);
    expect(found, `${bench} ${size} ${what}`).toHaveLength(1);
    return found[0]![column]!.replace(/ \(.*/, '');
  };

  test('are those of docs/performance.md', () => {
    const hotPlug = (size: string) =>
      ['eni-agent daemon', 'amazon-ec2-net-utils'].map(who => figure('hot-plug', size, who));
    const look = (part: string) => figure('quiet', '(4,10)', `look of the timer: ${part}`);
    const packet = (scheme: string) =>
      figure('packets', '(15,50)', `one UDP send from the primary, ${scheme}`, 4).replace(/ x .*/, ' times');
    const memory = (part: string) => figure('memory', '(15,50)', `${part} after the first pass`);
    const lines = [
      ['', 'eni-agent', 'amazon-ec2-net-utils 2.4.1'],
      ['---', '---', '---'],
      ['from the link to the first ping, 4 ENIs of 10 addresses', ...hotPlug('(4,10)')],
      ['the same, 15 ENIs of 50 addresses', ...hotPlug('(15,50)')],
      [
        'one look at the metadata, 4 ENIs of 10 addresses',
        `${look('CPU')} CPU, ${Number(look('requests'))} requests`,
        figure('quiet', '(4,10)', 'amazon-ec2-net-utils, refresh of all ENIs').replace('.0 ', ' '),
      ],
      [
        'one UDP packet past the rules, against no rules, 15 ENIs of 50 addresses',
        packet('eni-agent'),
        `${packet('one rule per address')} (one rule per address)`,
      ],
      [
        'in memory, all the time',
        `${memory('resident')}, of which ${memory('anonymous')} are its own`,
        'nothing: timers and shell scripts',
      ],
      ['on disk', `${sizes[0]![3]}, nearly all of it its own Node`, 'a few shell scripts'],
    ];
    expectParagraph('README.md', 'cost', lines.map(cells => `| ${cells.join(' | ')} |`).join('\n'));
  });

  test('and so are those of docs/comparison.md', () => {
    const known = readDocument('docs/performance.md') + readDocument('packaging/README.md');
    const table = tableRows(section(readDocument('docs/comparison.md'), 'What it costs'));
    const figures = table.flatMap(
      cells =>
        cells
          .slice(1)
          .join(' ')
          .match(/\d[\d.]* (?:ms|MB|x|requests)/g) ?? [],
    );
    expect(figures.length).toBeGreaterThan(20);
    for (const found of figures) {
      const [number, unit] = found.split(' ');
      const digits = `(?<![\\d.])${number!.replace('.', '\\.')}(?:\\.0+)?`;
      expect(known, found).toMatch(
        new RegExp(unit === 'requests' ? `${digits} (?:requests|\\|)` : `${digits} ${unit}`),
      );
    }
  });

  test('a figure that was not measured is not found', () => {
    expect(() => figure('hot-plug', '(99,1)', 'eni-agent daemon')).toThrow();
  });
});

test('the CI begins with the test command of README.md, word for word', () => {
  const commands = fences(readDocument('README.md')).flatMap(fence => fence.lines);
  const words = commands.map(line => line.replace(/ {2,}#.*$/, ''));
  expect(words).toContain('npm run demo');
  expect(words).toContain('npm test');
  const ci = readFileSync(path.join(root, '.ci/run'), 'utf8');
  const npm = ci.split('\n').filter(line => line.startsWith('npm '));
  expect(npm[0]).toBe('npm test 2>&1 | tee "$first" || status=1');
  // In its default mode: nothing that the script sets changes what is run.
  expect(ci).not.toMatch(/ENI_AGENT_TESTS|MATRIX/);
});
