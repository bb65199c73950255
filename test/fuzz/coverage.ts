// Which code an input has reached, from V8's own counters: what is new is kept to be changed further, and the figures of a run come from it. Begins before the
// code is loaded, or its blocks are not counted.
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(import.meta.dirname, '../..');

export interface Coverage {
  /** What was reached since the last call and never before, as `FILE OFFSET`, one for each stretch of code. */
  take(): Promise<ReadonlySet<string>>;
  /** Counts the code that was reached now, whether it is new or not: true if it has one of these. */
  reachesAny(stretches: ReadonlySet<string>): Promise<boolean>;
  /** Lines with code in them, of the files whose path begins so. */
  lines(prefixes: readonly string[]): { readonly reached: number; readonly all: number };
}

/** @param covers only these files count: paths from the root, or how they begin */
export async function openCoverage(covers: readonly string[]): Promise<Coverage> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  /** By file, one byte for each character: 1 if it was reached. */
  const reached = new Map<string, Uint8Array>();

  async function now(): Promise<ReadonlyMap<string, Uint8Array>> {
    const { result } = await session.post('Profiler.takePreciseCoverage');
    const found = new Map<string, Uint8Array>();
    for (const { url, functions } of result) {
      const file = url.startsWith('file:') ? path.relative(root, fileURLToPath(url)) : '';
      if (!covers.some(prefix => file.startsWith(prefix))) continue;
      const length = Math.max(...functions.flatMap(f => f.ranges.map(r => r.endOffset)));
      const here = new Uint8Array(length);
      // An outer range comes before those in it, which know better.
      for (const { ranges } of functions)
        for (const { startOffset, endOffset, count } of ranges)
          here.fill(count > 0 ? 1 : 0, startOffset, endOffset);
      found.set(file, here);
    }
    return found;
  }

  async function take(): Promise<ReadonlySet<string>> {
    const fresh = new Set<string>();
    for (const [file, here] of await now()) {
      const before = reached.get(file) ?? new Uint8Array(here.length);
      reached.set(file, before);
      for (let at = 0, wasNew = false; at < here.length; at += 1) {
        const isNew = here[at] === 1 && before[at] === 0;
        if (isNew && !wasNew) fresh.add(`${file} ${at}`);
        if (isNew) before[at] = 1;
        wasNew = isNew;
      }
    }
    return fresh;
  }

  async function reachesAny(stretches: ReadonlySet<string>): Promise<boolean> {
    const here = await now();
    return [...stretches].some(stretch => {
      const [file = '', at = ''] = stretch.split(' ');
      return here.get(file)?.[Number(at)] === 1;
    });
  }

  function lines(prefixes: readonly string[]) {
    let [some, all] = [0, 0];
    for (const [file, seen] of reached) {
      if (!prefixes.some(prefix => file.startsWith(prefix))) continue;
      // Types become spaces, so that the places stay.
      const text = stripTypeScriptTypes(readFileSync(path.join(root, file), 'utf8'));
      let start = 0;
      for (const line of text.split('\n')) {
        const isCode = line.trim() !== '' && !/^\s*(\/\/|\/?\*|import\b)/.test(line);
        const first = start + (line.length - line.trimStart().length);
        if (isCode) all += 1;
        if (isCode && seen.subarray(first, start + line.trimEnd().length).every(one => one === 1)) some += 1;
        start += line.length + 1;
      }
    }
    return { reached: some, all };
  }

  return { take, reachesAny, lines };
}
