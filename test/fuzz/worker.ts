// One target in a thread of its own, with its memory limited; what it tries at the moment stands in memory that the main thread reads, should it hang or
// die of it.
import { readlinkSync } from 'node:fs';
import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { openCoverage } from './coverage.ts';
import { explore, limits } from './explore.ts';

export interface Order {
  readonly target: string;
  readonly seed: number;
  readonly ms: number;
  /** Number of the input, its length in bytes, the kernel's number of the thread, and the input. */
  readonly current: SharedArrayBuffer;
}

export interface Outcome {
  readonly inputs: number;
  readonly kept: number;
  readonly reached: number;
  readonly all: number;
}

const { target: name, seed, ms, current } = workerData as Order;
const [head, body] = [new Int32Array(current, 0, 3), new Uint8Array(current, 12)];
head[2] = Number(path.basename(readlinkSync('/proc/thread-self')));
const encoder = new TextEncoder();

// What is to be counted is loaded after the counting has begun, and the first look at the targets would load it.
const coverage = await openCoverage(['agent/', 'renderers/']);
const { targets } = await import('./targets/all.ts');
const target = targets.find(one => one.name === name)!;
const end = performance.now() + ms;
const { inputs, kept } = await explore(target, {
  isOver: () => performance.now() >= end,
  seed,
  limits,
  coverage,
  onInput(text) {
    head[1] = encoder.encodeInto(text, body).written;
    Atomics.add(head, 0, 1);
  },
  onFinding: finding => parentPort!.postMessage({ finding }),
});
const outcome: Outcome = { inputs, kept, ...coverage.lines(target.covers) };
parentPort!.postMessage({ outcome });
