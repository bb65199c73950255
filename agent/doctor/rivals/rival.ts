// What `doctor` has to know about one other program that configures ENIs. docs/coexistence.md has a row for each, and a test compares.

import type { Settings } from '../../model/settings.ts';
import type { Inspection } from '../../pass/inspect.ts';
import type { RivalFacts } from '../../system/facts/rival-facts.ts';

export interface RivalView {
  readonly inspection: Inspection;
  readonly settings: Settings;
  readonly rival: RivalFacts;
}

export interface Sighting {
  /** The path, line, service or kernel object that betrays it. */
  readonly evidence: string;
  /** Set if it is here and does nothing to an ENI: why. Reads after "but". */
  readonly idle?: string | undefined;
  /** True if the option does not help on this machine. */
  readonly onlyByHand?: boolean;
}

export interface Rival {
  readonly name: string;
  /** Where it shows, as the document has it. */
  readonly traces: readonly string[];
  /** What it does to the ENIs. Reads after "it". */
  readonly effect: string;
  /** The one step that settles it. */
  readonly step: string;
  /** The option of [coexistence] by which the agent settles it, with the value. */
  readonly option?: { readonly key: string; readonly value: string };
  readonly find: (view: RivalView) => Sighting | undefined;
}

/** The first of the paths that exists on this machine. */
export function pathOf({ inspection, rival }: RivalView, ...paths: readonly string[]): string | undefined {
  return paths.find(p => inspection.facts.paths.includes(p) || p in rival.files);
}

/** `PATH: LINE` of the last file below `folders` that has such a line outside of a comment: what is read later wins. */
export function lastLine(
  { rival }: RivalView,
  line: RegExp,
  ...prefixes: readonly string[]
): string | undefined {
  return Object.entries(rival.files)
    .filter(([path]) => prefixes.some(prefix => path.startsWith(prefix)))
    .flatMap(([path, text]) =>
      text
        .split('\n')
        .filter(l => !/^\s*[#;]/.test(l) && line.test(l))
        .map(l => `${path}: ${l.trim()}`),
    )
    .at(-1);
}

/** Links of the instance's ENIs without the primary's. */
export function secondaryLinks({ inspection }: RivalView): readonly string[] {
  const macs = new Set([...inspection.enis.map(e => e.plan.mac), ...inspection.skipped.map(s => s.mac)]);
  return inspection.kernel.links.flatMap(l =>
    l.mac !== undefined && macs.has(l.mac) && l.name !== inspection.primaryLink ? [l.name] : [],
  );
}

/** The rule with that priority, in words; undefined if the kernel has none. */
export function ruleWith({ inspection }: RivalView, from: number, to: number): string | undefined {
  const rule = inspection.kernel.rules.find(r => r.priority >= from && r.priority <= to);
  return rule && `the rule ${rule.priority}: from ${rule.from ?? 'all'} lookup ${rule.table ?? '-'}`;
}
