// Lives of machines that test/matrix has recorded on root trees of other systems: the format of test/fixtures/lives, and what ties a recording to
// the files of today. A life holds as long as the renderers make the very files with which it was lived.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { BackendName, HostFacts } from '../../agent/model/host.ts';
import type { NetworkPlan } from '../../agent/model/network-plan.ts';
import { renderers } from '../../renderers/registry.ts';
import { sha256 } from './recorded-proofs.ts';

export interface LivedStep {
  readonly name: string;
  readonly milliseconds: number;
  /** Announcements of the kernel about the primary in the agent's passes; absent where none was counted. */
  readonly primaryEvents?: number;
  /** Pings that were not answered, of one each 10 ms, by the address that they came from; absent where there was no traffic. */
  readonly lostPings?: Readonly<Record<string, number>>;
  /** What the kernel had when the step ended, to the line; absent where the ENIs are not the agent's any more. */
  readonly plan?: string;
  /** SHA-256 of the normal form that was read from the kernel. */
  readonly kernel?: string;
  /** Files that the agent had written by then: SHA-256 by path. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface RecordedLife {
  readonly backend: BackendName;
  readonly release: string;
  readonly addressing: 'static' | 'dhcp';
  /** Program and version, as the agent or the packages of the tree tell it. */
  readonly services: Readonly<Record<string, string>>;
  readonly date: string;
  readonly kernelVersion: string;
  readonly cycles: number;
  /** What the agent found before its first pass. */
  readonly facts: HostFacts;
  readonly steps: readonly LivedStep[];
}

export const livesRoot = path.join(import.meta.dirname, '../fixtures/lives');
const plansRoot = path.join(livesRoot, 'plans');

/** Of attach, change and detach: fewer say little about what comes back again and again. */
export const fewestCycles = 5;

/** Names of the recordings, sorted. */
export function lifeNames(): readonly string[] {
  return namesIn(livesRoot);
}

export function readLife(name: string): RecordedLife {
  return JSON.parse(readFileSync(path.join(livesRoot, `${name}.json`), 'utf8')) as RecordedLife;
}

/** Plans are shared by all lives that have them. */
export function planNames(): readonly string[] {
  return namesIn(plansRoot);
}

export function planFile(name: string): string {
  return path.join(plansRoot, `${name}.json`);
}

export function readPlan(name: string): NetworkPlan {
  return JSON.parse(readFileSync(planFile(name), 'utf8')) as NetworkPlan;
}

/** One object per line, so that a change can be read. */
export function planText({ primaryLink, enis }: NetworkPlan): string {
  const text = JSON.stringify({ primaryLink, enis, skipped: [] });
  return `${text.replaceAll('},{', '},\n{').replaceAll(':[{', ':[\n{')}\n`;
}

/** `hot-plug-static-1a2b3c4d`: the step, and what tells plans of kernels and services apart that know other words. */
export function planNameFor(step: string, addressing: string, text: string): string {
  return `${step}-${addressing}-${sha256(text).slice(0, 8)}`;
}

/** What the renderer makes of a plan today: SHA-256 by path. */
export function renderedDigests(
  backend: BackendName,
  { enis }: NetworkPlan,
  facts: HostFacts,
): Readonly<Record<string, string>> {
  const files = renderers[backend].render(enis, facts).map(f => [f.path, sha256(f.content)] as const);
  return Object.fromEntries(files.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function namesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter(name => name.endsWith('.json'))
    .map(name => name.replace(/\.json$/, ''))
    .sort();
}
