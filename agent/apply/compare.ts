// The difference between a plan and a kernel, per ENI: what is missing, what is left over, and what must not be.
import type { Family } from '../model/address.ts';
import type { HostFacts } from '../model/host.ts';
import type { KernelRoute, KernelState } from '../model/kernel-state.ts';
import { type EniPlan, isDefaultRoute, mainTable } from '../model/network-plan.ts';
import { withoutPenalty } from '../model/penalty.ts';
import type { Settings } from '../model/settings.ts';
import { oncePer } from '../model/value.ts';
import {
  type KernelObject,
  kernelKeys,
  leasedKey,
  type ObjectOptions,
  planObjects,
  removalOf,
} from './kernel-objects.ts';
import { caughtRoutes, fading, type Leftovers, leftoversOn } from './others/leftovers.ts';
import {
  connectedRoutes,
  fromKernelRoute,
  leasedRoutes,
  nearTo,
  otherLengths,
  ownShaped,
} from './own-objects.ts';

export interface CompareOptions extends ObjectOptions {
  readonly base: number;
  /**
   * The service cannot be told now to let go of a link that a catch-all of the image has (reloadHazardOf). The routes of main
   * that its DHCP client or its router discovery has brought, and brings again with each renewal, are ours to take away.
   */
  readonly takesCaught?: boolean;
  /** ENIs whose links are being taken over, by MAC: what a DHCP client or a router has left there goes (others/leftovers.ts). */
  readonly takesOver?: ReadonlySet<string>;
}

/** What a comparison has to know of the configuration and of the machine as it is now. */
export function compareOptions(
  { routing }: Pick<Settings, 'routing'>,
  facts: HostFacts,
  reloadHazard: string | undefined,
): CompareOptions {
  return {
    base: routing.base,
    ruleProtocol: facts.kernel.ruleProtocol,
    takesCaught: reloadHazard !== undefined,
  };
}

export interface Difference {
  readonly missing: readonly KernelObject[];
  /** Ours, but no longer planned. */
  readonly stale: readonly KernelObject[];
  /** Anything else that is wrong, in words: link down, leaked default route, address not usable. */
  readonly faults: readonly string[];
}

/**
 * @param kernel as it was read
 * @param plan what the ENI should have; undefined: nothing at all (it is being removed)
 * @param earlier an earlier plan of the same ENI: its objects that are not planned any more are ours to remove
 */
export function compareEni(
  kernel: KernelState,
  plan: EniPlan | undefined,
  earlier: EniPlan | undefined,
  options: CompareOptions,
): Difference {
  const { base, ruleProtocol, takesCaught, takesOver } = options;
  const view = nearTo([plan, earlier], kernel, base);
  const known = comparedIn(view)(plan ?? none)(earlier ?? none);
  const key = [base, ruleProtocol, takesCaught, plan && takesOver?.has(plan.mac)].join(' ');
  const difference = known.get(key) ?? compare(view, plan, earlier, options);
  known.set(key, difference);
  return difference;
}

const none = {};

/** Differences that are known of a kernel, a plan and an earlier one, by the options. */
const comparedIn = oncePer((_: KernelState) =>
  oncePer((_: object) => oncePer((_: object) => new Map<string, Difference>())),
);

function compare(
  kernel: KernelState,
  plan: EniPlan | undefined,
  earlier: EniPlan | undefined,
  options: CompareOptions,
): Difference {
  const state = withoutPenalty(kernel, plan);
  const present = kernelKeys(state);
  const planned = plan === undefined ? [] : planObjects(plan, options);
  const plannedKeys = new Set(planned.map(o => o.key));
  const shaped = [plan, earlier].flatMap(p => (p === undefined ? [] : ownShaped(state, p, options.base)));
  const connected = plan === undefined ? [] : [...connectedRoutes(state, plan), ...leasedRoutes(state, plan)];
  const formerly =
    earlier === undefined
      ? []
      : planObjects(earlier, options).filter(o => present.has(o.key) && o.kind !== 'link');
  const left = leftovers(state, plan, options);
  const unplanned = [
    ...shaped,
    ...connected,
    ...formerly,
    ...(plan === undefined ? [] : otherLengths(state, plan)),
    ...left.addresses,
    ...left.routes.map(r => fromKernelRoute(r.link!, r)),
  ].filter(o => !plannedKeys.has(o.key) && !isLeased(o, plan));
  const doubled = planned.flatMap(o => repeat(o, o.kind === 'rule' ? (present.get(o.key) ?? 0) - 1 : 0));
  return {
    missing: [...planned.filter(o => !present.has(o.key)), ...left.fading],
    stale: [
      ...distinct(unplanned).flatMap(o => repeat(o, o.kind === 'rule' ? (present.get(o.key) ?? 1) : 1)),
      ...doubled,
    ],
    faults: plan === undefined ? [] : faultsOf(state, plan, left.routes),
  };
}

