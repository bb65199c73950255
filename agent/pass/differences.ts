// What the machine lacks, or has too much of: files, ENIs, and objects of the kernel.
import { renderers } from '../../renderers/registry.ts';
import type { EniChange, RenderedFile } from '../../renderers/renderer.ts';
import { travelOf } from '../apply/apply-context.ts';
import { type CompareOptions, compareOptions } from '../apply/compare.ts';
import { differencesOf, planChanges } from '../apply/eni-changes.ts';
import { additions, type Batch, removals } from '../apply/live.ts';
import { takenOver } from '../apply/others/leftovers.ts';
import {
  diffFiles,
  type FileChange,
  type FoundFile,
  readFoundFile,
  readOwnedFiles,
} from '../apply/ownership.ts';
import { type GroupCommand, primaryGroupCommands } from '../apply/primary/group.ts';
import type { Mac } from '../model/address.ts';
import { unlessDenied } from '../system/look-only.ts';
import type { System } from '../system/system.ts';
import type { Desired } from './desired.ts';
import type { Machine } from './machine.ts';
import type { PassContext } from './pass.ts';

/** @param unloaded links whose files the service may load by now, and has not: that is something to do */
export async function diff(
  { system, settings }: PassContext,
  machine: Machine,
  desired: Desired,
  unloaded: readonly string[],
) {
  const { renderer, facts, kernel, reloadHazard } = machine;
  const all = await readOwnedFiles(system, [...Object.values(renderers), desired.ofMachine]);
  const isLeft = (path: string) => desired.kept.has(path) && !desired.files.some(f => f.path === path);
  const owned = new Map([...all].filter(([path]) => !isLeft(path)));
  const wanted = await Promise.all(
    desired.files.map(async f => ((await mayRead(system, f.path)) ? [f] : [])),
  );
  const files = [
    ...(await supersededFiles(system, machine, desired)),
    ...diffFiles(owned, asFound(owned, wanted.flat(), desired.untouched)),
  ];
  const touched = new Set(files.map(f => f.path));
  const compare = {
    ...compareOptions(settings, facts, reloadHazard),
    takesOver: takenOver(desired.plan.enis, machine.state.applied, kernel),
  };
  const changes = planChanges({
    plan: desired.plan,
    applied: machine.state.applied,
    held: desired.held,
    kernel,
    filesDiffer: ({ mac, link }) =>
      unloaded.includes(link) || desired.files.some(f => f.enis.includes(mac) && touched.has(f.path)),
    superseded: eni => renderer.supersedes?.(eni.link, facts) !== undefined,
    compare,
  });
  const work = workOf(machine, changes, compare);
  const { joins, releases } = primaryGroupCommands(kernel, {
    primaryLink: desired.plan.primaryLink,
    enis: [...desired.plan.enis, ...desired.held],
    before: machine.state.applied,
    base: compare.base,
  });
  const { add, remove } = work.kernelChanges;
  const kernelChanges = { add: [...batchOf(joins), ...add], remove: [...remove, ...batchOf(releases)] };
  return { files, changes, compare, ...work, kernelChanges };
}

function batchOf(commands: readonly GroupCommand[]): readonly Batch[] {
  return commands.length === 0 ? [] : [{ family: 4, lines: commands.map(c => c.slice(1).join(' ')) }];
}

/** The commands of the service, and what goes to the kernel directly. */
export function workOf(machine: Machine, changes: readonly EniChange[], compare: CompareOptions) {
  const { renderer, facts, kernel, reloadHazard } = machine;
  const byKernel = changes.filter(change => travelOf(machine, change) === 'kernel');
  const live = differencesOf(kernel, byKernel, compare);
  const all = differencesOf(kernel, changes, compare);
  const kernelChanges = { add: additions(live), remove: removals(all) };
  return { commands: renderer.activate(changes, facts, reloadHazard), kernelChanges };
}

/** Files of ENIs that are not to be touched are wanted as they are: also those that an older version wrote, or that have gone. */
function asFound(
  owned: ReadonlyMap<string, FoundFile>,
  wanted: readonly RenderedFile[],
  untouched: ReadonlySet<Mac>,
): readonly RenderedFile[] {
  return wanted.flatMap(file => {
    if (file.enis.length === 0 || !file.enis.every(mac => untouched.has(mac))) return [file];
    const found = owned.get(file.path);
    return found === undefined ? [] : [{ ...file, ...found }];
  });
}

/** False for a file with which a look cannot compare anything. */
async function mayRead(system: System, path: string): Promise<boolean> {
  return (await unlessDenied(system.readFile(path), null)) !== null;
}

/** As they are on the disk: in the facts secrets are masked, and a rollback gives the file back as it was. */
async function supersededFiles(
  system: System,
  { renderer, facts }: Machine,
  { plan }: Desired,
): Promise<readonly FileChange[]> {
  const paths = plan.enis.flatMap(eni => renderer.supersedes?.(eni.link, facts) ?? []);
  const files = await Promise.all(
    paths.map(async (path): Promise<readonly FileChange[]> => {
      const found = await unlessDenied(readFoundFile(system, path), undefined);
      return found === undefined ? [] : [{ path, mode: found.mode, before: found.content, after: undefined }];
    }),
  );
  return files.flat();
}
