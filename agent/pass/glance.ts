// A look at the machine that costs little: is everything still as the last pass left it? Two processes and some small files, no
// metadata, no probes. What it finds is not mended here: that takes a pass, which decides for itself.
import {
  type CompareOptions,
  compareEni,
  compareOptions,
  describeDifference,
  isServicesDoing,
} from '../apply/compare.ts';
import { lacking, wishOf } from '../apply/primary/addresses.ts';
import { primaryGroupCommands } from '../apply/primary/group.ts';
import { missingOf } from '../apply/published/loaded.ts';
import { marksOf } from '../apply/published/marks.ts';
import type { Mac } from '../model/address.ts';
import { valueOr } from '../model/instance.ts';
import type { KernelState } from '../model/kernel-state.ts';
import type { EniPlan } from '../model/network-plan.ts';
import type { Settings } from '../model/settings.ts';
import { isSame } from '../model/value.ts';
import { matchLink } from '../plan/match-links.ts';
import { insideOf, mainRoutesOfOthers, networksOf, specificRoutes } from '../plan/own-networks.ts';
import { readKernelState } from '../system/kernel/reader.ts';
import type { System } from '../system/system.ts';
import { leftContested } from './apart.ts';
import type { PassResult } from './pass.ts';

export interface Glance {
  readonly kernel: KernelState;
  /** What differs from the last pass, per ENI; empty if nothing does. */
  readonly drift: readonly Drift[];
  /** Main has got something inside of an ENI's networks, or lost it: a plan of today would be another one. */
  readonly hasOtherInside: boolean;
  /** The primary has lost its link group, or an address that it is to have. */
  readonly hasPrimaryLost: boolean;
  /** The packets of published ports are to be marked, and are not. */
  readonly hasMarksLost: boolean;
}

export interface Drift {
  readonly mac: Mac;
  readonly lines: readonly string[];
  /** The network service does this of its own accord for now (compare.isServicesDoing), and nobody fights. */
  readonly byService: boolean;
  /** A file that is not this ENI's alone: of several, or of none. */
  readonly isShared?: boolean;
}

/**
 * The plans that hold: one whose change failed is back at the plan before, and what is undone of that is repaired as well. What is fought for
 * stays wanted.
 */
export function watched({ desired: { plan, held }, failed }: PassResult): readonly EniPlan[] {
  const contested = leftContested(plan);
  return [...plan.enis, ...held.filter(({ mac }) => contested.has(mac) || failed?.enis.includes(mac))];
}

/** Throws `command-failed` if the kernel cannot be read. */
export async function glance(
  system: System,
  settings: Settings,
  pass: PassResult | undefined,
): Promise<Glance> {
  const kernel = await readKernelState(system);
  // A plan that was not applied is nothing to drift from.
  if (pass === undefined || pass.outcome === 'refused')
    return { kernel, drift: [], hasOtherInside: false, hasPrimaryLost: false, hasMarksLost: false };
  const options = compareOptions(settings, pass.facts, pass.reloadHazard);
  const inKernel = watched(pass).map((plan): Drift => {
    const difference = compareEni(kernel, plan, plan, options);
    return {
      mac: plan.mac,
      lines: describeDifference(difference),
      byService: isServicesDoing(difference, options),
    };
  });
  return {
    kernel,
    drift: [...inKernel, ...(await fileDrift(system, pass))].filter(d => d.lines.length > 0),
    hasOtherInside: hasOtherInside(kernel, pass),
    hasPrimaryLost: isOutOfGroup(kernel, pass, options) || lacksAddress(kernel, pass, settings),
    hasMarksLost: await hasMarksLost(system, pass),
  };
}

/** Nobody tells when a rule set was emptied, so it is looked at again and again. No process is run where no ENI has a mark. */
export async function hasMarksLost(system: System, pass: PassResult): Promise<boolean> {
  const marks = marksOf([...pass.desired.plan.enis, ...pass.desired.held]);
  return (await missingOf(system, marks)).length > 0;
}

/** Names, indexes, MACs and masters of the links that an ENI could be: another text means attached, detached, renamed or moved. */
export function linksText(kernel: KernelState, { agent }: Pick<Settings, 'agent'>): string {
  return kernel.links
    .filter(link => link.physical || (agent.virtualLinks && link.kind === 'veth'))
    .map(({ index, name, mac, master }) => `${index} ${name} ${mac} ${master ?? ''}`)
    .sort()
    .join('\n');
}

/** Looks closely only where the routes are others: pods come and go on some machines, and seldom inside of an ENI's networks. */
function hasOtherInside(kernel: KernelState, { desired, instance, kernel: before }: PassResult): boolean {
  const [then, now] = [before, kernel].map(state =>
    desired.plan.enis.map(({ link }) => ({
      link,
      routes: specificRoutes(link, desired.plan.primaryLink, {
        mainRoutes: mainRoutesOfOthers(state),
        instance,
        links: state.links,
      }),
    })),
  );
  if (isSame(then, now)) return false;
  const told = instance.enis.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6].flatMap(f => valueOr(f.subnets, [])));
  const insides = (of: typeof then) =>
    desired.plan.enis.map((eni, index) => insideOf(networksOf(eni), of![index]!.routes, told));
  return !isSame(insides(then), insides(now));
}

function isOutOfGroup(
  kernel: KernelState,
  { desired: { plan, held } }: PassResult,
  { base }: CompareOptions,
): boolean {
  const { primaryLink } = plan;
  const { joins, releases } = primaryGroupCommands(kernel, {
    primaryLink,
    enis: [...plan.enis, ...held],
    base,
  });
  return joins.length + releases.length > 0;
}

function lacksAddress(kernel: KernelState, { instance, desired }: PassResult, { agent }: Settings): boolean {
  return lacking(kernel, wishOf(instance, desired.plan.primaryLink, agent.primaryAddresses)).length > 0;
}

async function fileDrift(system: System, pass: PassResult): Promise<readonly Drift[]> {
  const { desired } = pass;
  // The same one whoever is left alone.
  const [owner] = watched(pass).toSorted((a, b) => a.slot - b.slot);
  if (owner === undefined) return [];
  const drifts = await Promise.all(
    desired.files.map(async ({ path, content, enis }) => {
      const found = await system.readFile(path);
      if (found === content) return [];
      const line = found === undefined ? `${path} is missing` : `${path} was changed`;
      const isShared = enis.length !== 1;
      return [{ mac: enis[0] ?? owner.mac, lines: [line], byService: false, isShared }];
    }),
  );
  return drifts.flat();
}

/** NICs that no ENI of the metadata has: a link that appeared before its metadata did, or one that is not the cloud's. */
export function unclaimedLinks(pass: PassResult, settings: Settings): readonly string[] {
  const claimed = new Set(pass.instance.enis.map(eni => eni.mac));
  return pass.kernel.links
    .filter(({ mac }) => mac !== undefined && !claimed.has(mac))
    .filter(({ mac, name }) => matchLink(mac!, pass.kernel.links, settings.agent).link?.name === name)
    .map(link => link.name);
}
