// The report in Prometheus' text format, for the textfile collector of its node exporter: a file, because the agent listens on nothing.
// Format: https://prometheus.io/docs/instrumenting/exposition_formats/ (version 0.0.4).
import { printable } from '../../log/text.ts';
import type { Settings } from '../../model/settings.ts';
import type { System } from '../../system/system.ts';
import type { Report } from '../report.ts';
import { metricsOf } from './table.ts';

export const metricsPath = '/run/eni-agent/metrics.prom';

/** Writes the file if the configuration wants one, and takes away one of before if not. */
export async function writeMetrics(system: System, settings: Settings, report: Report): Promise<void> {
  if (settings.daemon.metrics) await system.writeFile(metricsPath, renderMetrics(report), 0o644);
  else if (await system.exists(metricsPath)) await system.removeFile(metricsPath);
}

/** The whole file. The counters begin at 0 with each start of the daemon, which is what `rate()` expects. */
export function renderMetrics(report: Report): string {
  return metricsOf(report)
    .flatMap(({ name, type, help, samples }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(sample => `${name}${labelText(sample.labels ?? {})} ${sample.value}`),
    ])
    .map(line => `${line}\n`)
    .join('');
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** Ids and names of links come from elsewhere. Beside the line feed, which is not there any more, the format escapes these two. */
function escaped(value: string): string {
  return printable(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}
