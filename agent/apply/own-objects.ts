// Objects that stand in the kernel and have the agent's numbers and form.
import { hostCidr, isLinkLocal, linkLocalNetwork, networkOf, prefixLengthOf } from '../model/address.ts';
import {
  type KernelAddress,
  type KernelRoute,
  type KernelRule,
  type KernelState,
  viewOf,
} from '../model/kernel-state.ts';
import { type EniPlan, leasedMetric, mainTable } from '../model/network-plan.ts';
import { connectivityPenalty } from '../model/penalty.ts';
import { markOf } from '../model/rule-words.ts';
import { numbersOf } from '../plan/eni-plan.ts';
import { slotCount } from '../plan/numbering.ts';
import { addressObject, type KernelObject, removalOf, routeObject, ruleObject } from './kernel-objects.ts';

/** As much of the kernel as a comparison with these plans of one ENI is about: a machine has many, and each is compared again and again. */
export function nearTo(
  plans: readonly (EniPlan | undefined)[],
  kernel: KernelState,
  base: number,
): KernelState {
  const known = plans.filter(plan => plan !== undefined);
  const [first] = known;
  if (first === undefined || known.some(({ link }) => link !== first.link)) return kernel;
  const priorities = known.flatMap(({ slot, rules }) => {
    const { priorities: ofSlot, forwardOwn, forwardTable } = numbersOf(base, slot);
    return [...ofSlot, forwardOwn, forwardTable, ...rules.map(({ priority }) => priority)];
  });
  return viewOf(kernel, first.link, new Set(priorities));
}

/**
 * What stands in the kernel in the shape of this ENI's own objects: routes of its table on its link, rules with its numbers to
 * its table (or to main without the default). Not by priority alone, so a rule that somebody put between ours stays.
 */
export function ownShaped(state: KernelState, plan: EniPlan, base: number): readonly KernelObject[] {
  const numbers = numbersOf(base, plan.slot);
  const routes = state.routes.filter(
    r =>
      r.table === plan.table &&
      r.link === plan.link &&
      r.opaque === undefined &&
      r.protocol !== 'kernel' &&
      !isOfLease(r, plan) &&
      !isOnlyHost(r),
  );
  const ofTiers = (r: KernelRule) =>
    (r.from !== undefined || r.oif !== undefined || isOwnMark(r, plan)) &&
    (r.table === plan.table || (r.table === mainTable && r.suppressPrefixLength !== undefined));
  const rules = state.rules.filter(
    r =>
      r.opaque === undefined &&
      numbers.priorities.includes(r.priority) &&
      (ofTiers(r) || isForward(r, plan, numbers)),
  );
  // Networks behind the ENI in main, by the metric that is only its.
  const behind = state.routes.filter(
    r =>
      r.table === mainTable &&
      r.link === plan.link &&
      r.opaque === undefined &&
      r.metric === numbers.metric &&
      prefixLengthOf(r.destination) > 0 &&
      !isOnlyHost(r),
  );
  return [...[...routes, ...behind].map(r => fromKernelRoute(plan.link, r)), ...rules.map(fromKernelRule)];
}

/** A rule by the mark of another slot, with a number of this one, is somebody's. */
function isOwnMark({ fwmark }: KernelRule, { slot }: EniPlan): boolean {
  return fwmark !== undefined && fwmark.value === markOf(slot)?.value;
}

/**
 * A rule by destination, of an ENI with `forward = yes`. Only with the two numbers that these have: at another one it is somebody's, and so is one to
 * the whole of main that says neither `iif lo` nor a source.
 */
function isForward(r: KernelRule, plan: EniPlan, numbers: ReturnType<typeof numbersOf>): boolean {
  if (r.to === undefined || r.oif !== undefined || r.fwmark !== undefined) return false;
  if (r.priority === numbers.forwardTable)
    return r.table === plan.table && r.from === undefined && r.iif === undefined;
  if (r.priority !== numbers.forwardOwn || r.table !== mainTable) return false;
  const words = [r.from, r.suppressPrefixLength, r.iif === 'lo' ? r.iif : undefined];
  return words.filter(word => word !== undefined).length === 1 && (r.iif === undefined || r.iif === 'lo');
}

/**
 * A planned route in main by the ENI's link, a default one with what NetworkManager may add to its metric, and the host route to its gateway that
 * NetworkManager (1.42, 1.52: seen with fe80:ec2::1) makes for it in the same table.
 */
