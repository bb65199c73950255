// What is seen of a machine, and what it says about a backend: a candidate with its strength, a denial, or nothing.
import type { BackendName, HostFacts } from '../../agent/model/host.ts';

/** One look at the machine: which probe, and what it saw, in the tool's own words. */
export interface Evidence {
  readonly probe: string;
  readonly saw: string;
}

/** `owns`: has configured the primary link; `active`: its service runs; `installed`: it is there and has a configuration. */
export type Strength = 'owns' | 'active' | 'installed';

export interface Candidate {
  readonly backend: BackendName;
  readonly strength: Strength;
  readonly evidence: readonly Evidence[];
}

/** This service runs and is not the answer: the link is not its own, or (`owner`) it is, and we cannot serve the service. */
export interface Denial {
  readonly denied: readonly Evidence[];
  readonly owner: boolean;
}

export type Finding = Candidate | Denial | undefined;

export function deny(...denied: readonly Evidence[]): Denial {
  return { denied, owner: false };
}

export function unusable(...denied: readonly Evidence[]): Denial {
  return { denied, owner: true };
}

export function saw(probe: string, text: string): Evidence {
  return { probe, saw: text };
}

export function basename(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function hasFile(facts: HostFacts, pattern: RegExp): boolean {
  return Object.keys(facts.files).some(path => pattern.test(path));
}

export function hasPath(facts: HostFacts, ...paths: readonly string[]): boolean {
  return paths.some(path => facts.paths.includes(path));
}
