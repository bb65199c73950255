// The normal form: a plan, or a kernel, as sorted lines that can be compared, shown and kept. Stricter than compare.ts, which
// must let an administrator add things: here everything on our links, in our tables and among the rules has a line. For proofs
// that a backend makes exactly the planned state. rp_filter has no line: the scheme works with 0, 1 and 2.
import { bits, hostCidr, isLinkLocal, linkLocalNetwork, networkOf } from '../model/address.ts';
import {
  addressKey,
  type KernelAddress,
  type KernelRoute,
  type KernelRule,
  type KernelState,
  ruleKey,
} from '../model/kernel-state.ts';
import { type EniPlan, mainTable, type NetworkPlan } from '../model/network-plan.ts';
import { keyOfRoute, leasedKey, mtuKey, planObjects } from './kernel-objects.ts';
import { isOfLease, isOnlyHost } from './own-objects.ts';

export interface NormalFormOptions {
  /** A plan that is being taken away: its links and tables are looked at too, but of a link nothing is wanted any more. */
  readonly before?: NetworkPlan;
  /** Lines that somebody else owns, such as the rules of a container network. */
  readonly foreign?: ReadonlySet<string>;
}

/** What the kernel must have for the plan, one line per object. */
export function normalFormOfPlan(plan: NetworkPlan): readonly string[] {
  return plan.enis.flatMap(linesOfEni).sort();
}

function linesOfEni(eni: EniPlan): readonly string[] {
  return [
    `link ${eni.link} up`,
    acceptRaLine(eni.link, '0'),
    ...eni.addresses.filter(a => a.dynamic).map(a => leasedKey(eni.link, a.ip)),
    ...planObjects(eni, { ruleProtocol: false }).map(o => o.key),
  ];
}

/**
 * What the kernel has on the links, in the tables and among the rules that the plan is about, in the same lines.
 * An empty list for an empty plan means that nothing was left behind.
 */
export function normalFormOfKernel(
  state: KernelState,
  plan: NetworkPlan,
  { before, foreign = new Set() }: NormalFormOptions = {},
): readonly string[] {
  const enis = [...plan.enis, ...(before?.enis ?? [])];
  const routes = state.routes.filter(r => isRouteOf(r, enis) && !isImplied(r, state, plan.enis));
  return [
    ...plan.enis.flatMap(eni => linesOfLink(state, eni)),
    ...state.addresses.filter(a => isAddressOf(a, enis)).map(a => lineOfAddress(a, plan.enis)),
    // Two routes that differ in the metric only: in a private table one line.
    ...new Set(routes.map(lineOfRoute)),
    // A rule that stands there twice has two lines.
    ...state.rules.filter(r => !isOfKernel(r)).map(lineOfRule),
  ]
    .filter(line => !foreign.has(line))
    .sort();
}

/**
 * The whole machine, to the word: what must be the same before an apply and after it was taken back. What counts by itself (lifetimes) has no
 * number here.
 */
export function normalFormOfMachine(state: KernelState): readonly string[] {
  const words = (...list: readonly (string | undefined)[]) => list.filter(w => w !== undefined).join(' ');
  return [
    ...state.links.map(l =>
      words(
        `link ${l.name} ${l.up ? 'up' : 'down'} mtu ${l.mtu}`,
        l.master && `master ${l.master}`,
        l.group === 0 ? undefined : `group ${l.group}`,
        state.acceptRa && `accept_ra ${state.acceptRa.get(l.name) ?? '-'}`,
      ),
    ),
    ...state.addresses.map(a =>
      words(
        addressKey(a),
        a.text,
        a.scope,
        a.dynamic ? 'dynamic' : undefined,
        a.tentative ? 'tentative' : undefined,
      ),
    ),
    ...state.routes.map(r =>
      words(`route ${r.table}`, r.opaque, r.text, r.expires === undefined ? undefined : 'expires'),
    ),
    ...state.rules.map(r => words(`rule ${r.family} ${r.priority}`, r.text)),
  ].sort();
}

