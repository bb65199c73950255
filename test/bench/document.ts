// Writes what was measured into docs/performance.md, between its markers, and the plots beside it. What is not between markers is
// written by people.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Report } from './bench.ts';
import { renderLinePlot } from './line-plot.ts';
import { markdownTable, verdict } from './table.ts';
import { renderTimeLine } from './time-line.ts';

const folder = new URL('../../docs/', import.meta.url);
const pathOf = (name: string) => fileURLToPath(new URL(name, folder));

/** @param machine one line about the machine and the run */
export function writeDocument(reports: readonly Report[], machine: string): readonly string[] {
  const rows = reports.flatMap(r => r.rows);
  const page = pathOf('performance.md');
  const plots = [
    '![Microseconds of one UDP send against the number of addresses, by scheme](performance-packets.svg)',
    '![What happens between the appearance of a link and the first ping](performance-hot-plug.svg)',
  ];
  const blocks = {
    plots: plots.join('\n\n'),
    machine,
    table: `${markdownTable(rows)}\n\n${verdict(rows)}`,
  };
  let content = readFileSync(page, 'utf8');
  for (const [name, block] of Object.entries(blocks)) content = replaceBlock(content, name, block);
  writeFileSync(page, content);
  const written = [page];
  for (const { linePlot, timeLine } of reports) {
    if (linePlot !== undefined) written.push(save('performance-packets.svg', renderLinePlot(linePlot)));
    if (timeLine !== undefined) written.push(save('performance-hot-plug.svg', renderTimeLine(timeLine)));
  }
  return written;
}

/** Replaces what stands between `<!-- measured: NAME -->` and `<!-- end -->`. Throws if the page has no such block. */
export function replaceBlock(content: string, name: string, block: string): string {
  const start = `<!-- measured: ${name} -->\n`;
  const from = content.indexOf(start);
  const to = content.indexOf('<!-- end -->', from);
  if (from < 0 || to < 0) throw new Error(`no block "${name}" in the document`);
  return `${content.slice(0, from + start.length)}\n${block}\n\n${content.slice(to)}`;
}

function save(name: string, content: string): string {
  const path = pathOf(name);
  writeFileSync(path, content);
  return path;
}
