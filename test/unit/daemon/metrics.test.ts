// The metrics file: read back by a small parser of the text format, and compared with docs/metrics.md.
import { expect, test } from 'vitest';
import { defaultSettings } from '../../../agent/config/read-settings.ts';
import { metricsPath, renderMetrics, writeMetrics } from '../../../agent/daemon/metrics/file.ts';
import type { Report, ReportedEni } from '../../../agent/daemon/report.ts';
import { parseMac } from '../../../agent/model/address.ts';
import { FakeSystem } from '../../support/fake-system.ts';
import { code, codeColumn, readDocument, tableRows } from '../docs/documents.ts';

const eni: ReportedEni = {
  mac: parseMac('02:00:00:00:00:02')!,
  eniId: 'eni-2',
  link: 'eth1',
  state: 'working',
  since: '2026-01-15T10:00:00.000Z',
  text: undefined,
  reason: undefined,
  lastError: undefined,
};

const report: Report = {
  version: 1,
  build: { version: '1.2.3', commit: '0123456789ab', date: '2026-01-14' },
  pid: 1,
  startedAt: '2026-01-15T10:00:00.000Z',
  lookedAt: '2026-01-15T10:01:00.250Z',
  nextLookAt: '2026-01-15T10:02:00.000Z',
  mood: 'quiet',
  waitingFor: [],
  lastTriggers: ['timer'],
  counters: { passes: 11, quiet: 12, changes: 13, repairs: 14, failures: 15, requests: 16 },
  metadata: { state: 'answered', answeredAt: '2026-01-15T10:00:59.000Z' },
  lastChange: null,
  error: null,
  liveOnly: null,
  pausedUntil: null,
  brake: null,
  enis: [eni],
  notAsPlanned: [],
  leftOver: [],
  refused: false,
  degraded: [],
  lastGoodLookAt: '2026-01-15T10:01:00.250Z',
  answered: [],
  configProblem: null,
  problems: [],
};

interface Parsed {
  readonly type: string;
  readonly help: string;
  readonly samples: { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

/** As strict as the format: HELP and TYPE once and before the samples, a metric in one piece, escapes, no label set twice. */
function parse(text: string): ReadonlyMap<string, Parsed> {
  expect(text.endsWith('\n')).toBe(true);
  const found = new Map<string, Parsed>();
  const lines = text.slice(0, -1).split('\n');
  for (let i = 0; i < lines.length; ) {
    const [, name = '', help = ''] = /^# HELP ([a-zA-Z_:][\w:]*) ([^\\]+)$/.exec(lines[i]!) ?? [];
    expect(name, lines[i++]).not.toBe('');
    expect(found.has(name), `${name} twice`).toBe(false);
    const type = new RegExp(`^# TYPE ${name} (counter|gauge)$`).exec(lines[i]!)?.[1] ?? '';
    expect(type, lines[i++]).not.toBe('');
    const metric: Parsed = { type, help, samples: [] };
    found.set(name, metric);
    const labelSets = new Set<string>();
    for (; i < lines.length && !lines[i]!.startsWith('#'); i++) {
      const sample = new RegExp(`^${name}(?:\\{(.*)\\})? (-?\\d+(?:\\.\\d+)?)$`).exec(lines[i]!);
      expect(sample, lines[i]).not.toBeNull();
      expect(labelSets.has(sample![1] ?? ''), lines[i]).toBe(false);
      labelSets.add(sample![1] ?? '');
      metric.samples.push({ labels: parseLabels(sample![1] ?? ''), value: Number(sample![2]) });
    }
  }
  return found;
}

function parseLabels(text: string): Readonly<Record<string, string>> {
  const pair = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/y;
  const labels: Record<string, string> = {};
  while (pair.lastIndex < text.length) {
    const at = pair.lastIndex;
    const [, name, value] = pair.exec(text) ?? [];
    expect(name, `no label at ${at} of ${text}`).toBeDefined();
    labels[name!] = value!.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c));
  }
  return labels;
}

const valuesOf = (metrics: ReadonlyMap<string, Parsed>, name: string) =>
  metrics.get(`eni_agent_${name}`)!.samples.map(s => s.value);

