// What can be checked in any document: links lead somewhere, command lines parse, paths exist, and the JSON is what the commands
// print.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../../agent/cli/args.ts';
import { loadCommands } from '../../../agent/cli/commands.ts';
import { run } from '../../../agent/cli/run.ts';
import { AgentError } from '../../../agent/errors.ts';
import { parseRecording } from '../../../agent/metadata/recording.ts';
import type { System } from '../../../agent/system/system.ts';
import { examplePlans } from '../../support/example-plans.ts';
import { MetadataEmulator } from '../../support/metadata-emulator.ts';
import { loadRecording } from '../../support/metadata-emulator-recordings.ts';
import { noProcess } from '../../support/no-process.ts';
import { before, debianMachine } from './debian-machine.ts';
import {
  anchorOf,
  codeColumn,
  documents,
  fences,
  prose,
  readDocument,
  root,
  section,
  tableRows,
} from './documents.ts';

const commands = await loadCommands(undefined);

function anchorsOf(text: string): ReadonlySet<string> {
  return new Set([...prose(text).matchAll(/^#+ (.*)$/gm)].map(m => anchorOf(m[1]!)));
}

test('there are documents to check', () => {
  expect(documents).toEqual(expect.arrayContaining(['ARCHITECTURE.md', 'CHANGELOG.md', 'README.md']));
  expect(documents.length).toBeGreaterThan(10);
});

describe.each(documents)('%s', name => {
  const text = readDocument(name);

  test('links lead to a file, and to a heading in it', () => {
    for (const [, target] of prose(text).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target!)) continue;
      const [file = '', anchor] = target!.split('#');
      const full = file === '' ? path.join(root, name) : path.join(root, path.dirname(name), file);
      expect(existsSync(full), `${target} does not exist`).toBe(true);
      if (anchor === undefined) continue;
      const anchors = anchorsOf(readFileSync(full, 'utf8'));
      expect(anchors.has(anchor), `${target}: there is no such heading`).toBe(true);
    }
  });

  test('command lines parse', () => {
    for (const line of commandLines(text)) {
      const argv = wordsOf(line);
      expect(() => parseArguments(argv, commands), line).not.toThrow();
    }
  });

  test('paths of the project exist', () => {
    const areas = 'agent|renderers|test|docs|systemd|packaging';
    for (const [, found] of prose(text).matchAll(new RegExp(`\`((?:${areas})/[\\w./-]*)\``, 'g'))) {
      // A word in capitals stands for a name: the folder has to be there.
      const known = found!.replace(/[A-Z]{3,}[\w./-]*$/, '');
      expect(existsSync(path.join(root, known)), `${found} does not exist`).toBe(true);
    }
  });

  test('npm scripts exist', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
    for (const [, script] of text.matchAll(/npm run ([\w-]+)/g)) expect(scripts).toHaveProperty(script!);
  });
});

