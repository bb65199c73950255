// `npm run fuzz`: every reader of text from outside, one after the other. Writes each finding below corpus/, where `npm test` tries it from then on.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { Finding } from './explore.ts';
import { mostCharacters } from './mutate.ts';
import { targets } from './targets/all.ts';
import type { Order, Outcome } from './worker.ts';

const usage = `Usage: npm run fuzz [-- [--minutes N] [--seed N] [TARGET...]]
       npm run fuzz -- --hostile [--instances N] [--hosts N] [--seed N]

Changes texts that come from outside, looks that each reader ends in a value or a named error, in less than a second of
processor time and with less than 100 MB. Each finding becomes a file below test/fuzz/corpus/.

  --minutes N    for all targets together; 60 unless told
  --seed N       where the changes begin; the time of day unless told
  TARGET         ${targets
    .map(t => t.name)
    .join(' ')
    .replace(/(.{60,90}) /g, '$1\n                 ')}

  --hostile      instead: instances and files of hosts full of texts that nothing may repeat (test/fuzz/hostile/)
  --instances N  100000 unless told
  --hosts N      100000 unless told`;

/** Processor time of the thread at one input: a machine that has much else to do makes no finding. */
const stuckMs = 60_000;

/** What a thread of this process has had of the processors, in milliseconds; asked from outside, for a thread that hangs answers nothing. */
function cpuMsOf(threadId: number): number {
  return Number(readFileSync(`/proc/self/task/${threadId}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}

const corpus = path.join(import.meta.dirname, 'corpus');

function write({ target, text, what }: Finding): string {
  const name = `found-${createHash('sha256').update(text).digest('hex').slice(0, 10)}.txt`;
  writeFileSync(path.join(corpus, target, name), text);
  return `FOUND test/fuzz/corpus/${target}/${name}: ${what.split('\n').slice(0, 4).join(' | ').slice(0, 600)}`;
}

/** Undefined: the thread died or hung, and what it tried is a finding. */
function search(
  name: string,
  seed: number,
  ms: number,
  onFinding: (finding: Finding) => void,
): Promise<Outcome | undefined> {
  const current = new SharedArrayBuffer(12 + 3 * mostCharacters);
  const head = new Int32Array(current, 0, 3);
  const order: Order = { target: name, seed, ms, current };
  // The code, the corpus and the counters need about 150 MB.
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: 400 },
  });
  return new Promise(resolve => {
    let outcome: Outcome | undefined;
    let last = { input: 0, cpuMs: 0 };
    const died = (what: string) => {
      const text = new TextDecoder().decode(new Uint8Array(current, 12, head[1]).slice());
      onFinding({ target: name, text, what });
      clearInterval(watch);
      void worker.terminate().then(() => resolve(undefined));
    };
    const watch = setInterval(() => {
      const input = Atomics.load(head, 0);
      if (input === 0) return;
      const cpuMs = cpuMsOf(Atomics.load(head, 2));
      if (input !== last.input) last = { input, cpuMs };
      else if (cpuMs - last.cpuMs > stuckMs) died(`took too long: more than ${stuckMs / 1000} s`);
    }, 1000);
    worker.on('message', (message: { finding?: Finding; outcome?: Outcome }) => {
      if (message.finding !== undefined) onFinding(message.finding);
      outcome = message.outcome ?? outcome;
    });
    worker.on('error', error => died(`ended the thread: ${error.stack ?? error.message}`));
    worker.on('exit', () => {
      clearInterval(watch);
      resolve(outcome);
    });
  });
}

async function fuzz(names: readonly string[], minutes: number, seed: number): Promise<number> {
  const chosen = targets.filter(t => names.length === 0 || names.includes(t.name));
  const msEach = (minutes * 60_000) / chosen.length;
  const sum = { inputs: 0, reached: 0, all: 0, findings: 0 };
  const started = performance.now();
  for (const { name } of chosen) {
    const begun = performance.now();
    const outcome = await search(name, seed, msEach, finding => {
      sum.findings += 1;
      console.log(write(finding));
    });
    if (outcome === undefined) continue;
    const { inputs, kept, reached, all } = outcome;
    sum.inputs += inputs;
    sum.reached += reached;
    sum.all += all;
    console.log(
      `${name.padEnd(28)} ${String(inputs).padStart(9)} inputs ${String(Math.round((performance.now() - begun) / 1000)).padStart(5)} s  ${String(kept).padStart(4)} kept  ${reached} of ${all} lines`,
    );
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(
    `seed ${seed}: ${chosen.length} targets, ${sum.inputs} inputs, ${seconds} s, ${sum.reached} of ${sum.all} lines of the readers (${((100 * sum.reached) / sum.all).toFixed(1)} %), ${sum.findings} findings`,
  );
  return sum.findings === 0 ? 0 : 1;
}

/** Processor time is that of the whole process. */
async function hostile(instances: number, hosts: number, seed: number): Promise<number> {
  const { searchHosts, searchInstances } = await import('./hostile/search.ts');
  let leaks = 0;
  const searches = [
    ['instances', instances, searchInstances],
    ['hosts', hosts, searchHosts],
  ] as const;
  for (const [kind, count, search] of searches) {
    const begun = process.cpuUsage();
    await search(count, seed, leak => {
      leaks += 1;
      console.log(`LEAKED ${kind} ${leak.number} of seed ${seed}: ${leak.what}`);
    });
    const { user, system } = process.cpuUsage(begun);
    console.log(
      `seed ${seed}: ${count} hostile ${kind}, ${Math.round((user + system) / 1e6)} s of processor time`,
    );
  }
  console.log(`${leaks} leaks`);
  return leaks === 0 ? 0 : 1;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...{
      minutes: { type: 'string', default: '60' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    },
    ...{
      hostile: { type: 'boolean' },
      instances: { type: 'string', default: '100000' },
      hosts: { type: 'string', default: '100000' },
      help: { type: 'boolean', short: 'h' },
    },
  },
});
const stranger = positionals.find(name => !targets.some(t => t.name === name));
if (values.help === true || stranger !== undefined) {
  if (stranger !== undefined) console.error(`no target is called ${stranger}`);
  console.log(usage);
  process.exitCode = stranger === undefined ? 0 : 64;
} else if (values.hostile === true)
  process.exitCode = await hostile(Number(values.instances), Number(values.hosts), Number(values.seed));
else process.exitCode = await fuzz(positionals, Number(values.minutes), Number(values.seed));