test('the numbers of the report', () => {
  const metrics = parse(renderMetrics(report));
  const totals = ['passes', 'quiet_looks', 'changes', 'repairs', 'failures', 'metadata_requests'];
  expect(totals.flatMap(name => valuesOf(metrics, `${name}_total`))).toEqual([11, 12, 13, 14, 15, 16]);
  expect(valuesOf(metrics, 'start_time_seconds')).toEqual([1768471200]);
  expect(valuesOf(metrics, 'last_look_time_seconds')).toEqual([1768471260.25]);
  expect(valuesOf(metrics, 'last_metadata_answer_time_seconds')).toEqual([1768471259]);
  expect(metrics.get('eni_agent_build_info')!.samples[0]!.labels).toEqual({
    version: '1.2.3',
    commit: '0123456789ab',
    date: '2026-01-14',
  });
});

test('what has not happened', () => {
  const never = { ...report, metadata: { state: 'unknown', answeredAt: undefined }, enis: [] } as const;
  const metrics = parse(renderMetrics(never));
  expect(valuesOf(metrics, 'last_metadata_answer_time_seconds')).toEqual([]);
  expect(valuesOf(metrics, 'eni_state')).toEqual([]);
  expect(valuesOf(metrics, 'brake_on')).toEqual([0]);
  const braked = { ...never, brake: { until: '2026-01-15T10:05:00.000Z', text: '' } };
  expect(valuesOf(parse(renderMetrics(braked)), 'brake_on')).toEqual([1]);
});

test('each ENI has one state at a time', () => {
  const other = { ...eni, mac: parseMac('02:00:00:00:00:03')!, eniId: 'eni-3', link: 'eth2' };
  const enis = [eni, { ...other, state: 'contested' }] as const;
  const { samples } = parse(renderMetrics({ ...report, enis })).get('eni_agent_eni_state')!;
  expect(samples).toHaveLength(10);
  expect(samples.filter(s => s.value === 1).map(s => s.labels)).toEqual([
    { eni: 'eni-2', mac: '02:00:00:00:00:02', link: 'eth1', state: 'working' },
    { eni: 'eni-3', mac: '02:00:00:00:00:03', link: 'eth2', state: 'contested' },
  ]);
});

test('whatever a label is made of, the file stays readable', () => {
  const hostile = 'a"b\\c\nd{e="f",g="h"} 1 # é\\n';
  const nameless = { ...eni, mac: parseMac('02:00:00:00:00:03')!, eniId: undefined, link: undefined };
  // Two that only the MAC tells apart.
  const enis = [{ ...eni, eniId: hostile }, nameless, { ...nameless, mac: parseMac('02:00:00:00:00:04')! }];
  const { samples } = parse(renderMetrics({ ...report, enis })).get('eni_agent_eni_state')!;
  expect(samples[0]!.labels.eni).toBe(hostile.replace('\n', '\\n'));
  expect(samples).toHaveLength(15);
});

test('docs/metrics.md has a row for each metric, with its type, labels and states', () => {
  const document = readDocument('docs/metrics.md');
  const rows = tableRows(document);
  const metrics = parse(renderMetrics(report));
  expect(codeColumn(rows)).toEqual([...metrics.keys()].sort());
  for (const row of rows) {
    const { type, samples } = metrics.get(code(row[0]))!;
    const labels = [...row[2]!.matchAll(/`([^`]+)`/g)].map(m => m[1]);
    expect([row[1], labels], row[0]).toEqual([type, Object.keys(samples[0]!.labels)]);
  }
  const state = rows.find(row => code(row[0]) === 'eni_agent_eni_state')!;
  const states = metrics.get('eni_agent_eni_state')!.samples.map(s => `\`${s.labels.state}\``);
  expect(state[3]).toContain(`: ${states.join(', ')}.`);
  for (const [name] of document.matchAll(/eni_agent_\w+/g)) expect([...metrics.keys()]).toContain(name);
  expect(document).toContain(metricsPath);
});

test('the file is there only if somebody wants it', async () => {
  const system = new FakeSystem();
  const wanted = { ...defaultSettings, daemon: { ...defaultSettings.daemon, metrics: true } };
  await writeMetrics(system, defaultSettings, report);
  expect(system.files.has(metricsPath)).toBe(false);
  await writeMetrics(system, wanted, report);
  expect(system.files.get(metricsPath)).toMatchObject({ content: renderMetrics(report), mode: 0o644 });
  await writeMetrics(system, defaultSettings, report);
  expect(system.files.has(metricsPath)).toBe(false);
});
