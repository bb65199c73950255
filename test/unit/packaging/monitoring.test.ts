// The alert rules and the dashboard name metrics, labels and states that there are, and pages that there are. What the rules come to, promtool
// tells (test/lab/monitoring.test.ts).
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { eniStateNames, metricsOf } from '../../../agent/daemon/metrics/table.ts';
import { reportOf } from '../../support/example-look.ts';
import { code, readDocument, root, tableRows } from '../docs/documents.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<'summary' | 'description' | 'next_step' | 'runbook', string>>;
}

const read = (name: string) => readFileSync(path.join(root, 'packaging/monitoring', name), 'utf8');
const { groups } = load(read('eni-agent-alerts.yaml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap(group => group.rules);
const dashboard = JSON.parse(read('eni-agent-dashboard.json')) as {
  panels: { title: string; description: string; targets: { expr: string }[] }[];
};

const metrics = metricsOf(reportOf());
const labelsOf = (name: string) => {
  const found = metrics.find(metric => metric.name === name);
  if (found === undefined) throw new Error(`there is no metric ${name}`);
  return ['instance', 'job', ...Object.keys(found.samples[0]?.labels ?? {})];
};

/** Throws, or fails, for a metric, a label or a state that does not exist. */
function expectKnown(expr: string): void {
  const selectors = [...expr.matchAll(/\b(eni_agent_\w+)(?:\{([^}]*)\})?/g)];
  expect(selectors.length, expr).toBeGreaterThan(0);
  for (const [, name = '', matchers = ''] of selectors) {
    const known = labelsOf(name);
    for (const [, label = '', , values = ''] of matchers.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)) {
      expect(known, expr).toContain(label);
      if (label === 'state') expect(eniStateNames, expr).toEqual(expect.arrayContaining(values.split('|')));
    }
  }
}

describe('alert rules', () => {
  test.each(rules.map(rule => [rule.alert, rule] as const))('%s', (_name, rule) => {
    expectKnown(rule.expr);
    expect(rule.for).toMatch(/^\d+[mh]$/);
    expect(['critical', 'warning', 'info']).toContain(rule.labels.severity);
    const { summary, description, next_step, runbook } = rule.annotations;
    for (const text of [description, next_step]) expect(text).toMatch(/^["A-Z].*\.$/);
    expect(summary).toContain('{{ $labels.instance }}');
    const by = labelsOf(/eni_agent_\w+/.exec(rule.expr)![0]);
    for (const [, label] of `${summary}${description}`.matchAll(/\$labels\.(\w+)/g))
      expect(by).toContain(label);
    const [page = '', anchor] = runbook.split('#');
    expect(existsSync(path.join(root, page)), runbook).toBe(true);
    const anchors = [...readDocument(page).matchAll(/^#+ (.*)$/gm)].map(m =>
      m[1]!
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
    );
    if (anchor !== undefined) expect(anchors).toContain(anchor);
  });

  test('each has a test for promtool, and a row in docs/metrics.md', () => {
    const names = rules.map(rule => rule.alert);
    const tested = new Set(read('eni-agent-alerts.test.yaml').match(/\bEniAgent\w+/g));
    expect([...tested].sort()).toEqual([...names].sort());
    const rows = tableRows(readDocument('docs/metrics.md').split('## Alerts and a dashboard')[1]!);
    expect(rows.map(row => [code(row[0]), row[1]])).toEqual(rules.map(r => [r.alert, r.labels.severity]));
  });
});

describe('the dashboard', () => {
  test.each(dashboard.panels.map(panel => [panel.title, panel] as const))('%s', (_title, panel) => {
    expect(panel.description).toMatch(/\.$/);
    for (const { expr } of panel.targets) {
      expectKnown(expr);
      expect(expr).toContain('instance=~"$instance"');
    }
  });

  test('shows every metric that an alert goes by', () => {
    const shown = dashboard.panels.flatMap(panel => panel.targets.map(target => target.expr)).join('\n');
    const alerting = new Set(rules.flatMap(rule => rule.expr.match(/eni_agent_\w+/g) ?? []));
    alerting.delete('eni_agent_start_time_seconds');
    expect([...alerting].filter(name => !shown.includes(name))).toEqual([]);
  });
});
