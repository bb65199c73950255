// From a reading to what should be: believe it, plan it, render it, leave out what belongs to others. No file is written and no
// command runs here; reconcile.ts compares the result with the machine.

import type { OwnFiles, RenderedFile, Renderer } from '../../renderers/renderer.ts';
import { asApplied } from '../apply/earlier-plans.ts';
import { reloadRemedy } from '../apply/netplan/loaded.ts';
import { foreignPaths } from '../apply/ownership.ts';
import { primaryGroupFiles, primaryGroupRule } from '../apply/primary/group.ts';
import { publishedFiles, publishedScript } from '../apply/published/script.ts';
import { isOfThisMachine, type State } from '../apply/state-file.ts';
import { containerNetworkClaim, findContainerNetworks } from '../coexistence/container-network.ts';
import { planDropIns } from '../coexistence/drop-ins.ts';
import type { Mac } from '../model/address.ts';
import type { HostFacts } from '../model/host.ts';
import type { Instance } from '../model/instance.ts';
import type { KernelState } from '../model/kernel-state.ts';
import { describeLiveOnly, type LiveOnly } from '../model/live-only.ts';
import type { EniPlan, NetworkPlan, SkippedEni } from '../model/network-plan.ts';
import { ruleWordsOf } from '../model/rule-words.ts';
import type { Settings } from '../model/settings.ts';
import { hasTrait } from '../model/skip-reason.ts';
import type { Lease } from '../plan/eni-network.ts';
import { matchLink } from '../plan/match-links.ts';
import { occupiedSlots, recoverSlots } from '../plan/occupied-slots.ts';
import { defaultGateways, mainRoutesOfOthers } from '../plan/own-networks.ts';
import { type PlanResult, planNetwork } from '../plan/plan-network.ts';
import { readLease } from '../system/facts/leases.ts';
import { unlessDenied } from '../system/look-only.ts';
import type { System } from '../system/system.ts';
import { type Apart, leaveContested, setApart } from './apart.ts';
import { claimsOn } from './claims-on.ts';
import { mainDefaultsOf } from './main-defaults.ts';

export interface DesiredInput {
  readonly instance: Instance;
  readonly kernel: KernelState;
  readonly settings: Settings;
  readonly facts: HostFacts;
  readonly state: State;
  readonly renderer: Renderer;
  readonly reloadHazard: string | undefined;
  readonly apart?: Apart | undefined;
  readonly contested?: ReadonlySet<Mac> | undefined;
}

export interface Desired extends PlanResult {
  /** ENIs that cannot be planned now but stay as they are: no data is not empty data. */
  readonly held: readonly EniPlan[];
  readonly files: readonly RenderedFile[];
  /** All that is planned, also of ENIs that are set apart now: by this a plan is known again that `rollback` took back. */
  readonly whole: readonly EniPlan[];
  /** Held ENIs of whose files not one byte is written: the pass takes them as they are on the disk. */
  readonly untouched: ReadonlySet<Mac>;
  /** Files of ENIs that are set apart and of which no plan is known (the state file was lost): whatever is there stays. */
  readonly kept: ReadonlySet<string>;
  /** Places of the files that are not of one ENI, such as drop-ins that keep other programs off them; the files are among `files`. */
  readonly ofMachine: { readonly ownFiles: readonly OwnFiles[] };
}

export async function planDesired(system: System, input: DesiredInput): Promise<Desired> {
  const { applied } = input.state;
  const result = planNetwork(await planInput(system, input));
  const own = withoutForeignFiles(system, input, asApplied(result.plan, applied));
  const whole = withoutUnsafeReloads(input, await own);
  const apart = input.apart?.enis ?? new Map<Mac, string>();
  const planned = setApart(leaveContested(whole, input.contested, applied), input.apart, applied);
  // The name of a link that has gone may be another ENI's by now (a driver that was loaded again names them in another order): file
  // and link are that one's then, and there is nothing left to hold.
  const held = applied.filter(
    e =>
      ((apart.has(e.mac) && !planned.enis.some(p => p.mac === e.mac)) ||
        planned.skipped.some(s => s.mac === e.mac && hasTrait(s.reason, 'holds'))) &&
      !planned.enis.some(p => p.link === e.link),
  );
  const dropIns = planDropIns({
    wanted: input.settings.coexistence,
    facts: input.facts,
    provider: input.instance.provider,
    primaryLink: planned.primaryLink,
    links: input.kernel.links,
  });
  const enis = [...planned.enis, ...held].sort((a, b) => a.slot - b.slot);
  const group = primaryGroupRule(planned, enis, input.kernel.links, input.state.applied);
  const ofMachine = [...dropIns.files, ...(group ?? []), ...publishedScript(enis)];
  const files = [...input.renderer.render(enis, input.facts), ...ofMachine];
  // An ENI that is held because its file belongs to another program by now keeps what it has in the kernel, and that file is theirs.
  const foreign = await foreignPaths(system, files, input.renderer.ownFiles);
  const unknown = whole.enis.filter(e => apart.has(e.mac) && !enis.some(({ mac }) => mac === e.mac));
  const untouched = new Set(planned.skipped.filter(s => hasTrait(s.reason, 'untouched')).map(s => s.mac));
  return {
    ...result,
    plan: planned,
    held,
    ofMachine: {
      ownFiles: [...dropIns.ownFiles, publishedFiles, ...(group === undefined ? [] : [primaryGroupFiles])],
    },
    whole: whole.enis,
    untouched,
    kept: new Set(unknown.length === 0 ? [] : input.renderer.render(unknown, input.facts).map(f => f.path)),
    files: files.filter(f => !foreign.includes(f.path)),
  };
}

