// The manual pages against what they are about: each command, option, key, path, variable and unit is in them. And they are clean, for
// mandoc and groff where these are installed.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { commonOptions } from '../../../agent/cli/args.ts';
import { loadCommands } from '../../../agent/cli/commands.ts';
import { hookFolder } from '../../../agent/hooks.ts';
import { backendNames } from '../../../agent/model/host.ts';
import { generatedFiles } from '../../../packaging/docs/generated-files.ts';
import { settingsFrom } from '../../support/settings-from.ts';
import { code, fences, readDocument, root, tableRows } from '../docs/documents.ts';

const epoch = 1_700_000_000;
const files = await generatedFiles(epoch);
const pages = {
  'eni-agent.8': files.get('/usr/share/man/man8/eni-agent.8')!,
  'eni-agent.conf.5': files.get('/usr/share/man/man5/eni-agent.conf.5')!,
};
const manual = plain(pages['eni-agent.8']);
const settings = plain(pages['eni-agent.conf.5']);
const commands = await loadCommands(undefined);
const sources = ['agent', 'renderers'].flatMap(folder =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => readFileSync(path.join(root, folder, name), 'utf8')),
);

/** The text of a page: macros as lines of their own, fonts and escapes taken out, running text on one line per macro. */
function plain(page: string): string {
  return page
    .replace(/\\f[BIR]|\\&|\\:/g, '')
    .replaceAll('\\-', '-')
    .replaceAll('\\(aq', "'")
    .replaceAll('\\(dq', '"')
    .replace(/\n(?!\.)/g, ' ');
}

describe('eni-agent.8', () => {
  test.each(commands.map(c => [c.name, c] as const))('%s', (name, { options, description }) => {
    const part = manual.split(`.SS "${name}"`)[1]!.split(/\.S[SH] /)[0]!;
    for (const option of Object.keys(options)) expect(part).toContain(`--${option}`);
    const oneLine = description.trim().split('\n\n')[0]!.replaceAll('\n', ' ');
    expect(part).toContain(oneLine);
  });

  test('every option is explained', () => {
    const all = [...Object.entries(commonOptions), ...commands.flatMap(c => Object.entries(c.options))];
    const explained = [...manual.matchAll(/^\.TP (?:-\w, )?--([\w-]+)/gm)].map(m => m[1]!);
    expect([...new Set(explained)].sort()).toEqual([...new Set(all.map(([name]) => name))].sort());
  });

  test('an option that several commands have is explained once', () => {
    const explained = [...manual.matchAll(/^\.TP (--(?:provider|json)\b.*)$/gm)];
    expect(explained).toHaveLength(2);
  });

  test('names every path of its own', () => {
    const quoted = /'(\/(?:etc|run|var\/lib|var\/cache)\/eni-agent[^']*)'/g;
    const paths = [hookFolder, ...sources.flatMap(source => [...source.matchAll(quoted)].map(m => m[1]!))];
    expect(paths).toContain('/var/lib/eni-agent/state.json');
    const part = manual.split('.SH FILES')[1]!.split('.SH')[0]!;
    const missing = paths.filter(file => !part.includes(file));
    expect(missing, 'FILES in packaging/docs/eni-agent.8.md needs a row').toEqual([]);
  });

  test('names every variable that the program asks for', () => {
    const asked = sources.flatMap(source => [...source.matchAll(/\benv\.([A-Z_]+)/g)].map(m => m[1]!));
    const named = [
      ...manual
        .split('.SH ENVIRONMENT')[1]!
        .split('.SH')[0]!
        .matchAll(/^\.TP ([A-Z_]+)/gm),
    ];
    expect(named.map(m => m[1]).sort()).toEqual([...new Set(asked)].sort());
  });

  test('names every unit', () => {
    const units = readdirSync(path.join(root, 'systemd')).filter(name =>
      /\.(service|path|timer)$/.test(name),
    );
    expect(units).toContain('eni-agent.service');
    for (const unit of units) expect(manual.split('.SH UNITS')[1]).toContain(unit);
  });

  test('has the exit codes and the backends', () => {
    const exits = tableRows(readDocument('docs/exit-codes.md')).map(row => row[0]!);
    for (const exit of exits) expect(manual.split('.SH EXIT STATUS')[1]).toContain(`.TP ${exit} `);
    for (const name of backendNames) expect(manual.split('.SH BACKENDS')[1]).toContain(`.TP ${name} `);
  });
});

describe('eni-agent.conf.5', () => {
  test('has every section and key of docs/configuration.md', () => {
    const text = readDocument('docs/configuration.md');
    const headings = [...text.matchAll(/^## (.*)$/gm)].map(m => m[1]!);
    for (const heading of headings) {
      const part = settings.split(`.SS "${heading}"`)[1]!.split(/\.S[SH] /)[0]!;
      const rows = tableRows(text.split(`## ${heading}\n`)[1]!);
      const keys = [...part.matchAll(/^\.TP ([\w-]+) /gm)].map(m => m[1]);
      expect(keys).toEqual(rows.map(row => code(row[0])));
    }
  });

  test.each(
    fences(readDocument('packaging/docs/eni-agent.conf.5.md')).map(fence => [fence.lines.join('\n')]),
  )('the example is accepted: %s', content => {
    expect(() => settingsFrom(content)).not.toThrow();
  });
});

describe.each(Object.entries(pages))('%s', (_, page) => {
  test('has the date that it was given, and none of its own', async () => {
    expect(page).toMatch(/^\.TH "ENI\\-AGENT[^"]*" "[58]" "2023-11-14" "eni-agent \d/m);
    const undated = [...(await generatedFiles()).values()].join('');
    expect(undated).not.toMatch(/\b20\d\d-\d\d-\d\d\b/);
  });

  test('has no Markdown', () => {
    expect(page).not.toMatch(/\]\(|```|<!--|\*\*/);
  });

  const has = (program: string) => spawnSync(program, ['--version']).error === undefined;

  test.runIf(has('mandoc'))('mandoc has nothing to say', () => {
    expect(spawnSync('mandoc', ['-T', 'lint'], { input: page, encoding: 'utf8' }).stdout).toBe('');
  });

  test.runIf(has('groff'))('groff has nothing to say', () => {
    const said = spawnSync('groff', ['-man', '-ww', '-Tascii', '-P-c', '-P-b'], {
      input: page,
      encoding: 'utf8',
    });
    expect(said.stderr).toBe('');
    expect(said.stdout).toMatch(/^D.?E.?S/m);
  });
});

test('the same sources give the same bytes', async () => {
  expect([...(await generatedFiles(epoch))]).toEqual([...files]);
  for (const text of files.values()) expect(text).not.toContain(root);
});
