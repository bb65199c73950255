// docs/coexistence.md against the programs that `doctor` knows and the drop-ins that the options write.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { planDropIns, settlementPaths } from '../../../agent/coexistence/drop-ins.ts';
import { rivalTable } from '../../../agent/doctor/rivals.ts';
import { nic } from '../../support/plan-parts.ts';
import { settingsFrom } from '../../support/settings-from.ts';
import { codeColumn, expectBlock, prose, readDocument, root, section, tableRows } from './documents.ts';

// Without its blocks, in which a comment looks like a heading.
const text = prose(readDocument('docs/coexistence.md'));
const rows = tableRows(section(text, 'The programs'));

test('the programs of the code, in its order', () => {
  expect(rows.map(row => row[0])).toEqual(rivalTable.map(r => r.name));
});

test.each(rivalTable.map(r => [r.name, r] as const))('%s', (name, rival) => {
  const row = rows.find(r => r[0] === name)!;
  const [, traces = '', effect, step, option, ran, reasoned] = row;
  expect(row).toHaveLength(7);
  const named = [...traces.matchAll(/`([^`]+)`/g)].map(m => m[1]);
  expect(named).toEqual(rival.traces);
  expect(effect).toBe(rival.effect);
  expect(step).toBe(rival.step);
  expect(option).toBe(rival.option === undefined ? '-' : `\`${rival.option.key} = ${rival.option.value}\``);
  // Something is known, one way or the other.
  for (const cell of [traces, ran, reasoned]) expect(cell).not.toBe('');
  expect([ran, reasoned]).not.toEqual(['-', '-']);
});

test('what the table says is looked at is read by a probe', () => {
  const source = (file: string) => readFileSync(path.join(root, 'agent/system/facts', file), 'utf8');
  const probes = ['paths.ts', 'files.ts', 'rival-facts.ts'].map(source).join('\n');
  const traces = rivalTable.flatMap(r => r.traces.filter(t => t.startsWith('/')));
  expect(traces.filter(t => !probes.includes(`'${t}'`))).toEqual([]);
});

const options = tableRows(section(text, 'What the options write'));

test('each option of a program is a value of the configuration, and has a row that says what it costs', () => {
  const offered = rivalTable.flatMap(({ option }) => (option === undefined ? [] : [option]));
  for (const { key, value } of offered) {
    const text = `[coexistence]\n${key} = ${value}\n`;
    expect(settingsFrom(text).coexistence).not.toEqual(settingsFrom('').coexistence);
  }
  const wanted = new Set([...offered.map(o => `${o.key} = ${o.value}`), 'cloud-init = primary-only']);
  expect(codeColumn(options)).toEqual([...wanted].sort());
});

test('the drop-ins', () => {
  const { files } = planDropIns({
    wanted: {
      cloudInit: 'primary-only',
      networkmanagerAutoDefault: 'primary-only',
      nmCloudSetup: 'off',
      ec2NetUtils: 'primary-only',
      cloudNetconfig: 'no-hotplug',
      containerNetwork: 'leave',
    },
    facts: {
      paths: [
        ...['/usr/bin/cloud-init', '/usr/sbin/NetworkManager', '/usr/bin/setup-policy-routes'],
        ...['/usr/lib/systemd/system/nm-cloud-setup.service', '/usr/libexec/cloud-netconfig'],
      ],
      services: {},
    },
    provider: 'aws',
    primaryLink: 'eth0',
    links: [nic(0), nic(1)],
  });
  expect(files.map(f => f.path)).toEqual(Object.values(settlementPaths));
  expectBlock(
    'docs/coexistence.md',
    'drop-ins',
    files.map(f => `--- ${f.path}\n${f.content.trimEnd()}`).join('\n'),
  );
});
