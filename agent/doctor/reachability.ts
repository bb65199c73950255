// Does a packet with an ENI's address leave by that ENI, and is its gateway there? The kernel is asked, not the plan: for each address
// the way to a host outside and to the gateway, and whether the gateway has answered on the link. Nothing is sent unless pings are asked for.

import { families, familyOf, type Ip, isLinkLocal } from '../model/address.ts';
import type { KernelState } from '../model/kernel-state.ts';
import { listed } from '../model/listed.ts';
import { type EniPlan, isDefaultRoute } from '../model/network-plan.ts';
import type { Inspection } from '../pass/inspect.ts';
import type { PassContext } from '../pass/pass.ts';
import { bandWidth } from '../plan/numbering.ts';
import { type Neighbour, readNeighbours } from '../system/kernel/neighbours.ts';
import { lookUpRoutes, type RouteAnswer, type RouteQuestion } from '../system/kernel/route-lookups.ts';
import { explainDetour } from './detour.ts';
import { type Finding, ok } from './finding.ts';
import { pingFindings } from './ping-findings.ts';

/** Reserved for documentation (RFC 5737, RFC 3849): outside of every network, and only ever looked up. */
const outside = { 4: '203.0.113.1' as Ip, 6: '2001:db8::1' as Ip } as const;

/** @param targets addresses to ping from every address of their family */
export async function reachability(
  { enis, kernel }: Inspection,
  { system, settings }: PassContext,
  targets: readonly Ip[],
): Promise<readonly Finding[]> {
  const plans = enis.map(e => e.plan);
  const sources = plans.flatMap(plan => presentIps(kernel, plan).map(ip => ({ link: plan.link, ip })));
  // Before the neighbours are read: a ping makes the kernel look for a gateway that was not used yet.
  const pinged = await pingFindings(system, sources, targets);
  const asked = plans.map(plan => questionsOf(kernel, plan));
  if (asked.every(questions => questions.length === 0)) return pinged;
  const [answers, neighbours] = await Promise.all([
    lookUpRoutes(system, asked.flat()),
    readNeighbours(system),
  ]);
  const last = settings.routing.base + bandWidth - 1;
  const found = plans.flatMap((plan, index) => {
    const own = answers.filter(a => asked[index]!.some(q => q.from === a.from && q.to === a.to));
    return own.length === 0 ? [] : eniFindings(kernel, plan, own, neighbours, last);
  });
  return [...found, ...pinged];
}

/** The ENI's addresses that are on its link; what lacks is said by another check. */
function presentIps(kernel: KernelState, plan: EniPlan): readonly Ip[] {
  return plan.addresses
    .map(a => a.ip)
    .filter(ip => kernel.addresses.some(a => a.link === plan.link && a.ip === ip));
}

/** None for a family that has no default route planned (yet). */
function questionsOf(kernel: KernelState, plan: EniPlan): readonly RouteQuestion[] {
  return presentIps(kernel, plan).flatMap(from => {
    const gateway = gatewayOf(plan, from);
    if (gateway === undefined) return [];
    const way = { from, to: outside[familyOf(from)] };
    // Main has link-local networks by every link, so their look-up tells nothing; the way outside names the gateway.
    return isLinkLocal(gateway) ? [way] : [way, { from, to: gateway }];
  });
}

function gatewayOf(plan: EniPlan, from: Ip): Ip | undefined {
  const family = familyOf(from);
  return plan.routes.find(r => r.family === family && r.table === plan.table && isDefaultRoute(r))?.gateway;
}

function eniFindings(
  kernel: KernelState,
  plan: EniPlan,
  answers: readonly RouteAnswer[],
  neighbours: readonly Neighbour[],
  last: number,
): readonly Finding[] {
  const problems = wrongWays(kernel, plan, answers, last);
  const gateways = families.flatMap(family => {
    const from = answers.find(a => familyOf(a.from) === family)?.from;
    const ip = from === undefined ? undefined : gatewayOf(plan, from);
    return ip === undefined ? [] : [{ ip, state: stateOf(neighbours, plan.link, ip) }];
  });
  const silent = gateways.flatMap(({ ip, state }) => silentGateway(plan.link, ip, state));
  if (problems.length > 0) return [...problems, ...silent];
  const count = new Set(answers.map(a => a.from)).size;
  const total = plan.addresses.length;
  const counted = count === total ? `${count}` : `${count} of ${total}`;
  const via = gateways.map(({ ip, state }) => (state === undefined ? `${ip} (not used yet)` : ip));
  const leave = total === 1 ? 'address leave' : 'addresses leave';
  const saw = `packets from ${counted} ${leave} by ${plan.link} via ${via.join(' and ')}`;
  return [ok('reachability', saw), ...silent];
}

/** One finding per cause, however many addresses it concerns. */
function wrongWays(
  kernel: KernelState,
  plan: EniPlan,
  answers: readonly RouteAnswer[],
  last: number,
): readonly Finding[] {
  const causes = new Map<string, { first: RouteAnswer; ips: Set<Ip> }>();
  for (const answer of answers.filter(a => !isRight(plan, a))) {
    const { why } = explainDetour(kernel, plan, answer, last);
    const known = causes.get(why);
    if (known === undefined) causes.set(why, { first: answer, ips: new Set([answer.from]) });
    else known.ips.add(answer.from);
  }
  return [...causes.values()].map(({ first, ips }) => {
    const { why, hint, deliberate } = explainDetour(kernel, plan, first, last);
    const instead = first.to === outside[familyOf(first.to)] ? ` via ${gatewayOf(plan, first.from)}` : '';
    const saw = `${listed([...ips])} ${describeWay(first, `by ${plan.link}${instead}`)}: ${why}`;
    return { check: 'reachability', verdict: deliberate ? 'warning' : 'failure', saw, hint };
  });
}

function isRight(plan: EniPlan, { from, to, link, gateway }: RouteAnswer): boolean {
  if (link !== plan.link) return false;
  return to !== outside[familyOf(to)] || gateway === gatewayOf(plan, from);
}

function describeWay({ to, link, gateway, refusal }: RouteAnswer, planned: string): string {
  if (link === undefined) return `cannot reach ${to} (${refusal}); the way is ${planned}`;
  return `would leave by ${link}${gateway === undefined ? '' : ` via ${gateway}`} to ${to}, not ${planned}`;
}

function stateOf(neighbours: readonly Neighbour[], link: string, ip: Ip): string | undefined {
  return neighbours.find(n => n.link === link && n.ip === ip)?.state;
}

/** The kernel has asked for the gateway and has no answer (yet). */
function silentGateway(link: string, ip: Ip, state: string | undefined): readonly Finding[] {
  if (state !== 'FAILED' && state !== 'INCOMPLETE') return [];
  const saw = `the gateway ${ip} does not answer on ${link} (${state})`;
  const hint = `check in the cloud that the ENI of ${link} is attached and in the subnet of that gateway, and check the firewall of this machine`;
  return [{ check: 'gateway', verdict: 'warning', saw, hint }];
}