/** The difference as lines: `- ` is missing, `+ ` is too much. Lines may be repeated. */
export function diffNormalForms(wanted: readonly string[], found: readonly string[]): readonly string[] {
  const rest = [...found];
  const missing = wanted.filter(line => {
    const at = rest.indexOf(line);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
  return [...missing.map(line => `- ${line}`), ...rest.map(line => `+ ${line}`)];
}

/** A link that does not exist has no line. The MTU counts where the plan has one; otherwise it is the driver's. */
function linesOfLink(state: KernelState, eni: EniPlan): readonly string[] {
  const link = state.links.find(l => l.name === eni.link);
  if (link === undefined) return [];
  return [
    `link ${link.name} ${link.up ? 'up' : 'down'}`,
    // Without IPv6 no advertisement is heard, which is what the line is about.
    ...(state.acceptRa === undefined ? [] : [acceptRaLine(link.name, state.acceptRa.get(link.name) ?? '0')]),
    ...(eni.mtu === undefined ? [] : [mtuKey(link)]),
  ];
}

/** On, the router of the subnet would put a default route by this link into main. */
function acceptRaLine(link: string, value: string): string {
  return `sysctl net.ipv6.conf.${link}.accept_ra ${value}`;
}

/** Each IPv6 link has a link-local address of its own; everything else was put there by somebody. */
function isAddressOf(address: KernelAddress, enis: readonly EniPlan[]): boolean {
  return hasLink(enis, address.link) && !(address.family === 6 && isLinkLocal(address.ip));
}

function lineOfAddress(address: KernelAddress, enis: readonly EniPlan[]): string {
  const unusable = address.tentative ? ' tentative' : '';
  const leased = enis.some(
    e => e.link === address.link && e.addresses.some(a => a.dynamic && a.ip === address.ip),
  );
  return `${leased ? leasedKey(address.link, address.ip) : addressKey(address)}${unusable}`;
}

/** In main only by our links; in our own tables whatever stands there. */
function isRouteOf(route: KernelRoute, enis: readonly EniPlan[]): boolean {
  if (route.table === mainTable) return hasLink(enis, route.link);
  return enis.some(e => e.table === route.table);
}

/** Routes that come with something that has its own line, or that no packet of ours can meet. */
function isImplied(route: KernelRoute, state: KernelState, enis: readonly EniPlan[]): boolean {
  // The kernel's own on each IPv6 link. NetworkManager moves fe80::/64 into our table with the others (ipv6.route-table).
  if (route.destination === linkLocalNetwork || route.destination.startsWith('ff00::/')) return true;
  const eni = enis.find(e => e.link === route.link);
  // An IPv6 address brings a route to itself into main (proto kernel, metric 256); table local is asked before.
  if (route.family === 6 && route.table === mainTable && route.gateway === undefined) {
    const own = state.addresses.filter(a => a.link === route.link && a.prefixLength === bits(a.ip));
    if (own.some(a => hostCidr(a.ip) === route.destination)) return true;
  }
  if (eni === undefined) return false;
  // With [eni] connected-route the address brings its subnet, by the kernel's hand.
  const connected = eni.addresses.filter(a => a.prefixLength < bits(a.ip));
  if (
    route.table === mainTable &&
    route.gateway === undefined &&
    connected.some(a => networkOf(a.ip, a.prefixLength) === route.destination)
  )
    return true;
  return (
    route.table === eni.table && (isOnlyHost(route) || (isOfLease(route, eni) && !isPlanned(route, eni)))
  );
}

function isPlanned(route: KernelRoute, eni: EniPlan): boolean {
  return eni.routes.some(r => r.gateway === undefined && r.destination === route.destination);
}

function lineOfRoute(route: KernelRoute): string {
  return `${keyOfRoute(route)}${route.opaque === undefined ? '' : ` (${route.opaque})`}`;
}

/** The three (for IPv6 two) rules that each kernel starts with. */
function isOfKernel(rule: KernelRule): boolean {
  return [0, 32766, 32767].includes(rule.priority) && rule.from === undefined && rule.opaque === undefined;
}

function lineOfRule(rule: KernelRule): string {
  return `${ruleKey(rule)}${rule.opaque === undefined ? '' : ` (${rule.opaque})`}`;
}

function hasLink(enis: readonly EniPlan[], link: string | undefined): boolean {
  return enis.some(e => e.link === link);
}
