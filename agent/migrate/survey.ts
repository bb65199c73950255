// What a migration would do here: the footprint, what the agent makes of the machine without it, and which ENIs it can therefore take
// over. An ENI that it would not configure keeps the files that it has. Changes nothing.

import type { PassContext, PassResult } from '../pass/pass.ts';
import { reconcile } from '../pass/reconcile.ts';
import { readUnits, type UnitState } from '../system/units.ts';
import { type Footprint, type FoundFile, type Kept, readFootprint } from './footprint.ts';
import { ownFolders } from './footprint-table.ts';
import { type Ahead, lookAhead } from './look-ahead.ts';
import { joined, type MigrationRecord, readRecord } from './record.ts';

export const agentUnit = 'eni-agent.service';

export interface Survey {
  /** An earlier migration, finished or not. */
  readonly record: MigrationRecord | undefined;
  readonly footprint: Footprint;
  /** What is moved aside. */
  readonly files: readonly FoundFile[];
  readonly kept: readonly Kept[];
  /** Links whose ENI is taken over. */
  readonly links: readonly string[];
  readonly agent: UnitState | undefined;
  /** Content of the network files among them, by path. */
  readonly before: ReadonlyMap<string, string>;
  /** The pass that follows; undefined where nothing is moved. */
  readonly pass: PassResult | undefined;
  /** Rules of the kernel that look like its own. */
  readonly leftRules: readonly string[];
}

/** Throws what a pass throws where there is something to move: what cannot be planned is not begun. */
export async function surveyMigration(context: PassContext): Promise<Survey> {
  const { system } = context;
  const record = await readRecord(system);
  const footprint = await readFootprint(system);
  const agent = (await readUnits(system, [agentUnit])).get(agentUnit);
  const nothing = {
    ...{ record, footprint, agent, kept: footprint.kept },
    ...{ files: [], links: [], leftRules: [], before: new Map<string, string>() },
  };
  if (footprint.files.length === 0) return { ...nothing, pass: undefined };

  const ahead = { files: footprint.files.map(f => f.path), down: [] };
  const pass = await reconcile({ ...context, system: lookAhead(system, ahead) }, { apply: false });
  const objections = new Map<string, string>();
  for (const link of new Set(footprint.files.flatMap(f => f.link ?? []))) {
    const objection = objectionTo(link, pass);
    if (objection !== undefined) objections.set(link, objection);
  }
  const files = footprint.files.filter(f => f.link === undefined || !objections.has(f.link));
  const stay = footprint.files.flatMap((f): Kept[] => {
    const why = f.link === undefined ? undefined : objections.get(f.link);
    return why === undefined
      ? []
      : [{ path: f.path, why, needsHand: f.link !== pass.desired.plan.primaryLink }];
  });
  const isThere = (name: string) => pass.kernel.links.some(l => l.name === name);
  const links = [...new Set(files.flatMap(f => f.link ?? []))].filter(isThere);
  const before = new Map<string, string>();
  for (const { path, link } of files)
    if (link !== undefined) before.set(path, (await system.readFile(path)) ?? '');
  return {
    ...nothing,
    files,
    before,
    kept: [...footprint.kept, ...stay],
    links,
    pass: await passAfter(context, pass, { files: files.map(f => f.path), down: links }),
    leftRules: rulesOfOthers(pass),
  };
}

/** The pass that follows, when the links are down by then; by the same answer of the metadata. */
function passAfter(context: PassContext, pass: PassResult, ahead: Ahead): Promise<PassResult> {
  const { instance, requests, facts } = pass;
  const reading = { instance, requests, responses: {}, evidence: 'the pass before' };
  const system = lookAhead(context.system, ahead);
  return reconcile({ ...context, system }, { apply: false, reading, facts });
}

/** Why its files stay; undefined if the agent configures its ENI, or if there is no such link any more. */
function objectionTo(name: string, { kernel, desired, backend, selection }: PassResult): string | undefined {
  const { plan } = desired;
  const link = kernel.links.find(l => l.name === name);
  if (name === plan.primaryLink) return 'it belongs to the primary';
  if (backend !== 'initscripts')
    return `${backend} owns the links here, not the service that reads this file`;
  if (link === undefined) return undefined;
  if (plan.enis.some(e => e.link === name)) return undefined;
  const skipped = plan.skipped.find(s => s.mac === link.mac);
  return `the agent would leave ${name} alone (${skipped?.text ?? `the metadata has no ENI ${link.mac}`}; ${selection.backend ?? backend})`;
}

/**
 * ec2-net-utils 1.x, its ancestor, has `from ADDRESS lookup 10000+N` without a priority (the kernel counts down from 32765), the
 * documentation of Alibaba Cloud 1001 and up by hand. Nothing in such a rule tells who added it, so it is only told of.
 */
export function rulesOfOthers({ kernel }: PassResult): readonly string[] {
  return kernel.rules
    .filter(
      ({ priority, from, table = 0 }) =>
        from !== undefined &&
        priority > 32_000 &&
        priority < 32_766 &&
        ((table > 1000 && table < 1100) || (table >= 10_000 && table < 10_100)),
    )
    .map(r => `ip -${r.family} rule del from ${r.from} lookup ${r.table} priority ${r.priority}`);
}

/** The record of what the survey found, ready to be performed. */
export async function recordOf({ system }: PassContext, survey: Survey): Promise<MigrationRecord> {
  const files = await Promise.all(
    survey.files.map(async ({ path, link }) => {
      const stamp = await system.stat(path);
      return { path, mode: (stamp?.mode ?? 0) & 0o7777, uid: stamp?.uid ?? 0, link };
    }),
  );
  const folders = await Promise.all(
    ownFolders.map(async path => ({ path, mode: (await system.stat(path))?.mode })),
  );
  const { agent, footprint } = survey;
  return joined(survey.record, {
    version: 1,
    time: new Date(system.now()).toISOString(),
    phase: 'applying',
    files,
    folders: folders.flatMap(({ path, mode }) => (mode === undefined ? [] : [{ path, mode: mode & 0o7777 }])),
    links: survey.links,
    wasActive: footprint.unit?.active,
    agent: agent && { enabled: agent.fileState === 'enabled', active: agent.active },
  });
}