export function isPlannedInMain(route: KernelRoute, plan: EniPlan): boolean {
  if (route.table !== mainTable || route.link !== plan.link) return false;
  return plan.routes.some(({ table, family, metric, gateway, destination }) => {
    if (table !== mainTable || family !== route.family) return false;
    const penalty = prefixLengthOf(destination) === 0 ? connectivityPenalty : 0;
    const isMetric = [metric, (metric ?? 0) + penalty].includes(route.metric);
    const isGateway = gateway !== undefined && route.destination === hostCidr(gateway);
    return isMetric && (route.destination === destination || (isGateway && route.gateway === undefined));
  });
}

/** A route to a network behind an ENI in main, by its metric; a default one is no way for the address of another ENI. */
export function isBehindInMain({ kind, key }: KernelObject): boolean {
  const [first, last] = [0, slotCount - 1].map(slot => numbersOf(0, slot).metric);
  const metric = Number(/ metric (\d+)$/.exec(key)?.[1]);
  const inMain = kind === 'route' && key.startsWith(`route ${mainTable} `) && !/^\S+ \S+ \S+\/0 /.test(key);
  return inMain && metric >= first! && metric <= last!;
}

/** NetworkManager adds a host route to a link-local gateway in the same table; it belongs to the default route. */
export function isOnlyHost(route: KernelRoute): boolean {
  const [address = ''] = route.destination.split('/');
  return (
    route.family === 6 && route.destination.endsWith('/128') && isLinkLocal(address as KernelAddress['ip'])
  );
}

/** networkd puts the connected route of a lease into our table (RouteTable=), also while we do not know the subnet yet. */
export function isOfLease(route: KernelRoute, plan: EniPlan): boolean {
  return plan.addressing === 'dhcp' && route.protocol === 'dhcp' && route.gateway === undefined;
}

/**
 * Routes of main to a subnet of this ENI by its own link, where the plan has none there: they take the primary's answers to that
 * subnet. A lease brings one with some DHCP clients, again at each renewal. Not the one of an address that is not ours, such as
 * an administrator's VIP with the length of the subnet.
 */
export function connectedRoutes(state: KernelState, plan: EniPlan): readonly KernelObject[] {
  // The kernel's own on each IPv6 link stays, also where a plan that was applied before has that network in its table.
  const onLink = plan.routes.filter(
    r => r.gateway === undefined && r.table === plan.table && r.destination !== linkLocalNetwork,
  );
  const subnets = onLink.map(r => r.destination);
  const planned = plan.addresses.map(a => networkOf(a.ip, a.prefixLength));
  const isOurs = (r: KernelRoute) => {
    const source = / src (\S+)/.exec(r.text)?.[1];
    return source === undefined || plan.addresses.some(a => a.ip === source);
  };
  return state.routes
    .filter(
      r => r.table === mainTable && r.link === plan.link && r.gateway === undefined && r.opaque === undefined,
    )
    .filter(r => subnets.includes(r.destination) && !planned.includes(r.destination) && isOurs(r))
    .map(r => fromKernelRoute(plan.link, r));
}

/**
 * Routes of main that the lease of this ENI has brought (options 33 and 121), where its backend could only mark them (wicked): one to
 * the metadata service takes the primary's way there. The ENI's script removes them once, when the link comes up; this is for any later one.
 */
export function leasedRoutes(state: KernelState, plan: EniPlan): readonly KernelObject[] {
  if (plan.addressing !== 'dhcp') return [];
  return state.routes
    .filter(r => r.table === mainTable && r.link === plan.link && r.opaque === undefined)
    .filter(r => r.protocol === 'dhcp' && r.metric === leasedMetric)
    .map(r => fromKernelRoute(plan.link, r));
}

/** A route of the kernel as an object that can be taken away. */
export function fromKernelRoute(link: string, r: KernelRoute): KernelObject {
  const metric = r.table === mainTable ? r.metric : undefined;
  return { ...routeObject(link, { ...r, onLink: false, metric }), remove: removalOf(link, { ...r, metric }) };
}

function fromKernelRule(r: KernelRule): KernelObject {
  return ruleObject({ ...r, table: r.table!, localOnly: r.iif === 'lo' }, { ruleProtocol: false });
}

/** A planned IPv6 address with a prefix length that somebody has changed: the kernel takes it with one only, and refuses ours beside it. */
export function otherLengths({ addresses }: KernelState, plan: EniPlan): readonly KernelObject[] {
  const planned = new Map(plan.addresses.filter(a => a.family === 6 && !a.dynamic).map(a => [a.ip, a]));
  return addresses
    .filter(
      a => a.link === plan.link && (planned.get(a.ip)?.prefixLength ?? a.prefixLength) !== a.prefixLength,
    )
    .map(a => addressObject(plan.link, a));
}
