// Rules of somebody in front of ours that take an ENI's packets: wg-quick that was started after the agent puts its rules before ours, and
// from then on what the ENI should send goes into the tunnel. Pure: the rules and routes were read anyway. `doctor` asks the kernel as well.
//
// Counted is a rule that takes what an address of the ENI sends to anywhere. One that asks for a mark, a port, a protocol, a user, a device
// or a destination takes what somebody has chosen, as container networks and service meshes do, and so does a table that has specific
// routes only (Tailscale without an exit node, `lookup main suppress_prefixlength 0`): tier 2 lets such routes come first as well.
import { type Cidr, contains, type Family, type Ip, prefixLengthOf } from '../model/address.ts';
import { type KernelRoute, type KernelRule, type KernelState, ruleKey } from '../model/kernel-state.ts';
import type { EniPlan, PlannedRule } from '../model/network-plan.ts';

export interface Shadow {
  readonly family: Family;
  readonly priority: number;
  /** As `ip rule` shows it. */
  readonly rule: string;
}

/** @returns in the order of the kernel; empty: nothing comes before the rules of the ENI */
export function shadowsOf(kernel: Pick<KernelState, 'rules' | 'routes'>, plan: EniPlan): readonly Shadow[] {
  const own = new Set(plan.rules.map(plannedKey));
  return kernel.rules
    .filter(rule => rule.opaque !== undefined || !own.has(ruleKey(rule)))
    .filter(rule => plan.addresses.some(a => a.family === rule.family && takes(kernel, plan, rule, a.ip)))
    .map(rule => ({ family: rule.family, priority: rule.priority, rule: rule.text ?? ruleKey(rule) }))
    .sort((a, b) => a.priority - b.priority);
}

/** For a person: `shadowed by rule 27999, see doctor`; `doctor` says which it is, by words.ts. */
export function describeShadows(shadows: readonly Shadow[]): string | undefined {
  const numbers = [...new Set(shadows.map(s => s.priority))];
  if (numbers.length === 0) return undefined;
  return `shadowed by ${numbers.length === 1 ? 'rule' : 'rules'} ${numbers.join(', ')}, see doctor`;
}

function takes(kernel: Pick<KernelState, 'routes'>, plan: EniPlan, rule: KernelRule, ip: Ip): boolean {
  const last = lastPriority(plan, ip);
  if (last === undefined || rule.priority >= last || !selects(rule, ip)) return false;
  const words = rule.opaque?.split(' ') ?? [];
  const target = words[words.indexOf('goto') + 1];
  if (words.includes('goto')) return Number(target) > last;
  if (rule.table === undefined) return words.some(w => ['blackhole', 'unreachable', 'prohibit'].includes(w));
  return leadsAway(kernel.routes, rule, plan.link);
}

/** The priority of the rule by which the address leaves by its ENI. */
function lastPriority(plan: EniPlan, ip: Ip): number | undefined {
  const rules = plan.rules.filter(
    r =>
      r.suppressPrefixLength === undefined &&
      r.to === undefined &&
      r.from !== undefined &&
      contains(r.from, ip),
  );
  return rules.length === 0 ? undefined : Math.min(...rules.map(r => r.priority));
}

/** Whether a packet that this machine sends from the address, to anywhere and without a mark, is selected. */
function selects(rule: KernelRule, ip: Ip): boolean {
  const words = rule.opaque?.split(' ') ?? [];
  const isAny = (cidr: Cidr | undefined) => cidr === undefined || prefixLengthOf(cidr) === 0;
  const asked = ['oif', 'ipproto', 'sport', 'dport', 'tos', 'dsfield', 'uidrange', 'from', 'to', 'tun_id'];
  const matches =
    (rule.from === undefined || contains(rule.from, ip)) &&
    isAny(rule.to) &&
    (rule.iif === undefined || rule.iif === 'lo') &&
    rule.oif === undefined &&
    rule.fwmark === undefined &&
    isUnmarked(words) &&
    !words.some(word => asked.includes(word) || word.includes('l3mdev'));
  return words[0] === 'not' ? !matches : matches;
}

/** `fwmark 0xca6c` and `fwmark 0x80/0x80` ask for a mark; `fwmark 0x0/0xff` for none. */
function isUnmarked(words: readonly string[]): boolean {
  const at = words.indexOf('fwmark');
  return at < 0 || Number(words[at + 1]?.split('/')[0]) === 0;
}

/** Whether the table has an answer for any destination that is not to leave by the ENI. */
function leadsAway(routes: readonly KernelRoute[], rule: KernelRule, link: string): boolean {
  const suppressed = suppressedLength(rule);
  const found = routes
    .filter(r => r.family === rule.family && r.table === rule.table && !isThrow(r))
    .filter(r => prefixLengthOf(r.destination) > suppressed)
    .toSorted((a, b) => (a.metric ?? 0) - (b.metric ?? 0));
  const [whole] = found.filter(r => prefixLengthOf(r.destination) === 0);
  // A VPN's two halves, which leave the default route in its place.
  const halves = found.filter(r => prefixLengthOf(r.destination) === 1);
  const isAway = (r: KernelRoute) => r.link !== link;
  if (new Set(halves.map(r => r.destination)).size === 2) return halves.some(isAway);
  return whole !== undefined && isAway(whole);
}

/** Longest prefix whose routes do not count; -1: all count. */
function suppressedLength({ suppressPrefixLength, opaque }: KernelRule): number {
  if (suppressPrefixLength !== undefined) return suppressPrefixLength;
  return Number(/\bsuppress_prefixlength (\d+)/.exec(opaque ?? '')?.[1] ?? -1);
}

function isThrow({ opaque }: KernelRoute): boolean {
  return opaque?.startsWith('throw') === true;
}

function plannedKey(rule: PlannedRule): string {
  return ruleKey({ ...rule, iif: rule.localOnly ? 'lo' : undefined });
}
