// The tables of the documents against the code they describe, in both directions: a row for each thing, and a thing for each row.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadCommands } from '../../../agent/cli/commands.ts';
import { type ErrorCode, errorCodes, exitCodeOf } from '../../../agent/errors.ts';
import { readInstance } from '../../../agent/metadata/read-instance.ts';
import { replayClient } from '../../../agent/metadata/recording.ts';
import { providers } from '../../../agent/metadata/registry.ts';
import type { BackendName, HostFacts } from '../../../agent/model/host.ts';
import { ruleWordsOf } from '../../../agent/model/rule-words.ts';
import {
  bandFront,
  bandWidth,
  firstMetric,
  firstOfBound,
  priorityOf,
  slotCount,
  tiers as tierNames,
} from '../../../agent/plan/numbering.ts';
import { renderers } from '../../../renderers/registry.ts';
import { factsForBackend, releaseNames } from '../../../renderers/releases/lookup.ts';
import { defaultReleases } from '../../../renderers/releases/table.ts';
import { examplePlans } from '../../support/example-plans.ts';
import { MetadataEmulator } from '../../support/metadata-emulator.ts';
import { loadRecording } from '../../support/metadata-emulator-recordings.ts';
import { code, codeColumn, readDocument, root, section, tableRows } from './documents.ts';

const commands = await loadCommands(undefined);

const backends = (Object.keys(renderers) as BackendName[]).sort();

describe('docs/errors.md', () => {
  const rows = tableRows(readDocument('docs/errors.md'));

  test('has a row for each code, and no other', () => {
    expect(codeColumn(rows)).toEqual([...errorCodes].sort());
  });

  test.each(rows.map(row => [code(row[0]), row] as const))(
    '%s: exit code, and no empty cell',
    (name, row) => {
      expect(row).toHaveLength(5);
      expect(Number(row[1])).toBe(exitCodeOf(name as ErrorCode));
      for (const cell of row) expect(cell).not.toBe('');
    },
  );
});

