// The JSON of `status` beyond what json.test.ts holds: the daemon, and the state of each ENI, with the fields of docs/json.md.
import { expect, test } from 'vitest';
import { statusJson } from '../../../agent/cli/status/json.ts';
import { statusRows } from '../../../agent/cli/status/rows.ts';
import type { Report } from '../../../agent/daemon/report.ts';
import {
  ago,
  comparisonOf,
  firstPlan,
  inspectionOf,
  now,
  reportedOf,
  reportOf,
  skippedOf,
} from '../../support/example-look.ts';
import { codeColumn, readDocument, section, tableRows } from '../docs/documents.ts';

const document = readDocument('docs/json.md');
const documented = (heading: string) => codeColumn(tableRows(section(document, heading)));

const found = inspectionOf({
  enis: [comparisonOf(firstPlan)],
  skipped: [skippedOf('foreign-file', '/etc/a is not ours')],
});

/** As it is printed. */
function printed(report: Report | undefined, isAlive: boolean) {
  const rows = statusRows(found, isAlive ? report : undefined);
  return JSON.parse(
    JSON.stringify(
      statusJson({
        found,
        daemon: { report, isAlive, mode: 'systemd' },
        rows,
        attention: [],
        config: undefined,
        now,
      }),
    ),
  );
}

test('no daemon, and one that died: null', () => {
  const standing = { state: 'working', since: null, lastError: null, owner: 'networkd' };
  const expected = { daemon: null, enis: [{ asPlanned: true, ...standing }] };
  expect(printed(undefined, false)).toMatchObject(expected);
  expect(printed(reportOf(), false)).toMatchObject(expected);
});

test('a daemon: its report, with null for what is not there', () => {
  const { version: _, ...fields } = reportOf({
    metadata: { state: 'unknown', answeredAt: undefined },
    enis: [reportedOf(firstPlan)],
  });
  const daemon = printed({ version: 1, ...fields }, true).daemon;
  expect(Object.keys(daemon).sort()).toEqual(documented('The daemon'));
  expect(daemon).toMatchObject({ pid: 812, metadata: { state: 'unknown', answeredAt: null } });
  expect(daemon.enis[0]).toEqual({
    mac: firstPlan.mac,
    eniId: 'eni-1',
    link: 'eth1',
    state: 'working',
    since: ago(7200),
    text: null,
    reason: null,
    lastError: null,
  });
  for (const key of Object.keys(daemon.enis[0])) {
    const row = tableRows(section(document, 'The daemon')).find(cells => cells[0] === '`enis`')!;
    expect(row[1]).toContain(`\`${key}\``);
  }
});

test('the state of each ENI', () => {
  const lastError = { at: ago(60), text: 'ifup failed' };
  const { enis, skipped } = printed(reportOf({ enis: [reportedOf(firstPlan, { lastError })] }), true);
  expect(enis[0]).toMatchObject({ state: 'working', since: ago(7200), lastError, owner: 'networkd' });
  expect(skipped[0]).toMatchObject({
    reason: 'foreign-file',
    state: 'left-alone',
    since: null,
    lastError: null,
    owner: 'administrator: /etc/a',
  });
  for (const field of documented('The state of an ENI')) {
    expect(enis[0]).toHaveProperty(field);
    expect(skipped[0]).toHaveProperty(field);
  }
});
