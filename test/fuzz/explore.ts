// The search of one target: changes texts that it knows, keeps those that reach new code, and reports what ends as nothing may end.
import { getHeapStatistics } from 'node:v8';
import type { Coverage } from './coverage.ts';
import { wordsIn } from './dictionary.ts';
import { mutate } from './mutate.ts';
import { type Random, randomFrom } from './random.ts';
import { corpusOf, failureOf, type Target } from './target.ts';

export interface Finding {
  readonly target: string;
  readonly text: string;
  readonly what: string;
}

export interface Limits {
  /** Of one input: milliseconds of processor time, and bytes by which the heap is larger afterwards. */
  readonly cpuMs: number;
  readonly bytes: number;
}

/** One input is one call, and never takes more. */
export const limits: Limits = { cpuMs: 1000, bytes: 100 * 1024 * 1024 };

export interface Exploration {
  /** Ends it; asked before each input. */
  readonly isOver: (inputs: number) => boolean;
  readonly seed: number;
  readonly limits: Limits;
  readonly coverage?: Coverage;
  /** Called with each input before it is tried. */
  readonly onInput?: (text: string) => void;
  readonly onFinding: (finding: Finding) => void;
}

/** Tries the whole corpus, then what it makes of it. @returns how many inputs were tried, and how many are kept as reaching something of their own */
export async function explore(target: Target, how: Exploration): Promise<{ inputs: number; kept: number }> {
  const random = randomFrom(how.seed);
  const words = wordsIn(target.dictionary);
  // What once took too long is tried, and not changed further: each would take its time.
  const pool = [...corpusOf(target).values()].filter(text => text.length <= 16 * 1024);
  const known = new Set<string>();
  let inputs = 0;
  const attempt = async (text: string) => {
    inputs += 1;
    how.onInput?.(text);
    const what = await judge(target, text, how.limits);
    if (what === undefined || known.has(kindOf(what))) return;
    known.add(kindOf(what));
    how.onFinding({ target: target.name, text: await smaller(target, text, what, how.limits), what });
  };
  for (const text of corpusOf(target).values()) await attempt(text);
  await how.coverage?.take();
  let size = 16;
  while (!how.isOver(inputs)) {
    const batch: string[] = [];
    while (batch.length < size && !how.isOver(inputs)) {
      const text = mutate(chosen(pool, random), random, words, random.of(pool));
      batch.push(text);
      await attempt(text);
    }
    const fresh = (await how.coverage?.take()) ?? new Set();
    if (fresh.size > 0) pool.push(await theOne(target, batch, fresh, how.coverage!));
    // Looking costs as much as many inputs: seldom, where nothing is found.
    size = fresh.size > 0 ? 16 : Math.min(size * 2, 512);
  }
  return { inputs, kept: pool.length };
}

/** Half of the time one of the latest, which have reached what is new. */
function chosen(pool: readonly string[], random: Random): string {
  const recent = random.number(2) === 0 ? pool.slice(-8) : pool;
  return random.of(recent);
}

/** An input of the batch that reaches one of these stretches, found by halving. */
async function theOne(
  target: Target,
  batch: readonly string[],
  fresh: ReadonlySet<string>,
  coverage: Coverage,
): Promise<string> {
  let [from, to] = [0, batch.length];
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    for (const text of batch.slice(from, middle)) await failureOf(target, text);
    if (await coverage.reachesAny(fresh)) to = middle;
    else from = middle;
  }
  return batch[from]!;
}

async function judge(target: Target, text: string, most: Limits): Promise<string | undefined> {
  const heap = getHeapStatistics().used_heap_size;
  const cpu = process.threadCpuUsage();
  const failure = await failureOf(target, text);
  const { user, system } = process.threadCpuUsage(cpu);
  const ms = (user + system) / 1000;
  const grown = getHeapStatistics().used_heap_size - heap;
  if (failure !== undefined) return failure;
  if (ms > most.cpuMs) return `took too long: ${Math.round(ms)} ms`;
  return grown > most.bytes ? `took too much memory: ${Math.round(grown / 1024 / 1024)} MB` : undefined;
}

/** The same fault at the same place is one finding. */
function kindOf(what: string): string {
  const place = what.split('\n').find(line => /\b(agent|renderers)\//.test(line)) ?? '';
  return `${what.slice(0, what.startsWith('took') ? 14 : 60).replace(/\d+/g, 'N')} ${place}`;
}

/** Takes away what it does not need, half by half, for a while. */
async function smaller(target: Target, text: string, what: string, most: Limits): Promise<string> {
  let best = text;
  let tries = what.startsWith('took') ? 12 : 400;
  for (let size = best.length >> 1; size > 0 && tries > 0; size >>= 1)
    for (let at = 0; at < best.length && tries > 0; tries -= 1) {
      const next = best.slice(0, at) + best.slice(at + size);
      const now = await judge(target, next, most);
      if (now !== undefined && kindOf(now) === kindOf(what)) best = next;
      else at += size;
    }
  return best;
}