test('docs/exit-codes.md has all exit codes, and what 2 means for each command', () => {
  const text = readDocument('docs/exit-codes.md');
  expect(tableRows(text).map(row => Number(row[0]))).toEqual([0, 1, 2, 64]);
  expect([...new Set([0, 2, ...errorCodes.map(exitCodeOf)])].sort((a, b) => a - b)).toEqual([0, 1, 2, 64]);
  const meanings = text.slice(text.indexOf('What 2 means'));
  const named = tableRows(meanings).flatMap(row => [...row[0]!.matchAll(/`([^`]+)`/g)].map(m => m[1]));
  expect(named.sort()).toEqual(commands.map(c => c.name).sort());
});

describe('docs/backends.md', () => {
  const rows = tableRows(readDocument('docs/backends.md'));

  test('has a row for each renderer, and no other', () => {
    expect(codeColumn(rows)).toEqual(backends);
  });

  test.each(rows.map(row => [code(row[0]) as BackendName, row] as const))(
    '%s: proven, and its files',
    (name, row) => {
      expect(row[4]).toBe(renderers[name].proven ? 'yes' : 'no');
      const own = renderers[name].ownFiles;
      const paths = [...row[2]!.matchAll(/`(\/[^`]+)`/g)].map(m => m[1]!.replaceAll('LINK', 'eth1'));
      expect(paths.length).toBeGreaterThan(0);
      for (const file of paths) {
        const fits = own.some(o => file.startsWith(`${o.dir}/`) && o.name.test(file.slice(o.dir.length + 1)));
        expect(fits, `${file} is no file of ${name}`).toBe(true);
      }
      for (const { file, facts } of renderedFiles(name)) {
        const where = `${file} of ${facts.os.id} ${facts.os.versionId}`;
        expect(row[2]!.replaceAll('LINK', 'eth1'), where).toContain(
          path.dirname(file).replace(/eth\d+/, 'eth1'),
        );
      }
    },
  );

  test('lists the releases of each backend, the default first', () => {
    const releases = tableRows(section(readDocument('docs/backends.md'), 'Releases that render knows'));
    const documented = Object.fromEntries(
      releases.map(row => [code(row[0]), [...row[1]!.matchAll(/`([^`]+)`/g)].map(m => m[1]!)]),
    );
    expect(Object.keys(documented).sort()).toEqual(backends);
    for (const name of backends) {
      expect(documented[name]![0]).toBe(defaultReleases[name]);
      expect(documented[name]!.toSorted()).toEqual(releaseNames(name));
    }
  });

  test('tells each backend’s own way', () => {
    const text = section(readDocument('docs/backends.md'), 'What is expressed another way, and why');
    const headings = [...text.matchAll(/^### (.*)$/gm)].flatMap(m => m[1]!.split(', '));
    expect(headings.sort()).toEqual(backends);
  });
});

/** Files of the usual releases; what only an old version needs (a dispatcher script) is told in prose. */
function renderedFiles(name: BackendName): { readonly file: string; readonly facts: HostFacts }[] {
  const facts = factsForBackend(name);
  return Object.values(examplePlans).flatMap(plan =>
    renderers[name].render(plan.enis, facts).map(f => ({ file: f.path, facts })),
  );
}

describe('docs/clouds.md', () => {
  const text = readDocument('docs/clouds.md');
  const rows = tableRows(text);
  const titles = text
    .split('\n')
    .find(line => line.startsWith('|'))!
    .split('|')
    .slice(2, -1)
    .map(cell => cell.trim());
  const cell = (row: string, column: number) => rows.find(r => r[0] === row)?.[column + 1] ?? '';

  test('has a column and a section for each provider, and no other', () => {
    expect([...titles].sort()).toEqual(providers.map(p => p.title).sort());
    for (const title of titles) expect(section(text, title).length).toBeGreaterThan(100);
  });

  test.each(providers.map(p => [p.name, p] as const))('%s: names, endpoints, token, form', async (_, p) => {
    const column = titles.indexOf(p.title);
    expect(code(cell('name', column))).toBe(p.name);
    expect(code(cell('endpoint', column))).toBe(p.endpoint);
    expect(code(cell('second endpoint', column))).toBe(p.fallbackEndpoint ?? '');
    expect(code(cell('token', column))).toBe(p.token?.path ?? '');
    const instance = p.parse(await p.read(replayClient(loadRecording(p.name, 'two-enis'))));
    const second = instance.enis.find(e => !e.primary)!;
    expect(cell('addressing', column)).toBe(second.needsDhcp ? 'DHCP' : 'static');
    expect(cell('IPv4 subnet', column)).toBe(second.ipv4.subnets.state === 'value' ? 'yes' : 'DHCP');
    expect(cell('MTU', column)).toBe(second.mtu === undefined ? 'not told' : 'yes');
  });

  test.each(providers.map(p => [p.name, p] as const))('%s: number of requests', async (_, p) => {
    const documented = cell('requests for two ENIs', titles.indexOf(p.title)).match(/\d+/g)!.map(Number);
    const names = p.name === 'alibaba' ? ['all', 'two-enis'] : ['two-enis'];
    const counted: number[] = [];
    for (const name of names) {
      const service = new MetadataEmulator(loadRecording(p.name, name));
      const url = await service.listen();
      const { requests, instance } = await readInstance({ provider: p.name, url, dmi: noDmi });
      await service.close();
      expect(instance.enis).toHaveLength(2);
      counted.push(requests);
    }
    expect(documented).toEqual(counted);
  });

  test('README.md names the same clouds', () => {
    for (const { title } of providers) expect(readDocument('README.md')).toContain(title);
  });
});

const noDmi = {
  sysVendor: '',
  productName: '',
  productFamily: '',
  productUuid: '',
  biosVendor: '',
  biosVersion: '',
  boardAssetTag: '',
  chassisAssetTag: '',
  hypervisorUuid: '',
};

test('docs/how-it-works.md has the numbers of the code', () => {
  const text = readDocument('docs/how-it-works.md');
  const [tables, priorities, protocol, metric, group] = tableRows(section(text, 'Numbers')).map(
    row => row[1],
  );
  const last = slotCount - 1;
  expect(tables).toBe(`28000 to ${28000 + last}`);
  const tiers = tierNames.map(tier => priorityOf(28000, tier, 0));
  expect(priorities).toBe(tiers.map(first => `${first} to ${first + last}`).join(', '));
  expect(tableRows(section(text, 'Tiers')).map(row => row[1])).toEqual(tiers.map(t => `${t} + slot`));
  expect(group).toBe(String(ruleWordsOf(factsForBackend('networkd').kernel, {}, 28000).primaryGroup));
  const source = (file: string) => readFileSync(path.join(root, file), 'utf8');
  expect(source('agent/apply/kernel-objects.ts')).toContain(`agentProtocol = ${protocol};`);
  expect(metric).toBe(`${firstMetric} + slot`);
  const configuration = readDocument('docs/configuration.md');
  expect(configuration).toContain(`${bandFront + 1} to ${32765 - bandWidth} |`);
  expect(configuration).toContain(
    `${bandWidth} numbers from here, and ${bandFront} before, for rules, and ${firstOfBound} to ${firstOfBound + last} whatever`,
  );
});
