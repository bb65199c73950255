// `node test/bench/main.ts [--quick] [--only NAME] [--write] [--passes N] [--bundle FILE]`: runs the benches one after the other
// and prints one table. Budgets are no tests: a missed one is printed, and the exit code stays 0.
import { cpus, loadavg, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Bench, Report } from './bench.ts';
import { busy } from './busy.ts';
import { writeDocument } from './document.ts';
import { hotPlug } from './hot-plug.ts';
import { kernelFloor } from './kernel-floor.ts';
import { memory } from './memory.ts';
import { once } from './once.ts';
import { packets } from './packets.ts';
import { processStart } from './process-start.ts';
import { quiet } from './quiet.ts';
import { slowService } from './slow-service.ts';
import { textTable, verdict } from './table.ts';

const benches: readonly Bench[] = [
  processStart,
  once,
  kernelFloor,
  packets,
  hotPlug,
  slowService,
  quiet,
  busy,
  memory,
];

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    write: { type: 'boolean', default: false },
    passes: { type: 'string' },
    bundle: { type: 'string', default: fileURLToPath(new URL('../../dist/eni-agent.cjs', import.meta.url)) },
  },
});

const chosen = benches.filter(b => values.only === undefined || values.only.includes(b.name));
const passes = Number(values.passes ?? (values.quick ? 100 : 300));
const isPartial = values.only !== undefined || values.quick;
if (chosen.length === 0 || (values.write && isPartial) || !(Number.isInteger(passes) && passes > 0)) {
  console.error(
    `--only takes ${benches.map(b => b.name).join(', ')}; --write needs the whole run; --passes a number`,
  );
  process.exit(64);
}

const started = Date.now();
const say = (text: string) =>
  console.error(`[${String(Math.round((Date.now() - started) / 1000)).padStart(4)}s] ${text}`);
const loadBefore = loadavg()[0]!;
const reports: Report[] = [];
for (const bench of chosen) {
  try {
    reports.push(await bench.run({ quick: values.quick, passes, bundle: values.bundle, say }));
  } catch (error) {
    // The others are worth their minutes all the same.
    say(`${bench.name} FAILED: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
const rows = reports.flatMap(r => r.rows);
console.log(`${textTable(rows)}\n\n${verdict(rows)}`);
if (values.write && reports.length === chosen.length)
  for (const path of writeDocument(reports, machine())) say(`wrote ${path}`);

function machine(): string {
  const minutes = Math.round((Date.now() - started) / 60_000);
  return [
    `One run of ${minutes} minutes on a virtual machine with ${cpus().length} processors (${cpus()[0]?.model.trim()}), Linux ${release()},`,
    `Node ${process.version}, the guest a Debian 13 under systemd 257; load average ${loadBefore.toFixed(1)} before and`,
    `${loadavg()[0]!.toFixed(1)} at the end.`,
  ].join(' ');
}
