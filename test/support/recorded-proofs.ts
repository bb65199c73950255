// What real network services made of our files, as test/lab/proofs/record.ts has seen it: the format of test/fixtures/recorded,
// the digest that ties a recording to the files it was made with, and the list of what is proven.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { BackendName, HostFacts } from '../../agent/model/host.ts';
import type { NetworkPlan } from '../../agent/model/network-plan.ts';
import { type RuleWords, ruleWordsOf } from '../../agent/model/rule-words.ts';
import { renderers } from '../../renderers/registry.ts';
import type { RenderedFile } from '../../renderers/renderer.ts';
import { examplePlansWith } from './example-plans.ts';

export const stepNames = ['boot', 'activate', 'remove'] as const;
export type StepName = (typeof stepNames)[number];

export interface RecordedStep {
  readonly name: StepName;
  /** As they ran: `PHASE: WORDS`, with `(exit N)` or `(exit N, may fail)` behind one that failed. */
  readonly commands: readonly string[];
  /** From the first command until the kernel was as planned, or the wait was over. */
  readonly milliseconds: number;
  /** The kernel before the agent's own help. */
  readonly normalForm: readonly string[];
  /** What an apply then removes from the kernel itself, as `ip` lines; none at boot, where no agent runs. */
  readonly help: readonly string[];
  /** The kernel after that help; only if there was any. */
  readonly normalFormAfterHelp?: readonly string[];
  /** Announcements of the kernel about the primary; not counted at boot. */
  readonly primaryEvents: readonly string[];
  readonly failedPings: readonly string[];
  /** Name servers of the secondary ENIs' leases that were found in resolv.conf. */
  readonly leasedNameServers: readonly string[];
}

/** A difference that is understood: `+ LINE` or `- LINE` in that step, and why it does no harm. */
export interface KnownDifference {
  readonly step: StepName;
  readonly difference: string;
  readonly cause: string;
}

export interface Proof {
  /** Name of the folder: the program, and its generation where there are several. */
  readonly consumer: string;
  readonly version: string;
  readonly release: string;
  readonly backend: BackendName;
  readonly plan: string;
  readonly date: string;
  readonly kernelVersion: string;
  /** SHA-256 by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly digest: string;
  readonly steps: readonly RecordedStep[];
  readonly known: readonly KnownDifference[];
  readonly notes: readonly string[];
}

export const recordedRoot = path.join(import.meta.dirname, '../fixtures/recorded');

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** An example as the planner makes it for that release: without what its kernel, its ip or its service does not know. */
export function examplePlanFor(
  name: string,
  backend: BackendName,
  facts: HostFacts,
): NetworkPlan | undefined {
  return examplePlansWith(wordsFor(backend, facts))[name];
}

export function wordsFor(backend: BackendName, facts: HostFacts): RuleWords {
  return ruleWordsOf(facts.kernel, renderers[backend].ruleLimits?.(facts) ?? {}, 28000);
}

/** Over the sorted paths, modes and contents: any change of what a service reads changes it. */
export function digestOf(files: readonly RenderedFile[]): string {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return sha256(sorted.map(f => `${f.path}\0${f.mode.toString(8)}\0${f.content}\0`).join(''));
}

/** `CONSUMER/PLAN.json` below the folder, sorted. */
export function recordedNames(): readonly string[] {
  if (!existsSync(recordedRoot)) return [];
  return readdirSync(recordedRoot, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.json'))
    .sort();
}

export function readProof(name: string): Proof {
  return JSON.parse(readFileSync(path.join(recordedRoot, name), 'utf8')) as Proof;
}

export interface ProvenConsumer {
  readonly consumer: string;
  readonly version: string;
  readonly backend: BackendName;
  readonly releases: readonly string[];
  readonly plans: readonly string[];
}

/** Which service has loaded which plans, for the tables in the documents. */
export function provenConsumers(): readonly ProvenConsumer[] {
  const byConsumer = Map.groupBy(recordedNames().map(readProof), proof => proof.consumer);
  return [...byConsumer].map(([consumer, proofs]) => ({
    consumer,
    version: proofs[0]!.version,
    backend: proofs[0]!.backend,
    releases: [...new Set(proofs.map(p => p.release))].sort(),
    plans: proofs.map(p => p.plan).sort(),
  }));
}
