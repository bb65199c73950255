// What real network services did to a link beside which a host state of the claims' tables lay: the format of test/fixtures/judged. Each
// judgement is of one program in one version, on three empty NICs of which eth1 is the one that is asked about; the service was started
// once, as at a boot.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ClaimCase } from './claim-cases.ts';

export interface JudgedRow {
  /** What it did to the link: `up`, `address`, `route`, `dhcp` (a client was started), `port`, `renamed`. Empty: nothing. */
  readonly touched: readonly string[];
  /** Why the claims say otherwise all the same. */
  readonly cause?: string;
  /** Of the files that were judged, filled in by GOLDEN=write: a row whose files have changed is to be judged again. */
  readonly digest?: string;
}

export interface Judgement {
  /** Name of the file: the program, and its generation where there are several. */
  readonly consumer: string;
  readonly version: string;
  readonly date: string;
  /** How it was run, where that limits what it says. */
  readonly notes?: readonly string[];
  readonly rows: Readonly<Record<string, JudgedRow>>;
}

export const judgedRoot = path.join(import.meta.dirname, '../fixtures/judged');

export function judgedConsumers(): readonly string[] {
  const names = existsSync(judgedRoot) ? readdirSync(judgedRoot) : [];
  return names.map(name => name.replace(/\.json$/, '')).sort();
}

export function judgedFile(consumer: string): string {
  return path.join(judgedRoot, `${consumer}.json`);
}

export function readJudgement(consumer: string): Judgement {
  return JSON.parse(readFileSync(judgedFile(consumer), 'utf8')) as Judgement;
}

export function digestOfCase({ files }: ClaimCase): string {
  const text = JSON.stringify(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