/** `eni-agent ...` in blocks and between backticks; up to a pipe, a comment or a shell word behind it. */
function commandLines(text: string): readonly string[] {
  const inBlocks = fences(text).flatMap(fence => fence.lines);
  const inProse = [...prose(text).matchAll(/`([^`\n]+)`/g)].map(m => m[1]!);
  return [...inBlocks, ...inProse].flatMap(line => {
    const match = /^(?:\$ )?(?:sudo )?(?:npx )?eni-agent( .*)?$/.exec(line.trim());
    return match === null ? [] : [(match[1] ?? '').replace(/ (\||#|>|\|\||&&) .*$/, '').trim()];
  });
}

function wordsOf(line: string): readonly string[] {
  // COMMAND stands for any of them.
  return line
    .split(/\s+/)
    .filter(word => word !== '')
    .map(word => (word === 'COMMAND' ? 'plan' : word));
}

test('a wrong command line would be found', () => {
  const lines = commandLines('`eni-agent plan --josn` and\n```\n$ npx eni-agent plant | jq\n```\n');
  expect(lines).toEqual(['plant', 'plan --josn']);
  for (const line of lines) expect(() => parseArguments(wordsOf(line), commands)).toThrow(AgentError);
});

test('documents that the code refers to exist', () => {
  const files = ['agent', 'renderers', 'test/support', 'test/lab', 'test/demo'].flatMap(folder =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts'))
      .map(name => path.join(folder, name)),
  );
  const named = files.flatMap(file =>
    [...readFileSync(path.join(root, file), 'utf8').matchAll(/docs\/[\w/-]+\.md/g)].map(m => m[0]),
  );
  expect(named).toContain('docs/errors.md');
  for (const name of new Set(named)) expect(existsSync(path.join(root, name)), name).toBe(true);
});

test('the recording in docs/recordings.md is one, and its fields are all that there are', () => {
  const text = readDocument('docs/recordings.md');
  const example = fences(text)
    .find(fence => fence.language === 'json')!
    .lines.join('\n');
  const recording = parseRecording(example, 'docs/recordings.md');
  expect(codeColumn(tableRows(text))).toEqual(Object.keys(recording).sort());
  expect(() => parseRecording(example.replace('"token"', '"tokens"'), 'x')).toThrow(AgentError);
});

describe('docs/json.md', () => {
  const text = readDocument('docs/json.md');
  const documented = (heading: string) => codeColumn(tableRows(section(text, heading)));

  test.each([
    ['plan and once', ['plan']],
    ['status', ['status']],
    ['check-config', ['check-config']],
    ['doctor', ['doctor']],
    ['migrate', ['migrate']],
    ['remove', ['remove']],
    ['render', ['render', '--metadata', 'two-enis.json', '--backend', 'netplan']],
  ] as const)('%s', async (heading, argv) => {
    expect(Object.keys(await printed(argv)).sort()).toEqual(documented(heading));
  });

  test('errors', async () => {
    const example = JSON.parse(fences(section(text, 'Errors'))[0]!.lines.join('\n'));
    const error = await printed(['rollback']);
    expect(shape(error)).toEqual(shape(example));
    expect(error).toHaveProperty('error.code', 'nothing-to-roll-back');
  });

  test('a plan of an ENI', () => {
    const enis = Object.values(examplePlans).flatMap(plan => plan.enis);
    const eni = enis.find(e => e.addresses.length * e.routes.length * e.rules.length > 0)!;
    expect(documented('A plan of an ENI')).toEqual(Object.keys({ ...eni, inheritsMtu: true }).sort());
    for (const part of ['addresses', 'routes', 'rules'] as const) {
      const row = tableRows(section(text, 'A plan of an ENI')).find(r => r[0] === `\`${part}\``)!;
      for (const key of Object.keys(eni[part][0]!)) expect(row[1]).toContain(`\`${key}\``);
    }
  });

  test('reasons', () => {
    const source = readFileSync(path.join(root, 'agent/model/skip-reason.ts'), 'utf8');
    const union = /export type SkipReason =\n([\s\S]*?);/.exec(source)![1]!;
    const reasons = [...union.matchAll(/'([a-z-]+)'/g)].map(m => m[1]!);
    expect(documented('Skipped')).toEqual(reasons.sort());
  });
});

function shape(value: object): readonly string[] {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' && inner !== null ? shape(inner).map(k => `${key}.${k}`) : [key],
  );
}

/** What a command prints with --json on the Debian machine of the examples. */
async function printed(argv: readonly string[]): Promise<object> {
  const recording = loadRecording('aws', 'two-enis');
  const service = new MetadataEmulator(recording);
  const url = await service.listen();
  const { system: small } = debianMachine(before);
  const system: System = {
    ...small,
    readFile: async file => (file === 'two-enis.json' ? JSON.stringify(recording) : small.readFile(file)),
    lock: async () => async () => undefined,
  };
  const asksMetadata = ['plan', 'status', 'doctor'].includes(argv[0]!);
  const where = asksMetadata ? ['--provider', 'aws', '--metadata-url', url] : [];
  let output = '';
  await run([...argv, ...where, '--json'], system, {
    print: text => {
      output += text;
    },
    printError: () => undefined,
    isRoot: true,
    isInteractive: false,
    colour: false,
    process: noProcess,
  });
  await service.close();
  return JSON.parse(output);
}