async function planInput(system: System, input: DesiredInput) {
  const { instance, kernel, settings, facts, state } = input;
  const { base } = settings.routing;
  const sameMachine = isOfThisMachine(state, instance.instanceId);
  const remembered = new Map(sameMachine ? (Object.entries(state.slots) as [Mac, number][]) : []);
  const macs = new Set(instance.enis.filter(e => !e.primary).map(e => e.mac));
  const keptSlots = new Map([...recoverSlots(kernel, base, macs, remembered), ...remembered]);
  return {
    instance,
    links: kernel.links,
    addresses: kernel.addresses,
    settings,
    keptSlots,
    occupiedSlots: occupiedSlots(kernel, base, new Set(keptSlots.values())),
    leases: await readLeases(system, input),
    learnedSubnets: new Map(sameMachine ? (Object.entries(state.learnedSubnets) as [Mac, never][]) : []),
    earlierMtus: new Map(sameMachine ? state.applied.map(eni => [eni.mac, eni] as const) : []),
    mainDefaults: mainDefaultsOf(input),
    words: ruleWordsOf(facts.kernel, input.renderer.ruleLimits?.(facts) ?? {}, base),
    mainRoutes: mainRoutesOfOthers(kernel),
    defaultGateways: defaultGateways(kernel),
    withoutIpv6: await linksWithoutIpv6(system, kernel),
    claims: await claimsOn(system, input),
    containerNetwork: containerNetworkClaim(
      findContainerNetworks(facts.paths, kernel),
      settings.coexistence.containerNetwork === 'leave',
    ),
  };
}

/** By boot parameter (ipv6.disable=1) or by sysctl, for all links or for one. */
async function linksWithoutIpv6(system: System, kernel: KernelState): Promise<ReadonlySet<string>> {
  const isOn = async (path: string) => (await system.readFile(path))?.trim() === '1';
  const conf = (link: string) => `/proc/sys/net/ipv6/conf/${link}/disable_ipv6`;
  const all = (await isOn('/sys/module/ipv6/parameters/disable')) || (await isOn(conf('all')));
  const links = await Promise.all(
    kernel.links.map(async ({ name }) => (all || (await isOn(conf(name))) ? [name] : [])),
  );
  return new Set(links.flat());
}

/** Only of ENIs whose cloud tells no subnet: the others' leases decide nothing. */
async function readLeases(system: System, input: DesiredInput): Promise<ReadonlyMap<string, Lease>> {
  const leases = new Map<string, Lease>();
  for (const eni of input.instance.enis) {
    if (!eni.needsDhcp && input.settings.enis.get(eni.mac)?.mode !== 'dhcp') continue;
    const { link } = matchLink(eni.mac, input.kernel.links, input.settings.agent);
    const lease = link === undefined ? undefined : await unlessDenied(readLease(system, link), undefined);
    if (link !== undefined && lease !== undefined) leases.set(link.name, lease);
  }
  return leases;
}

/** An ENI whose file name is taken by a foreign file is left alone; the others are configured as usual. */
async function withoutForeignFiles(
  system: System,
  input: DesiredInput,
  plan: NetworkPlan,
): Promise<NetworkPlan> {
  const enis: EniPlan[] = [];
  const skipped: SkippedEni[] = [...plan.skipped];
  for (const eni of plan.enis) {
    const [path] = await foreignPaths(
      system,
      input.renderer.render([eni], input.facts),
      input.renderer.ownFiles,
    );
    if (path === undefined) enis.push(eni);
    else {
      const text = `${path} was not written by eni-agent; move it away, or set "ignore = yes" in [eni "${eni.mac}"]`;
      skipped.push({ mac: eni.mac, eniId: eni.eniId, reason: 'foreign-file', text, degraded: true });
    }
  }
  return { ...plan, enis, skipped };
}

/**
 * Only a reload starts a DHCP client with the ENI's table. Where that would reach the primary, such an ENI waits; one that has been
 * applied before continues. The client that a catch-all of the image has started cannot be ended without one either: a static ENI is configured
 * all the same, and the default route that the client brings is taken away whenever it comes (compareEni).
 */
export function withoutUnsafeReloads(
  { reloadHazard, state }: Pick<DesiredInput, 'reloadHazard' | 'state'>,
  plan: NetworkPlan,
): NetworkPlan {
  if (reloadHazard === undefined) return plan;
  const isApplied = (eni: EniPlan) =>
    state.applied.some(e => e.mac === eni.mac && e.link === eni.link && e.addressing === eni.addressing);
  const waits = (eni: EniPlan) => eni.addressing === 'dhcp' && !isApplied(eni);
  const skipped = plan.enis.filter(waits).map(({ mac, eniId }): SkippedEni => {
    const text = `waits, because the reload that it needs may interrupt the primary: ${reloadHazard}; ${reloadRemedy}`;
    return { mac, eniId, reason: 'reload-unsafe', text, degraded: true };
  });
  return { ...plan, enis: plan.enis.filter(e => !waits(e)), skipped: [...plan.skipped, ...skipped] };
}

/**
 * Why a pass is degraded: what needs attention.
 *
 * @param liveOnly what is in the kernel alone for now
 */
export function degradations(
  instance: Instance,
  desired: Desired,
  liveOnly: LiveOnly | undefined,
): readonly string[] {
  return [
    ...instance.problems.map(p => `${p.subject}: ${p.text}`),
    ...desired.plan.skipped.filter(s => s.degraded).map(s => `${s.eniId ?? s.mac}: ${s.text}`),
    ...desired.refusals,
    ...desired.plan.enis
      .filter(e => e.awaiting)
      .map(e => `${e.link}: no DHCP lease yet, so the subnet is unknown`),
    ...(liveOnly === undefined ? [] : [describeLiveOnly(liveOnly)]),
  ];
}