/** A service that may not be told to let go of a link (takesCaught) keeps its lease: of that only the routes go. */
function leftovers(
  state: KernelState,
  plan: EniPlan | undefined,
  { takesCaught, takesOver }: CompareOptions,
): Leftovers & { readonly fading: readonly KernelObject[] } {
  if (plan !== undefined && takesCaught === true)
    return { addresses: [], routes: caughtRoutes(state, plan), fading: [] };
  if (plan === undefined || takesOver?.has(plan.mac) !== true)
    return { addresses: [], routes: [], fading: [] };
  return {
    ...leftoversOn(state, plan),
    fading: fading(state, plan, planObjects(plan, { ruleProtocol: false })),
  };
}

/** The address that DHCP brings now may be the very one that was static before: it is not ours to take away. */
function isLeased(object: KernelObject, plan: EniPlan | undefined): boolean {
  const leased = plan?.addresses.filter(a => a.dynamic) ?? [];
  return leased.some(a => object.key.startsWith(`address ${plan?.link} ${a.ip}/`));
}

/**
 * What networkd does to an ENI whose files it has not loaded and may not be made to load (takesCaught): it deletes rules that are in no loaded
 * file whenever it configures a link (248 and later), and each renewal or advertisement brings the routes of the image's catch-all back.
 */
export function isServicesDoing({ missing, stale, faults }: Difference, options: CompareOptions): boolean {
  const inMain = (o: KernelObject) => o.kind === 'route' && o.key.startsWith(`route ${mainTable} `);
  return (
    options.takesCaught === true &&
    faults.length === 0 &&
    missing.every(o => o.kind === 'rule') &&
    stale.every(inMain)
  );
}

/** Lines for a person: empty if kernel and plan agree. */
export function describeDifference(difference: Difference): readonly string[] {
  return [
    ...difference.missing.map(o => `missing: ${o.key}`),
    ...difference.stale.map(o => `left over: ${o.key}`),
    ...difference.faults,
  ];
}

function faultsOf(state: KernelState, plan: EniPlan, caught: readonly KernelRoute[]): readonly string[] {
  const link = state.links.find(l => l.name === plan.link);
  if (link === undefined) return [`link ${plan.link} does not exist`];
  const faults: string[] = [];
  if (!link.up) faults.push(`link ${plan.link} is down`);
  if (plan.mtu !== undefined && link.mtu !== plan.mtu)
    faults.push(`mtu of ${plan.link} is ${link.mtu}, planned ${plan.mtu}`);
  for (const a of plan.addresses) {
    const found = state.addresses.find(k => k.link === plan.link && k.ip === a.ip);
    if (a.dynamic && found === undefined) faults.push(`missing: ${leasedKey(plan.link, a.ip)}`);
    if (found?.tentative)
      faults.push(`address ${a.ip} on ${plan.link} is not usable (duplicate address detection)`);
  }
  const leaked = leakedDefaults(state, plan).filter(r => !caught.includes(r));
  return [...faults, ...leaked.map(r => leakFault(plan, r))];
}

function leakFault(plan: EniPlan, route: KernelRoute): string {
  return `default route in main by ${plan.link}: ${route.text} (something else configures this link)`;
}

/** Default routes in main that came by this ENI's link meanwhile, as `ip -batch` lines that take them away. */
export function newLeaks(
  state: KernelState,
  plan: EniPlan,
  knownFaults: readonly string[],
): readonly { readonly family: Family; readonly lines: readonly string[] }[] {
  return leakedDefaults(withoutPenalty(state, plan), plan)
    .filter(r => !knownFaults.includes(leakFault(plan, r)))
    .map(r => ({
      family: r.family,
      lines: [r.opaque === undefined ? removalOf(plan.link, r) : `route del ${r.text}`],
    }));
}

/** Default routes in main by this ENI's link that is not planned: what takes a machine off the network. */
function leakedDefaults(state: KernelState, plan: EniPlan): readonly KernelRoute[] {
  const allowed = plan.routes.filter(r => r.table === mainTable && isDefaultRoute(r));
  return state.routes.filter(
    r =>
      r.table === mainTable &&
      r.link === plan.link &&
      isDefaultRoute(r) &&
      !allowed.some(a => a.gateway === r.gateway && a.metric === r.metric),
  );
}

function repeat(object: KernelObject, times: number): readonly KernelObject[] {
  return Array.from({ length: Math.max(0, times) }, () => object);
}

function distinct(objects: readonly KernelObject[]): readonly KernelObject[] {
  return [...new Map(objects.map(o => [o.key, o])).values()];
}
